/** Several sources: the corners of what the docstrings claim; bench/population.ts goes through the whole of it. */
import { expect, test } from "vitest"
import { acrossOf, chapmanOf, heldBy, lowerBoundOf, threeOf } from "../../../bench/population-regimes.ts"

const bothEnds = [
  chapmanOf(20, [0.1, 0.1]),
  chapmanOf(20, [0.5, 0.5]),
  chapmanOf(20, [0.9, 0.9]),
  chapmanOf(100, [0.3, 0.5]),
  chapmanOf(500, [0.1, 0.1]),
  chapmanOf(500, [0.9, 0.5]),
  chapmanOf(2_000, [0.1, 0.9]),
  threeOf(100, [0.5, 0.5, 0.5]),
  threeOf(500, [0.3, 0.3, 0.3]),
  threeOf(500, [0.3, 0.3, 0.3], 0.6),
  threeOf(500, [0.5, 0.5, 0.5], 0.3),
  threeOf(2_000, [0.6, 0.4, 0.2], 0.6),
]

const lowEnd = [
  lowerBoundOf(20, [0.5, 0.5, 0.5]),
  lowerBoundOf(20, [0.1, 0.5, 0.9]),
  lowerBoundOf(100, [0.1, 0.5, 0.9]),
  lowerBoundOf(100, [0.2, 0.2, 0.2, 0.2]),
  lowerBoundOf(500, [0.1, 0.3, 0.6, 0.9]),
  lowerBoundOf(2_000, [0.1, 0.1, 0.1]),
  lowerBoundOf(500, [0.3, 0.3, 0.3], { copied: 0.6 }),
  lowerBoundOf(500, [0.5, 0.5, 0.5], { hard: [0.3, 0] }),
  acrossOf(20, [0.5, 0.5]),
  acrossOf(500, [0.1, 0.9]),
  acrossOf(100, [0.5, 0.5, 0.5]),
  acrossOf(500, [0.6, 0.4, 0.2], { copied: 0.6 }),
  acrossOf(500, [0.6, 0.4, 0.2], { hard: [0.8, 0.2] }),
  acrossOf(500, [0.5, 0.5, 0.5, 0.5], { hard: [0.5, 0.3] }),
]

test.each(bothEnds)("of $population, $name: at least 93% of 1,000 intervals hold the truth", (regime) => {
  expect(heldBy(regime, 1_000)).toBeGreaterThanOrEqual(0.93)
})

test.each(lowEnd)("of $population, $name: at least 93% of 1,000 lower ends are at most that", (regime) => {
  expect(heldBy(regime, 1_000)).toBeGreaterThanOrEqual(0.93)
})
