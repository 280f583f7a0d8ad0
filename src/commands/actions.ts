/** Commands of several words: `schedule install`, `fleet add`. */
import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"
import { nearest } from "./values.ts"

/** The first word chooses; without one it is `otherwise`. */
export const commandOf =
  (name: string, actions: Record<string, () => Promise<Command>>, otherwise: string): Command =>
  async (context) => {
    const [action = otherwise, ...targets] = context.targets
    const load = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (load !== undefined) return (await load())({ ...context, targets })
    const names = Object.keys(actions)
    const near = nearest(action, names)
    throw new InputError(
      "usage",
      `${name}: no ${action}`,
      near === null
        ? `Use ${name} ${names.slice(0, -1).join(", ")} or ${names.at(-1)}.`
        : `Did you mean ${name} ${near}?`,
    )
  }
