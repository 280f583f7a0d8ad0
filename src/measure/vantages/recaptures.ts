/** How many peers can be reached, by which of those that one place reached the others were named as well: formulas alone. */
import type { Estimate } from "../../evidence.ts"
import { confidence, peopleBetween, z95 } from "../population.ts"

/** Peers alike in who saw them; bit v: place v. */
export interface Cell {
  /** Named to it by any source. */
  sighted: number
  /** And reached by it. Somebody reached every peer that is counted. */
  reached: number
  count: number
}

/** More are put together: every peer may be seen in 3ⁿ ways. */
export const mostOccasions = 6

/** Seen again: with fewer the estimate is anybody's guess, unless those are half of everybody seen. */
const leastShared = 5

/**
 * Peers that can be reached from one of t ≥ 2 places at least. Place v is named a share p̂ᵥ of them: of those whom others reached, so
 * many were named to v as well, whether v reached them or not. Each peer then stands for 1/P(it is found): see `weightOf`. Neither
 * those whom nobody can reach count, nor the departed and the made-up, whom nobody reached; and a firewall at one place hides
 * nobody, where Chapman's estimate on those named or on those reached would be too low or too high. The interval is logarithmic in the
 * unseen, by the delta method, half an individual added to each count (as Sadinle 2009). Null with too few seen again.
 *
 * Assumes that what one place is named doesn't depend on what another is: lists drawn at random for each. Simulated: 2 to 5 places,
 * lists of 5% to 100% of 20 to 1,000 peers, half of which a firewall hides from one place or two, one in ten missed by chance.
 * Lists that favour the same peers everywhere make it too low.
 */
export function acrossPlaces(cells: readonly Cell[], places: number): Estimate | null {
  const counts = cells.map(({ count }) => count)
  const distinct = sum(counts)
  const again = sum(cells.map(({ sighted, count }) => ((sighted & (sighted - 1)) === 0 ? 0 : count)))
  if (places < 2 || again === 0 || (again < leastShared && 2 * again < distinct)) return null
  const unseenIn = (given: readonly number[]): number =>
    Math.max(tiny, totalOf(cells, given, places, 0.5) - sum(given))
  const middle = unseenIn(counts)
  const unseen = middle + 0.25
  const variance = cells.reduce((total, { count }, i) => {
    const slope = (unseenIn(counts.with(i, count + step)) - middle) / step / unseen
    return total + count * slope ** 2
  }, 1 / unseen)
  const { low, high } = peopleBetween(distinct, unseen, z95 * Math.sqrt(variance))
  const value = Math.max(distinct, totalOf(cells, counts, places, 1))
  return {
    value,
    low: Math.min(low, value),
    high: Math.max(high, value),
    n: distinct,
    confidence,
    censored: false,
  }
}

const tiny = 1e-9
/** Of a count, for its slope. */
const step = 1e-3

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0)

/** All of them, seen or not; `more`: individuals added to the marked, half of one added to those found again. */
function totalOf(cells: readonly Cell[], counts: readonly number[], places: number, more: number): number {
  const shares = Array.from({ length: places }, (_, place) => {
    const bit = 1 << place
    let [marked, again] = [more, 0.5]
    for (const [i, { sighted, reached }] of cells.entries()) {
      if ((reached & ~bit) === 0) continue
      marked += counts[i] ?? 0
      if (sighted & bit) again += counts[i] ?? 0
    }
    return Math.min(1, again / marked)
  })
  const weight = weightOf(shares)
  return sum(cells.map(({ sighted, reached }, i) => (counts[i] ?? 0) * weight(sighted & ~reached)))
}

/**
 * For how many a found peer stands, by the places that were named it and couldn't reach it (bits), so that each that can be reached
 * from places T, whichever these are, counts once on average. It is found with probability c(T) = 1 − Π(1 − pᵥ) over T; who else was
 * named it, U outside of T, is independent of that. So the mean of w(U) over all U outside of T must be 1/c(T), for every T, which
 * inclusion and exclusion solves.
 */
function weightOf(shares: readonly number[]): (failed: number) => number {
  const found = (except: number): number =>
    1 - shares.reduce((missed, share, v) => (except & (1 << v) ? missed : missed * (1 - share)), 1)
  const known = new Map<number, number>()
  return (failed) => {
    const before = known.get(failed)
    if (before !== undefined) return before
    let weight = 0
    for (let part = failed; ; part = (part - 1) & failed) {
      weight += shares.reduce(
        (term, share, v) => {
          if (!(failed & (1 << v))) return term
          return part & (1 << v) ? term / share : (-term * (1 - share)) / share
        },
        1 / found(part),
      )
      if (part === 0) break
    }
    known.set(failed, weight)
    return weight
  }
}
