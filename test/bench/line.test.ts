import { expect, test } from "vitest"
import { lineThrough } from "../../bench/soak/line.ts"

test("a line's own slope, and no doubt about it", () => {
  const { slope, low, high } = lineThrough(Array.from({ length: 120 }, (_, x) => [x, 5 + 2 * x]))
  expect([slope, low, high].map((each) => Number(each.toFixed(6)))).toEqual([2, 2, 2])
})

test("what only goes up and down grows by nothing: zero lies in the interval", () => {
  const { low, high } = lineThrough(Array.from({ length: 120 }, (_, x) => [x, (x * 37) % 11]))
  expect(low).toBeLessThan(0)
  expect(high).toBeGreaterThan(0)
})

test("three points are too few for more than a wide guess", () => {
  const { low, high } = lineThrough([
    [0, 0],
    [1, 2],
    [2, 1],
  ])
  expect(high - low).toBeGreaterThan(10)
})
