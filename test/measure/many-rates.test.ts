import { expect, test } from "vitest"
import { medianGoodput } from "../../src/measure/rates.ts"
import { aSeeder, range } from "../support/builders.ts"

const rated = (value: number) =>
  aSeeder(1, {
    goodputBytesPerSecond: { value, low: value, high: value, n: 8, confidence: 0.95, censored: false },
  })

/** The ranks of the normal approximation, which so many are near to. */
test.for([1_074, 1_075, 5_000])("of %i rates the median, and its interval by ranks", (n) => {
  const found = medianGoodput(range(1, n + 1).map(rated))
  expect(found).toMatchObject({ value: (n + 1) / 2, n })
  expect(Math.abs((found?.low ?? 0) - (n / 2 - 0.98 * Math.sqrt(n)))).toBeLessThan(2)
  expect((found?.low ?? 0) + (found?.high ?? 0)).toBe(n + 1)
})
