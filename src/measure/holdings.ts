import type { Evidence } from "../evidence.ts"
import { availability, type Availability } from "./availability.ts"
import { membershipOf, type Membership } from "./members.ts"

const counted = new WeakMap<Membership, Availability | null>()

/** Availability among reached peers; null when nobody was reached. Counted once for a list of peers. */
export function holdingsOf(evidence: Pick<Evidence, "peers" | "torrent">): Availability | null {
  const membership = membershipOf(evidence)
  const known = counted.get(membership)
  if (known !== undefined) return known
  const bitfields = membership.reached.map(({ bits }) => bits)
  const found = bitfields.length === 0 ? null : availability(bitfields, evidence.torrent.pieceCount)
  counted.set(membership, found)
  return found
}
