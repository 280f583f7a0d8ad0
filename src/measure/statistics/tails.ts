/** Exact upper tails of the counting distributions, summed from logarithms so that nothing under- or overflows early. */

const logFactorials: number[] = [0]

/** ln n!, exact to rounding. */
function logFactorial(n: number): number {
  for (let i = logFactorials.length; i <= n; i++)
    logFactorials.push((logFactorials[i - 1] ?? 0) + Math.log(i))
  return logFactorials[n] ?? 0
}

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k)

/** P(X ≥ k) of n tries at p each. */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0 || p >= 1) return k <= n ? 1 : 0
  if (k > n || p <= 0) return 0
  const [hit, miss] = [Math.log(p), Math.log1p(-p)]
  let sum = 0
  for (let i = k; i <= n; i++) sum += Math.exp(logChoose(n, i) + i * hit + (n - i) * miss)
  return Math.min(1, sum)
}

/** P(X ≥ k) of events that come `mean` at a time on average. */
export function poissonAtLeast(k: number, mean: number): number {
  if (k <= 0) return 1
  if (mean <= 0) return 0
  const logMean = Math.log(mean)
  // Below the mean the other side is short, and no precision is lost.
  if (k <= mean) {
    let below = 0
    for (let i = 0; i < k; i++) below += Math.exp(i * logMean - mean - logFactorial(i))
    return Math.max(0, 1 - below)
  }
  let sum = 0
  for (let i = k; ; i++) {
    const term = Math.exp(i * logMean - mean - logFactorial(i))
    sum += term
    if (term <= sum * 1e-15) return Math.min(1, sum)
  }
}
