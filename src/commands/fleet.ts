/** `torrent-audit fleet init|add|worker|status|remove`: many torrents, from many places, in one database. */
import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"
import { nearest } from "./values.ts"

export const fleetActions: Record<string, () => Promise<Command>> = {
  init: async () => (await import("./fleet/init.ts")).init,
  add: async () => (await import("./fleet/add.ts")).add,
  worker: async () => (await import("./fleet/worker.ts")).worker,
  status: async () => (await import("./fleet/status.ts")).status,
  remove: async () => (await import("./fleet/remove.ts")).remove,
}

export const fleet: Command = async (context) => {
  const [action = "status", ...targets] = context.targets
  const load = Object.hasOwn(fleetActions, action) ? fleetActions[action] : undefined
  if (load === undefined) {
    const near = nearest(action, Object.keys(fleetActions))
    throw new InputError(
      "usage",
      `fleet: no ${action}`,
      near === null ? "Use fleet init, add, worker, status or remove." : `Did you mean fleet ${near}?`,
    )
  }
  return (await load())({ ...context, targets })
}
