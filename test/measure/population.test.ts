import { describe, expect, test } from "vitest"
import { draw, randomOf } from "../../bench/population-regimes.ts"
import { overTime } from "../../src/measure/population/history.ts"
import { threeSources } from "../../src/measure/population/loglinear.ts"
import { acrossSources, lowerBound } from "../../src/measure/population/across-sources.ts"
import { chao2, chapman, coverage } from "../../src/measure/population.ts"
import { range } from "../support/builders.ts"

const set = (...members: number[]) => new Set(members)

describe("chao2", () => {
  test("one draw, and too few repeats, bound nothing", () => {
    expect(chao2([set(1, 2, 3)])).toBeNull()
    expect(chao2([set(1, 2, 3), set(4, 5, 6)])).toBeNull()
    expect(chao2([])).toBeNull()
  })

  test("the bias-corrected formula", () => {
    // D = 12, Q1 = 6, Q2 = 6, t = 2: 12 + ½·6·5/(2·7)
    expect(chao2([set(0, 1, 2, 3, 4, 5, 6, 7, 8), set(0, 1, 2, 3, 4, 5, 9, 10, 11)])?.value).toBeCloseTo(
      12 + 15 / 14,
    )
  })

  test("everybody met twice: those are all", () => {
    const all = new Set(range(0, 40))
    expect(chao2([all, all])).toMatchObject({ value: 40, low: 40, high: 42 })
  })
})

describe("chapman", () => {
  test("the formula", () => {
    expect(chapman(set(1, 2, 3, 4), set(3, 4, 5))?.value).toBeCloseTo((5 * 4) / 3 - 1)
  })

  test("a source that saw nobody says nothing", () => {
    expect(chapman(set(), set(1))).toBeNull()
  })
})

test("Good–Turing coverage is one less the share seen once", () => {
  expect(coverage([set(1, 2, 3), set(3, 4)])).toBeCloseTo(1 - 3 / 5)
  expect(coverage([])).toBeNull()
})

/** Three sources with so many in each cell; bit 0 is the first source. */
function threeWith(cells: readonly number[]): ReadonlySet<string>[] {
  const sources = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const [cell, count] of cells.entries()) {
    for (const i of range(0, count))
      for (const [bit, source] of sources.entries()) if (cell & (1 << bit)) source.add(`${cell} ${i}`)
  }
  return sources
}

describe("lowerBound", () => {
  test("of two sources is Chapman's, without an upper end", () => {
    const [one, other] = [new Set(range(0, 40)), new Set(range(25, 90))]
    const { value, low } = chapman(one, other) ?? { value: 0, low: 0 }
    expect(lowerBound([one, other])).toMatchObject({ low, high: null, n: 90 })
    expect(lowerBound([one, other])?.value).toBeCloseTo(value)
  })

  test("the formula: pairs of those whom one source alone saw, over those seen twice", () => {
    // D = 60, Z = 10, 20, 6; f₂ = 8 + 7 + 5.
    const found = lowerBound(threeWith([0, 10, 20, 8, 6, 7, 5, 4]))
    expect(found?.value).toBeCloseTo(60 + (10 * 20 + 10 * 6 + 20 * 6) / 21)
  })

  test("sources of very different size don't inflate it, as they do Chao2", () => {
    // Independent sources of 10%, 50% and 90% of 1,000.
    const expected = [0, 5, 45, 5, 405, 45, 405, 45]
    expect(lowerBound(threeWith(expected))?.value).toBeCloseTo(1_000, -1)
    expect(chao2(threeWith(expected))?.low).toBeGreaterThan(1_030)
  })

  test("nothing from sources that hardly overlap, but from small ones that mostly do", () => {
    expect(lowerBound([new Set(range(0, 50)), new Set(range(47, 97))])).toBeNull()
    expect(lowerBound([new Set(range(0, 50)), new Set(range(50, 97))])).toBeNull()
    expect(lowerBound([new Set(range(0, 3)), new Set(range(0, 4))])?.value).toBe(4)
    expect(lowerBound([new Set(range(0, 50))])).toBeNull()
    expect(lowerBound([])).toBeNull()
  })
})

