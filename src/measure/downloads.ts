import type { Estimate, Evidence } from "../evidence.ts"
import type { Contention } from "./contention.ts"
import { countHaves, sumOfRates } from "./have-rate.ts"
import { membershipOf, type Member } from "./members.ts"
import { totalGoodput } from "./rates.ts"
import { droppedPeers, rolesOf, type Swarm } from "./roles.ts"

export interface Downloads {
  /** Whose rate is known, and of how many: whoever was reached and still wants pieces. */
  measured: number
  leechers: number
  bytesPerSecond: Estimate
  /** What the seeders among the reached granted us meanwhile, a shared uplink counted once. */
  grantedBytesPerSecond: number | null
}

const hourSeconds = 3_600

const wants = ({ seeder, uploader }: Member): boolean => !seeder && uploader === null

/** What leechers receive, by their HAVEs; null: of none is it known. */
export function downloadsOf(
  evidence: Pick<Evidence, "peers" | "torrent">,
  contention: Pick<Contention, "ceiling" | "uplinks">,
): Downloads | null {
  const { reached } = membershipOf(evidence)
  const leechers = reached.filter(wants)
  const counts = leechers.flatMap(({ peer }) => countHaves(peer, evidence.torrent) ?? [])
  const bytesPerSecond = sumOfRates(counts)
  if (bytesPerSecond === null) return null
  const seeders = reached.filter(({ seeder }) => seeder).map(({ peer }) => peer)
  return {
    measured: counts.length,
    leechers: leechers.length,
    bytesPerSecond,
    grantedBytesPerSecond: totalGoodput(seeders, contention),
  }
}

/**
 * Whole copies per hour that the leechers' downloads amount to: Σ rates / size. A lower bound, without an upper end, unless every
 * leecher was reached and measured. Assumes that each goes on as it did while it was watched, and wants everything.
 */
export function completionsPerHour(evidence: Swarm, downloads: Downloads | null): Estimate | null {
  const { sizeBytes } = evidence.torrent
  if (downloads === null || sizeBytes === 0) return null
  const { value, low, high, n, confidence } = downloads.bytesPerSecond
  const copies = (bytesPerSecond: number) => (bytesPerSecond * hourSeconds) / sizeBytes
  const whole = downloads.measured === downloads.leechers && isEverybodyKnown(evidence)
  return {
    value: copies(value),
    low: copies(low),
    high: whole && high !== null ? copies(high) : null,
    n,
    confidence,
    censored: !whole,
  }
}

function isEverybodyKnown(evidence: Swarm): boolean {
  const { claimed, reached } = rolesOf(evidence).leechers
  return (
    membershipOf(evidence).unknown.length === 0 &&
    droppedPeers(evidence) === 0 &&
    (claimed === null || claimed <= reached)
  )
}
