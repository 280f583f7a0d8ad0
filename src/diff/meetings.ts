/** Whom an audit happens to meet, and who lets it measure, is chance: what that alone may have changed is no change of the swarm. */
import type { Estimate, Peer } from "../evidence.ts"
import type { Finding, Snapshot } from "../report.ts"
import { peersBetween } from "./peers.ts"

/** They look at whoever was reached: one peer fewer, and the same swarm has another answer. */
const ofThoseReached = new Set(["last-seeder", "scarce-pieces", "one-network"])

/** They look at what a peer sent, which it does when it likes. */
const ofWhatCame = new Set(["corrupt-data", "unserved-claims", "snubbing-peer"])

/** Whether chance may have let one of the two audits see that problem, and not the other. */
export function meetingsOf(
  before: Snapshot,
  after: Snapshot,
): { explain(finding: Finding, missingIn: Snapshot): boolean } {
  const peersMatch = peersBetween(before, after) !== null
  const known = new Map([before, after].map((snapshot) => [snapshot, knownTo(snapshot)]))
  return {
    explain({ audit, subject }, missingIn) {
      // Who was not met, or gave nothing, could not be caught.
      if (subject.startsWith("peer:")) {
        const peer = known.get(missingIn)?.get(subject.slice("peer:".length))
        if (!peersMatch || peer === undefined) return true
        return ofWhatCame.has(audit) && peer.samples.length === 0
      }
      return ofThoseReached.has(audit) && seedersMayBeTheSame(before, after)
    },
  }
}

/** Who told what it holds, by each of its addresses. */
const knownTo = ({ peers }: Snapshot): ReadonlyMap<string, Peer> =>
  new Map(
    peers.flatMap((peer) =>
      peer.bitfield === null ? [] : [peer.address, ...peer.alsoAt].map((address) => [address, peer] as const),
    ),
  )

/** Were those who were not reached what the others were taken for, there would be as many as in the other audit. */
function seedersMayBeTheSame({ swarm: { seeders: one } }: Snapshot, { swarm: { seeders: other } }: Snapshot) {
  const [fewer, more] = one.reached < other.reached ? [one, other] : [other, one]
  return fewer.possible > fewer.reached && fewer.possible >= more.reached
}

/** How long a copy would take at least if those whom only `there` measured gave `here`, too, what they gave there. */
export function leastCopyMs(copy: Estimate, here: Snapshot, there: Snapshot): number {
  if (peersBetween(here, there) === null) return 0
  const known = new Set(here.peers.filter(isMeasured).map(({ address }) => address))
  const unmeasured = there.peers.filter((peer) => isMeasured(peer) && !known.has(peer.address))
  const more = unmeasured.reduce(
    (sum, { goodputBytesPerSecond }) => sum + (goodputBytesPerSecond?.high ?? Infinity),
    0,
  )
  const bytesPerSecond = (1_000 * here.torrent.sizeBytes) / copy.low
  return (copy.low * bytesPerSecond) / (bytesPerSecond + more)
}

const isMeasured = ({ goodputBytesPerSecond }: Peer): boolean => goodputBytesPerSecond !== null
