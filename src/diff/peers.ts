/** Of the peers that told us what they hold: whom did both audits meet? */
import type { Snapshot } from "../report.ts"

export interface PeersBetween {
  /** Reached in both. */
  again: number
  gone: number
  new: number
}

/** Null where both hold addresses and none is the same because they were renamed: only in one, or by another key. */
export function peersBetween(before: Snapshot, after: Snapshot): PeersBetween | null {
  if (renamedApart(addresses(before), addresses(after))) return null
  const [met, later] = [reached(before), reached(after)]
  const again = [...met].filter((address) => later.has(address)).length
  return { again, gone: met.size - again, new: later.size - again }
}

function renamedApart(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  if (one.size === 0 || other.size === 0) return false
  if ([...one].some((address) => other.has(address))) return false
  return [one, other].some((all) => [...all].some((address) => address.includes("~")))
}

const addresses = ({ peers }: Snapshot): ReadonlySet<string> => new Set(peers.map(({ address }) => address))

const reached = ({ peers }: Snapshot): ReadonlySet<string> =>
  new Set(peers.flatMap(({ address, bitfield }) => (bitfield === null ? [] : [address])))
