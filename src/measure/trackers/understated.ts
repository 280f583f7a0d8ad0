import type { Evidence } from "../../evidence.ts"
import { byFamily, claimedIn, inCommon, keptMs, readingsOf, type Reading } from "./readings.ts"

/** Fewer, and nobody is accused. */
export const leastListed = 50
/** The count must be below this share of those named. */
export const mostClaimedRatio = 1 / 2

export interface Understated {
  url: string
  at: string
  /** What it claims then, ourselves not counted. */
  claimed: number
  /** Addresses of one family that it named in this reply. */
  listed: number
  /** Of them, those whom a reply at `since` or before had named as well. */
  steady: number
  since: string | null
  /** For so long its counts may be kept. */
  cacheMs: number
  /** `proven`: the steady ones are twice the claim. `fresh`: they may have come since the counts were made. `silent`: no counts. */
  state: "proven" | "fresh" | "silent"
}

/**
 * Trackers that count fewer than half of the peers which the same reply names. Exact, no test: whoever is in the reply, and was in one
 * that was sent before these counts were made, was there when they were. One family's addresses only: a tracker may count
 * families apart, and name both (BEP 7). Of several replies the one with most steady peers for each claimed.
 */
export function understatedOf(evidence: Pick<Evidence, "trackers" | "peers" | "earlier">): Understated[] {
  return readingsOf(evidence).flatMap((readings, i) => {
    const url = evidence.trackers[i]?.url ?? ""
    const announces = readings.filter(({ by, listed }) => by === "announce" && listed !== null)
    const cacheMs = keptMs(evidence.trackers[i])
    const found = announces.flatMap((reading) =>
      reading.fresh ? (understatedIn({ url, cacheMs }, reading, announces) ?? []) : [],
    )
    const [worst] = found.toSorted((a, b) => b.steady - a.steady || b.listed - a.listed)
    return worst ? [worst] : []
  })
}

/** Whether the counts of `later` were made after `before` was sent: other counts were in it, or it is older than a cache. */
const countedSince = (before: Reading, later: Reading, cacheMs: number): boolean =>
  before.atMs <= later.atMs - cacheMs ||
  before.seeders !== later.seeders ||
  before.leechers !== later.leechers

function understatedIn(
  { url, cacheMs }: Pick<Understated, "url" | "cacheMs">,
  reading: Reading,
  all: readonly Reading[],
): Understated | null {
  const claimed = claimedIn(reading)
  if (claimed === null || claimed >= mostClaimedRatio * (reading.listed?.size ?? 0)) return null
  const [largest = new Set<string>()] = [...byFamily(reading.listed ?? new Set(), "asked").values()].sort(
    (a, b) => b.size - a.size,
  )
  const listed = largest.size
  if (listed < leastListed || claimed >= mostClaimedRatio * listed) return null
  // Whoever was named before and is named now may have left in between and come back: the last reply before is the safest.
  const before = all.findLast(
    (each) =>
      each.atMs < reading.atMs &&
      countedSince(each, reading, cacheMs) &&
      inCommon(largest, each.listed ?? new Set()) > 0,
  )
  const steady = before ? inCommon(largest, before.listed ?? new Set()) : 0
  const proven = steady >= leastListed && claimed < mostClaimedRatio * steady
  return {
    url,
    at: reading.at,
    claimed,
    listed,
    steady,
    since: before?.at ?? null,
    cacheMs,
    state: claimed === 0 ? "silent" : proven ? "proven" : "fresh",
  }
}
