import type { Estimate } from "../evidence.ts"

export const z95 = 1.96
export const confidence = 0.95

/** How many times each individual was seen, from draws that each name it at most once. */
function sightings(draws: readonly ReadonlySet<unknown>[]): {
  distinct: number
  total: number
  seen: (times: number) => number
} {
  const times = new Map<unknown, number>()
  for (const draw of draws) for (const one of draw) times.set(one, (times.get(one) ?? 0) + 1)
  const frequency = new Map<number, number>()
  for (const n of times.values()) frequency.set(n, (frequency.get(n) ?? 0) + 1)
  const total = draws.reduce((sum, draw) => sum + draw.size, 0)
  return { distinct: times.size, total, seen: (n) => frequency.get(n) ?? 0 }
}

/** Everybody whom one names the other names too. */
export const sameMembers = (one: ReadonlySet<unknown>, other: ReadonlySet<unknown>): boolean =>
  one.size === other.size && [...one].every((each) => other.has(each))

/** Good–Turing: the share of the population, weighted by how easily it is seen, that the draws have met. 1 − f₁/n. Good 1953. */
export function coverage(draws: readonly ReadonlySet<unknown>[]): number | null {
  const { total, seen } = sightings(draws)
  return total === 0 ? null : 1 - seen(1) / total
}

/** Fewer individuals met again than this and the draws bound nothing. */
const leastRepeats = 5

/**
 * Population behind t ≥ 2 draws from one list: N̂ = D + ((t−1)/t)·Q₁(Q₁−1)/(2(Q₂+1)), D distinct individuals, Q₁ and Q₂ seen in
 * exactly one and two draws (Chao 1987, bias-corrected; too low when some are drawn more easily than others). The interval
 * is logarithmic in the unseen, half an individual added to each count (Sadinle 2009, which it equals for two draws).
 * Everybody met twice: D, bounded by Good–Turing's missing share of at most 3/n. Null with too few repeats.
 *
 * Assumes independent random draws of about one size from one closed population, at least ten repeats expected; from draws of
 * very different size it comes out too high (see `lowerBound`). Simulated: 2 to 6 draws of 20 to 200 from 25 to 2,000.
 */
export function chao2(draws: readonly ReadonlySet<unknown>[]): Estimate | null {
  const t = draws.length
  const { distinct, total, seen } = sightings(draws)
  if (t < 2 || total - distinct < leastRepeats) return null
  const [q1, q2] = [seen(1), seen(2)]
  const whole = { n: total, confidence, censored: false }
  if (q1 === 0)
    return { value: distinct, low: distinct, high: Math.ceil(distinct / (1 - 3 / total)), ...whole }
  const a = (t - 1) / t
  const unseen = (a * (q1 + 1) ** 2) / (2 * (q2 + 0.5))
  const spread = z95 * Math.sqrt(1 / (q2 + 0.5) + 4 / (q1 + 1) + 1 / unseen)
  return {
    value: distinct + (a * q1 * (q1 - 1)) / (2 * (q2 + 1)),
    ...peopleBetween(distinct, unseen, spread),
    ...whole,
  }
}

/** An interval logarithmic in the unseen. People are whole: rounded outwards, and never below those seen. */
export const peopleBetween = (
  distinct: number,
  unseen: number,
  spread: number,
): { low: number; high: number } => ({
  low: Math.max(distinct, Math.floor(distinct - 0.5 + unseen * Math.exp(-spread))),
  high: Math.ceil(distinct - 0.5 + unseen * Math.exp(spread)),
})

/**
 * Population behind two independent sources: N̂ = (a+1)(b+1)/(m+1) − 1 (Chapman 1951), a and b seen by each, m by both; the
 * interval is logarithmic (Sadinle 2009), as the normal one covers 86–93% only. Sources of a swarm correlate, which makes it
 * too low: it may support a claim, never convict one. Null when a source saw nobody.
 *
 * Assumes independent sources and a closed population. Simulated: shares from 10% to 90% of 20 to 2,000.
 */
export function chapman(one: ReadonlySet<unknown>, other: ReadonlySet<unknown>): Estimate | null {
  const [a, b] = [one.size, other.size]
  if (a === 0 || b === 0) return null
  const m = [...one].filter((each) => other.has(each)).length
  const [onlyA, onlyB, both] = [a - m + 0.5, b - m + 0.5, m + 0.5]
  const unseen = (onlyA * onlyB) / both
  const spread = z95 * Math.sqrt(1 / both + 1 / onlyA + 1 / onlyB + 1 / unseen)
  return {
    value: ((a + 1) * (b + 1)) / (m + 1) - 1,
    ...peopleBetween(a + b - m, unseen, spread),
    n: a + b - m,
    confidence,
    censored: false,
  }
}