describe("threeSources", () => {
  test.each([
    ["all independent", [0, 120, 120, 120, 120, 120, 120, 120], 960],
    // The first two see the same peers: odds ratio 4; the third is apart.
    ["one pair dependent", [0, 100, 100, 200, 100, 50, 50, 100], 700 + (100 * 400) / 201],
    // Given the first, the others are independent.
    ["two pairs dependent", [0, 25, 40, 50, 60, 100, 30, 200], 505 + (40 * 60) / 31],
  ])("finds the unseen with %s", (_, cells, population) => {
    const found = threeSources(threeWith(cells))
    expect(found?.value).toBeCloseTo(population)
    expect(found?.low).toBeLessThan(population)
    expect(found?.high).toBeGreaterThan(population)
  })

  test("with all pairs dependent: n₁₁₁·n₁₀₀·n₀₁₀·n₀₀₁ / (n₁₁₀·n₁₀₁·n₀₁₁), one more in each of the last", () => {
    const cells = [0, 400, 90, 60, 300, 200, 20, 500]
    const found = threeSources(threeWith(cells))
    expect(found?.value).toBeCloseTo(1_570 + (500 * 400 * 90 * 300) / (61 * 201 * 21))
  })

  test("takes a dependence for chance unless it pays: the least AIC, not the best fit", () => {
    // Independent, 130.6 are unseen, G² = 0.8 at three degrees of freedom; with all pairs dependent 155.7 would be.
    const found = threeSources(threeWith([0, 125, 125, 112, 125, 112, 112, 115]))
    expect(found?.value).toBeCloseTo(826 + 130.6, 0)
    expect(found?.high).toBeGreaterThan(826 + 155.7)
  })

  test("nothing when a cell is thin, or with another number of sources", () => {
    expect(threeSources(threeWith([0, 50, 50, 50, 50, 50, 50, 4]))).toBeNull()
    expect(threeSources(threeWith([0, 50, 50, 50, 50, 50, 50, 5]))).not.toBeNull()
    expect(threeSources(threeWith([0, 50, 50, 50, 50, 50, 50, 50]).slice(0, 2))).toBeNull()
  })
})

test("acrossSources: two by Chapman, three by the models when their cells are thick; never an upper end", () => {
  const thick = threeWith([0, 25, 40, 50, 60, 100, 30, 200])
  const thin = threeWith([0, 25, 40, 50, 60, 100, 30, 3])
  const [one, other] = thick
  if (!one || !other) throw new Error("three were made")
  expect(acrossSources(thick)).toEqual({ ...threeSources(thick), high: null })
  expect(acrossSources(thin)).toEqual(lowerBound(thin))
  expect(acrossSources([one, other])).toEqual({ ...chapman(one, other), high: null })
  expect(acrossSources([one])).toBeNull()
  expect(acrossSources([new Set(range(0, 50)), new Set(range(50, 99))])).toBeNull()
})

describe("overTime", () => {
  const drawAt = (atMs: number, from: number, to: number) => ({ atMs, members: new Set(range(from, to)) })

  test("at least the longest draw, at most what Chao2 says of all, Chapman of neighbours between", () => {
    const draws = [drawAt(0, 0, 40), drawAt(10, 20, 60), drawAt(20, 40, 90)]
    const found = overTime(draws, 20)
    expect(found?.value).toBeCloseTo((41 * 41 + 41 * 51) / (21 + 21) - 1)
    expect(found?.low).toBe(50)
    expect(found?.high).toBe(chao2(draws.map(({ members }) => members))?.high)
  })

  test("only what lies in the window before the newest, in whatever order", () => {
    const [old, late, newest] = [drawAt(0, 500, 540), drawAt(95, 0, 40), drawAt(100, 20, 60)]
    expect(overTime([newest, old, late], 5)).toEqual(overTime([late, newest], 5))
    expect(overTime([newest, old, late], 5)).not.toBeNull()
    expect(overTime([newest, old, late], 4)).toBeNull()
  })

  test("each draw is held against the next in time, however they come", () => {
    const [one, two, three] = [drawAt(0, 0, 40), drawAt(10, 20, 60), drawAt(20, 30, 90)]
    expect(overTime([three, one, two], 20)).toEqual(overTime([one, two, three], 20))
    expect(overTime([one, three, { ...two, atMs: 30 }], 30)?.value).not.toBe(
      overTime([one, two, three], 20)?.value,
    )
  })

  test("the same list again is no draw", () => {
    expect(overTime([drawAt(0, 0, 60), drawAt(10, 0, 60)], 100)).toBeNull()
    expect(overTime([], 100)).toBeNull()
  })
})

test("a simulated draw is without replacement, and everybody's chance is the same", () => {
  const random = randomOf(1)
  const times = range(0, 10).map(() => 0)
  for (const _ of range(0, 2_000)) {
    const drawn = draw(range(0, 10), 3, random)
    expect(drawn.size).toBe(3)
    for (const one of drawn) times[one] = (times[one] ?? 0) + 1
  }
  for (const each of times) expect(Math.abs(each - 600)).toBeLessThan(100)
})
