/**
 * Which of several hypotheses may be rejected so that the chance of rejecting any true one is at most `alpha`, however the tests
 * depend on each other: the smallest p-value is held against alpha/m, the next against alpha/(m−1), up to the first that fails.
 * Holm 1979.
 */
export function holm(pValues: readonly number[], alpha: number): boolean[] {
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1))
  const rejected = pValues.map(() => false)
  for (const [rank, i] of order.entries()) {
    if ((pValues[i] ?? 1) > alpha / (pValues.length - rank)) break
    rejected[i] = true
  }
  return rejected
}

/** METHODS: over all tests of a run; an audit, which sees only its own, holds them against it as if there were no others. */
export const ofRun = 0.001
