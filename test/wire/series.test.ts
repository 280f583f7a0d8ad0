import * as fc from "fast-check"
import { expect, test } from "vitest"
import { createSeries } from "../../src/wire/series.ts"

const seriesOf = (times: number[], maxPoints: number, spacingMs: number) => {
  const series = createSeries<number>({ maxPoints, spacingMs, timeOf: (ms) => ms })
  for (const ms of times) series.add(ms)
  return series
}

test("close points are one, and the last of them stands", () => {
  expect(seriesOf([0, 1, 2, 3], 64, 20).points).toEqual([0, 3])
  expect(seriesOf([0, 5, 25, 30, 60, 61], 64, 20).points).toEqual([0, 25, 60, 61])
})

test("all of it while there is room", () => {
  const { points, thinned } = seriesOf([0, 20, 40, 60], 64, 20)
  expect(points).toEqual([0, 20, 40, 60])
  expect(thinned).toBe(false)
})

test("bounded, in order, with first and last kept and everything spread", () => {
  const gaps = fc.array(fc.nat(200), { minLength: 1, maxLength: 600 })
  fc.assert(
    fc.property(gaps, (steps) => {
      let ms = 0
      const times = steps.map((step) => (ms += step))
      const { points } = seriesOf(times, 64, 20)
      expect(points.length).toBeLessThanOrEqual(64)
      expect(points[0]).toBe(times[0])
      expect(points.at(-1)).toBe(times.at(-1))
      for (let at = 1; at < points.length - 1; at++)
        expect(points[at]! - points[at - 1]!).toBeGreaterThanOrEqual(20)
    }),
  )
})

test("a long one is thinned evenly, and says so", () => {
  const { points, thinned } = seriesOf(
    Array.from({ length: 100_000 }, (_, at) => at * 20),
    64,
    20,
  )
  expect(thinned).toBe(true)
  expect(points.length).toBeGreaterThan(30)
  const gaps = points.slice(1, -1).map((ms, at) => ms - points[at]!)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * Math.min(...gaps))
})
