import type { Evidence } from "../../evidence.ts"
import { readingsOf, type Reading } from "./readings.ts"

/** No host is faster: 10 Gbit/s. */
export const fastestBytesPerSecond = 1.25e9
/** Who resumes lacks only a part, yet as a mean over all who complete hardly less than this. */
export const leastShare = 0.01
/** A jump may be a restored backup, or another machine behind the same name: it takes several, one after the other. */
export const leastGaps = 3
/** Nearer readings are one: a counter may be published in steps. */
export const leastApartMs = 5_000
/** So rare that it can't be. */
export const mostByChance = 1e-9

export interface Gap {
  from: string
  to: string
  rise: number
  perSecond: number
  /** Leechers that must be there on average for so many downloads: see `implausibleOf`. */
  needed: number
  /** P(that few), Poisson. */
  pValue: number
}

export interface Implausible {
  url: string
  /** The most leechers that it claimed in any of the readings. */
  leechers: number
  gaps: Gap[]
  implausible: boolean
}

/**
 * Trackers whose `downloads` rise faster than the leechers whom they claim could download. Little's law: if λ peers complete each
 * second, and none takes less than T = `leastShare`·size / `fastestBytesPerSecond`, then at least λT leechers are there on average;
 * arriving independently they are Poisson, and p = P(X ≤ the most ever claimed). All of at least `leastGaps` consecutive gaps between
 * its own readings must be as improbable, so that one jump accuses nobody; a counter that falls begins anew.
 *
 * Assumes that completions are told once each; a tracker that is fed false ones counts what it is told, and its count is false.
 * Little 1961.
 */
export function implausibleOf(
  evidence: Pick<Evidence, "torrent" | "trackers" | "peers" | "earlier">,
): Implausible[] {
  const leastSeconds = (leastShare * evidence.torrent.sizeBytes) / fastestBytesPerSecond
  return readingsOf(evidence).flatMap((readings, i) => {
    const url = evidence.trackers[i]?.url ?? ""
    const counting = apart(readings.filter(({ downloads }) => downloads !== null))
    if (counting.length < 2) return []
    const leechers = Math.max(0, ...readings.map((reading) => reading.leechers ?? 0))
    const gaps = counting.slice(1).map((reading, j) => gapOf(counting[j] ?? reading, reading))
    const judged = gaps.map((gap): Gap => {
      const needed = gap.perSecond * leastSeconds
      return { ...gap, needed, pValue: poissonAtMost(leechers, needed) }
    })
    const tail = judged.slice(judged.findLastIndex(({ pValue }) => pValue > mostByChance) + 1)
    const known = readings.every((reading) => reading.leechers !== null)
    const implausible = known && tail.length >= leastGaps
    return [{ url, leechers, gaps: implausible ? tail : judged, implausible }]
  })
}

function apart(readings: readonly Reading[]): Reading[] {
  const kept: Reading[] = []
  for (const reading of readings) {
    const before = kept.at(-1)
    if (!before || reading.atMs - before.atMs >= leastApartMs) kept.push(reading)
  }
  return kept
}

function gapOf(before: Reading, after: Reading): Omit<Gap, "needed" | "pValue"> {
  const rise = (after.downloads ?? 0) - (before.downloads ?? 0)
  return {
    from: before.at,
    to: after.at,
    rise,
    perSecond: Math.max(0, rise) / ((after.atMs - before.atMs) / 1_000),
  }
}

const mostTerms = 100_000

/** P(X ≤ k); where the sum would be long, at most: Chernoff's bound. */
function poissonAtMost(k: number, mean: number): number {
  if (mean <= 0 || k >= mean) return 1
  if (k > mostTerms) return Math.min(1, Math.exp(k - mean + k * Math.log(mean / k)))
  let [log, sum] = [-mean, Math.exp(-mean)]
  const terms = Math.min(k, Math.ceil(mean))
  for (let i = 1; i <= terms; i++) {
    log += Math.log(mean / i)
    sum += Math.exp(log)
  }
  return Math.min(1, sum)
}
