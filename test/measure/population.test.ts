import { describe, expect, test } from "vitest"
import { chao2, chapman, coverage } from "../../src/measure/population.ts"
import { randomOf } from "./server.ts"

const runs = 1_000

/** A random draw without replacement. */
function draw(population: number, size: number, random: () => number): Set<number> {
  const drawn = new Set<number>()
  for (let last = population - size; last < population; last++) {
    const pick = Math.floor(random() * (last + 1))
    drawn.add(drawn.has(pick) ? last : pick)
  }
  return drawn
}

const each = (size: number, share: number, random: () => number): Set<number> =>
  new Set(Array.from({ length: size }, (_, i) => i).filter(() => random() < share))

describe("the 95% interval covers the truth in at least 93% of 1,000 runs", () => {
  test.each([
    { draws: 2, size: 20, population: 25 },
    { draws: 2, size: 50, population: 200 },
    { draws: 2, size: 180, population: 200 },
    { draws: 2, size: 200, population: 2_000 },
    { draws: 3, size: 50, population: 200 },
    { draws: 3, size: 200, population: 1_000 },
    { draws: 6, size: 20, population: 200 },
    { draws: 6, size: 50, population: 1_000 },
    { draws: 6, size: 200, population: 2_000 },
  ])("chao2: $draws draws of $size from $population", ({ draws, size, population }) => {
    let [held, given] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const random = randomOf(run * 7 + 1)
      const found = chao2(Array.from({ length: draws }, () => draw(population, size, random)))
      if (!found) continue
      given++
      if (found.low <= population && population <= (found.high ?? Infinity)) held++
    }
    expect(held / given).toBeGreaterThanOrEqual(0.93)
    expect(given).toBeGreaterThan(0.95 * runs)
  })

  test.each([
    { population: 20, one: 0.5, other: 0.5 },
    { population: 100, one: 0.3, other: 0.5 },
    { population: 500, one: 0.1, other: 0.1 },
    { population: 500, one: 0.9, other: 0.5 },
    { population: 2_000, one: 0.1, other: 0.9 },
    { population: 2_000, one: 0.6, other: 0.6 },
  ])("chapman: $one and $other of $population", ({ population, one, other }) => {
    let held = 0
    for (let run = 0; run < runs; run++) {
      const random = randomOf(run * 11 + 3)
      const found = chapman(each(population, one, random), each(population, other, random))
      if (found && found.low <= population && population <= (found.high ?? Infinity)) held++
    }
    expect(held / runs).toBeGreaterThanOrEqual(0.93)
  })
})

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
    const all = draw(40, 40, randomOf(1))
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
