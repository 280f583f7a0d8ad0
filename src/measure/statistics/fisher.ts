/** Exact tests on counts. */

/** Stirling's series from here on; its error is then below 1e-13. */
const leastForSeries = 16

function logFactorial(n: number): number {
  if (n < leastForSeries) {
    let product = 1
    for (let factor = 2; factor <= n; factor++) product *= factor
    return Math.log(product)
  }
  const x = n + 1
  return (
    (x - 0.5) * Math.log(x) -
    x +
    0.5 * Math.log(2 * Math.PI) +
    1 / (12 * x) -
    1 / (360 * x ** 3) +
    1 / (1_260 * x ** 5)
  )
}

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k)

/** `drawn` of `all` at random, without replacement; `marked` of all are marked. How many of those drawn are? */
export interface Hypergeometric {
  all: number
  marked: number
  drawn: number
}

/** P(from ≤ X ≤ to). */
function between({ all, marked, drawn }: Hypergeometric, from: number, to: number): number {
  const first = Math.max(from, 0, drawn - (all - marked))
  const last = Math.min(to, marked, drawn)
  if (first > last) return 0
  let log = logChoose(marked, first) + logChoose(all - marked, drawn - first) - logChoose(all, drawn)
  let sum = Math.exp(log)
  for (let x = first; x < last; x++) {
    log += Math.log(((marked - x) * (drawn - x)) / ((x + 1) * (all - marked - drawn + x + 1)))
    sum += Math.exp(log)
  }
  return Math.min(1, sum)
}

export const hypergeometricAtMost = (of: Hypergeometric, x: number): number => between(of, 0, x)
export const hypergeometricAtLeast = (of: Hypergeometric, x: number): number => between(of, x, of.drawn)

/** Successes among trials. */
export interface Tally {
  alive: number
  tested: number
}

/** Fisher's exact test, one-sided: how probable are so few successes of `one`, or fewer, if both succeed equally often? Fisher 1935. */
export const fisherLess = (one: Tally, other: Tally): number =>
  hypergeometricAtMost(
    { all: one.tested + other.tested, marked: one.alive + other.alive, drawn: one.tested },
    one.alive,
  )

/**
 * How probable are so few successes of `one`, or fewer, if it succeeds with this chance? With `ratio` of another's rate as that
 * chance, it holds an honest difference of up to 1/`ratio` against chance; the other's rate is taken as it was seen.
 */
export function binomialAtMost({ alive, tested }: Tally, chance: number): number {
  if (chance <= 0 || alive >= tested) return 1
  if (chance >= 1) return 0
  let log = tested * Math.log1p(-chance)
  let sum = Math.exp(log)
  for (let x = 0; x < alive; x++) {
    log += Math.log(((tested - x) / (x + 1)) * (chance / (1 - chance)))
    sum += Math.exp(log)
  }
  return Math.min(1, sum)
}
