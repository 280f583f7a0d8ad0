/** `torrent-audit fleet init|add|worker|status|remove`: many torrents, from many places, in one database. */
import { commandOf } from "./actions.ts"

export const fleet = commandOf(
  "fleet",
  {
    init: async () => (await import("./fleet/init.ts")).init,
    add: async () => (await import("./fleet/add.ts")).add,
    worker: async () => (await import("./fleet/worker.ts")).worker,
    status: async () => (await import("./fleet/status.ts")).status,
    remove: async () => (await import("./fleet/remove.ts")).remove,
  },
  "status",
)
