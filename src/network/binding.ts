/** Which of our own addresses a socket leaves from, and which families that leaves us. */
import type { Family } from "../evidence.ts"
import { fail } from "../failure.ts"
import type { NetworkOptions } from "../network.ts"
import { createClock } from "./clock.ts"

export type Binding = ReturnType<typeof bindingOf>

export function bindingOf(options: NetworkOptions) {
  const bind = options.bind ?? {}
  const families = options.families ?? ["ipv4", "ipv6"]
  const isBound = Boolean(bind.ipv4 || bind.ipv6)
  return {
    bind,
    families,
    isBound,
    /** Null for a family that we may use. */
    barred: (family: Family) =>
      isBound && !bind[family] ? fail("unreachable", "no address of this family is bound") : null,
    localAddress: (family: Family) => (bind[family] ? { localAddress: bind[family] } : {}),
    clock: createClock(),
  }
}
