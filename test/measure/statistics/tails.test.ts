import { expect, test } from "vitest"
import { binomialAtLeast, poissonAtLeast } from "../../../src/measure/statistics/tails.ts"

test.each([
  [1, 1, 0.3, 0.3],
  [1, 10, 0.5, 1 - 2 ** -10],
  [8, 10, 0.5, 56 / 1024],
  [0, 5, 0.2, 1],
  [6, 5, 0.2, 0],
  [5, 5, 1, 1],
  [1, 5, 0, 0],
])("P(X ≥ %d) of %d tries at %d is %d", (k, n, p, expected) => {
  expect(binomialAtLeast(k, n, p)).toBeCloseTo(expected, 12)
})

test.each([
  [0, 3, 1],
  [1, 2, 1 - Math.exp(-2)],
  [3, 1, 1 - 2.5 * Math.exp(-1)],
  [5, 0, 0],
])("P(X ≥ %d) at a mean of %d is %d", (k, mean, expected) => {
  expect(poissonAtLeast(k, mean)).toBeCloseTo(expected, 12)
})

test("far tails keep their digits", () => {
  expect(poissonAtLeast(8, 0.001) / (1e-24 / 40_320)).toBeCloseTo(1, 2)
  expect(binomialAtLeast(10, 10, 1e-9) / 1e-90).toBeCloseTo(1, 6)
  expect(poissonAtLeast(10_000, 10_000)).toBeCloseTo(0.5, 2)
})
