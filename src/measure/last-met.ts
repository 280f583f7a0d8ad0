import type { Attempt, Peer } from "../evidence.ts"
import { placeOf } from "./networks.ts"

/**
 * When we last met anybody at an address of the same family, in ms since the start of the run; −1: never. What failed later, or in a
 * family in which nobody answered, says nothing: our own network may have gone, or have no IPv6 that leads anywhere.
 */
export function lastMet(
  peers: readonly Pick<Peer, "address" | "attempts">[],
  isMet: (attempt: Attempt) => boolean,
): (address: string) => number {
  const last = new Map<string | null, number>()
  for (const { address, attempts } of peers) {
    const { family } = placeOf(address)
    for (const attempt of attempts)
      last.set(family, Math.max(last.get(family) ?? -1, isMet(attempt) ? metUntilMs(attempt) : -1))
  }
  return (address) => last.get(placeOf(address).family) ?? -1
}

const endedByThem: ReadonlySet<string> = new Set(["reset", "closed", "protocol-error", "wrong-info-hash"])
/** Of a conversation that we ended ourselves: a network that went meanwhile would have been noticed no sooner. */
const surelyMs = 5_000

const metUntilMs = ({ atMs, ms, failure }: Attempt): number =>
  atMs + (failure !== null && endedByThem.has(failure.code) ? ms : Math.min(ms, surelyMs))
