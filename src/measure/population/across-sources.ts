import type { Estimate } from "../../evidence.ts"
import { threeSources } from "./loglinear.ts"
import { chapman, confidence, peopleBetween, z95 } from "../population.ts"

/** Seen again: with fewer the estimate is anybody's guess, unless those are half of everybody seen. */
const leastShared = 5

/**
 * At least how many there are behind t ≥ 2 sources, of which each sees more or fewer of them: N̂ = D + Σᵢ﹤ⱼ ZᵢZⱼ/(f₂ + 1), Zᵢ
 * seen by source i alone, f₂ by exactly two (Chao 1989; with two sources it is Chapman's). Chao2 takes all draws for equally
 * large: behind sources of 10%, 50% and 90% of 500 its interval never holds. The lower end is logarithmic in the unseen, by
 * the delta method, half an individual added to each count. No upper end: those whom every source finds more easily hide how
 * many none finds. Null with too few seen again.
 *
 * Assumes a closed population, and no source that favours those whom another misses. Simulated: 2 to 4 sources of 10% to 90%
 * of 20 to 2,000, alike or not; a second source that copies the first for up to 60% of the peers; half of the peers
 * seen less easily by all, or 30% by none.
 */
export function lowerBound(sources: readonly ReadonlySet<unknown>[]): Estimate | null {
  const seenBy = new Map<unknown, number>()
  for (const source of sources) for (const one of source) seenBy.set(one, (seenBy.get(one) ?? 0) + 1)
  const distinct = seenBy.size
  const counts = [...seenBy.values()]
  const again = counts.filter((times) => times > 1).length
  if (sources.length < 2 || again === 0 || (again < leastShared && 2 * again < distinct)) return null
  const twice = counts.filter((times) => times === 2).length
  const alone = sources.map((source) => [...source].filter((one) => seenBy.get(one) === 1).length)
  const half = alone.map((count) => count + 0.5)
  const [all, product] = [half.reduce((a, b) => a + b), pairsOf(half)]
  const unseen = product / (twice + 0.5)
  const variance =
    half.reduce((sum, count) => sum + count * (all - count) ** 2, 0) / product ** 2 +
    1 / (twice + 0.5) +
    1 / unseen
  return {
    value: distinct + pairsOf(alone) / (twice + 1),
    low: peopleBetween(distinct, unseen, z95 * Math.sqrt(variance)).low,
    high: null,
    n: distinct,
    confidence,
    censored: false,
  }
}

/** The sum of the products of all pairs. */
function pairsOf(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0)
  return (sum ** 2 - values.reduce((squares, value) => squares + value ** 2, 0)) / 2
}

/**
 * Population behind the sources of one swarm: two by Chapman; three with thick cells by the log-linear models, which know of
 * dependent pairs; otherwise `lowerBound`. They name the same easy peers, so the truth may be any higher: no upper end, and it may
 * support a claim, never convict one. Null with fewer than two sources or too little overlap.
 */
export function acrossSources(sources: readonly ReadonlySet<unknown>[]): Estimate | null {
  const bound = lowerBound(sources)
  const [one, other, ...more] = sources
  if (!bound || !one || !other) return null
  const found = more.length === 0 ? chapman(one, other) : threeSources(sources)
  return { ...(found ?? bound), high: null }
}
