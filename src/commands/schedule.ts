/** `torrent-audit schedule install|list|remove`: audits by cron or by systemd, which outlast every shell. */
import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"
import { nearest } from "./values.ts"

const actions: Record<string, () => Promise<Command>> = {
  install: async () => (await import("./schedule/install.ts")).install,
  list: async () => (await import("./schedule/list.ts")).list,
  remove: async () => (await import("./schedule/remove.ts")).remove,
}

export const schedule: Command = async (context) => {
  const [action = "list", ...targets] = context.targets
  const load = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (load === undefined) {
    const near = nearest(action, Object.keys(actions))
    throw new InputError(
      "usage",
      `schedule: no ${action}`,
      near === null ? "Use schedule install, list or remove." : `Did you mean schedule ${near}?`,
    )
  }
  return (await load())({ ...context, targets })
}
