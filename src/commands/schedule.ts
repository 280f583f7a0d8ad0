/** `torrent-audit schedule install|list|remove`: audits by cron or by systemd, which outlast every shell. */
import { commandOf } from "./actions.ts"

export const schedule = commandOf(
  "schedule",
  {
    install: async () => (await import("./schedule/install.ts")).install,
    list: async () => (await import("./schedule/list.ts")).list,
    remove: async () => (await import("./schedule/remove.ts")).remove,
  },
  "list",
)
