/** Draws from one list: the corners of what the docstrings claim; bench/population.ts goes through the whole of it. */
import { expect, test } from "vitest"
import { chao2Of, heldBy, overTimeOf } from "../../../bench/population-regimes.ts"

const regimes = [
  chao2Of(25, 2, 20),
  chao2Of(200, 2, 50),
  chao2Of(200, 2, 180),
  chao2Of(2_000, 2, 200),
  chao2Of(1_000, 3, 200),
  chao2Of(200, 6, 20),
  chao2Of(2_000, 6, 100),
  overTimeOf(25, 2, 20, 0),
  overTimeOf(25, 2, 20, 0.5),
  overTimeOf(200, 2, 50, 0.1),
  overTimeOf(200, 3, 50, 0.3, true),
  overTimeOf(200, 6, 20, 0.1),
  overTimeOf(200, 6, 20, 0.5, true),
  overTimeOf(1_000, 3, 200, 0.1, true),
]

test.each(regimes)("of $population, $name: at least 93% of 1,000 intervals hold the truth", (regime) => {
  expect(heldBy(regime, 1_000)).toBeGreaterThanOrEqual(0.93)
})
