/** What must hold, over all scenarios that were played. */
import { share, whole } from "./figures.ts"
import { recallOf, recallRatio } from "./plantings.ts"
import { together, type RateScore } from "./rate-score.ts"
import type { Score } from "./score.ts"

export interface Bound {
  readonly what: string
  readonly measured: string
  readonly bound: string
  readonly ok: boolean
}

/** The short form has too few of everything for the long one's counts, and one odd measurement weighs more. */
interface Demands {
  readonly rates: number
  readonly medianError: number
  readonly p90Error: number
  readonly coverage: number
  readonly costShare: number
  readonly copies: number
  readonly copiesInside: number
  /** Real clients. */
  readonly honest: number
  /** The cast's honest ones as well, odd as they are. */
  readonly decent: number
  readonly plantings: number
  /** Audits that must name somebody. */
  readonly kinds: number
  readonly recall: number
}

const demands: Record<"long" | "short", Demands> = {
  long: {
    rates: 60,
    medianError: 0.05,
    p90Error: 0.12,
    coverage: 0.9,
    costShare: 0.5,
    copies: 10,
    copiesInside: 0.8,
    honest: 150,
    decent: 300,
    plantings: 100,
    kinds: 12,
    recall: 0.95,
  },
  short: {
    rates: 12,
    medianError: 0.05,
    p90Error: 0.15,
    coverage: 0.85,
    costShare: 0.5,
    copies: 1,
    copiesInside: 0.5,
    honest: 15,
    decent: 18,
    plantings: 8,
    kinds: 4,
    recall: 0.95,
  },
}

export const ratesOf = (scores: readonly Score[]): RateScore[] =>
  scores.flatMap(({ parties }) => parties.flatMap(({ rate }) => (rate ? [rate] : [])))

export function boundsOf(scores: readonly Score[], form: keyof typeof demands): Bound[] {
  const wanted = demands[form]
  const rates = together(ratesOf(scores))
  const copies = scores.flatMap(({ fullCopy }) => (fullCopy ? [fullCopy] : []))
  const inside = copies.filter((copy) => copy.inside).length
  const decent = scores.flatMap(({ parties }) => parties.filter((party) => party.honest))
  // The cast has honest ones, too, which are no real clients: nothing names them.
  const honest = decent.filter(({ identified }) => identified !== null)
  const plantings = scores.flatMap((score) => score.plantings)
  const wrong = scores.flatMap(({ accusations }) => accusations.wrong)
  return [
    atLeast("rates measured, of real clients with a known uplink", rates.measured, wanted.rates, whole),
    atMost("their error, median of sizes", rates.medianAbsoluteError, wanted.medianError, share),
    atMost("their error, 90th percentile of sizes", rates.p90AbsoluteError, wanted.p90Error, share),
    atLeast("truths within their 95% interval", rates.coverage, wanted.coverage, share),
    atMost("median cost, of a 10 s download", rates.roomyCostShare, wanted.costShare, share),
    atLeast("full copies timed", copies.length, wanted.copies, whole),
    atLeast("of them within the range", ratio(inside, copies.length), wanted.copiesInside, share),
    atLeast("honest peers, real clients", honest.length, wanted.honest, whole),
    atLeast("honest peers, the cast's odd ones included", decent.length, wanted.decent, whole),
    atMost("accusations of the honest", wrong.length, 0, whole),
    atLeast("lies planted", plantings.length, wanted.plantings, whole),
    atLeast("audits that must name somebody", recallOf(plantings).length, wanted.kinds, whole),
    atLeast("lies named by the right audit", recallRatio(plantings), wanted.recall, share),
  ]
}

const ratio = (part: number, all: number): number | null => (all === 0 ? null : part / all)

type Format = typeof share

const atMost = (what: string, value: number | null, most: number, format: Format): Bound => ({
  what,
  measured: format(value),
  bound: `≤ ${format(most)}`,
  ok: value !== null && value <= most,
})

const atLeast = (what: string, value: number | null, least: number, format: Format): Bound => ({
  what,
  measured: format(value),
  bound: `≥ ${format(least)}`,
  ok: value !== null && value >= least,
})
