import { expect, test } from "vitest"
import { gammaAtMost, gammaQuantile } from "../../../src/measure/statistics/gamma.ts"

test.each([
  // Garwood 1936, table: limits of a Poisson mean after k events are quantiles of shapes k and k + 1.
  [1, 0.975, 3.68888],
  [1, 0.025, 0.02532],
  [10, 0.025, 4.79539],
  [11, 0.975, 18.39036],
  [100, 0.025, 81.36399],
  [101, 0.975, 121.62679],
  // Half of χ²₁'s median.
  [0.5, 0.5, 0.22747],
])("shape %f at %f: %f", (shape, p, quantile) => {
  expect(gammaQuantile(shape, p)).toBeCloseTo(quantile, 4)
})

test("quantiles and probabilities are each other's inverse, up to a million events", () => {
  for (const shape of [0.1, 1, 7.5, 40, 1_000, 1_000_000])
    for (const p of [0.001, 0.025, 0.5, 0.975, 0.999])
      expect(gammaAtMost(shape, gammaQuantile(shape, p))).toBeCloseTo(p, 8)
})

test("nothing, and nothing yet", () => {
  expect(gammaQuantile(0, 0.5)).toBe(0)
  expect(gammaQuantile(3, 0)).toBe(0)
  expect(gammaAtMost(3, 0)).toBe(0)
})
