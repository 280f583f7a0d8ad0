import { describe, expect, test } from "vitest"
import {
  binomialAtMost,
  fisherLess,
  hypergeometricAtLeast,
  hypergeometricAtMost,
} from "../../../src/measure/statistics/fisher.ts"
import { randomOf } from "../server.ts"

describe("Fisher's exact test, one-sided", () => {
  test.each([
    // The lady tasting tea: (1 + 16) of 70 ways.
    [{ alive: 1, tested: 4 }, { alive: 3, tested: 4 }, 17 / 70],
    [{ alive: 0, tested: 3 }, { alive: 3, tested: 3 }, 1 / 20],
    [{ alive: 1, tested: 10 }, { alive: 11, tested: 14 }, 0.001379728],
    [{ alive: 3, tested: 3 }, { alive: 0, tested: 3 }, 1],
    [{ alive: 0, tested: 0 }, { alive: 3, tested: 3 }, 1],
  ])("%j against %j", (one, other, p) => {
    expect(fisherLess(one, other)).toBeCloseTo(p, 8)
  })

  test("rejects equal yields no more often than it says", () => {
    const random = randomOf(1)
    const of = (tested: number, chance: number) => ({
      tested,
      alive: Array.from({ length: tested }, random).filter((each) => each < chance).length,
    })
    for (const chance of [0.1, 0.43, 0.9]) {
      const ps = Array.from({ length: 2_000 }, () => fisherLess(of(60, chance), of(40, chance)))
      expect(ps.filter((p) => p <= 0.05).length / ps.length).toBeLessThan(0.06)
    }
  })
})

describe("hypergeometric", () => {
  const of = { all: 50, marked: 20, drawn: 15 }

  test("both tails and what they share add up", () => {
    for (let x = 0; x < 15; x++)
      expect(hypergeometricAtMost(of, x) + hypergeometricAtLeast(of, x + 1)).toBeCloseTo(1, 10)
  })

  test("what can't be otherwise is certain", () => {
    expect(hypergeometricAtLeast({ all: 10, marked: 8, drawn: 5 }, 3)).toBeCloseTo(1)
    expect(hypergeometricAtMost({ all: 10, marked: 8, drawn: 5 }, 2)).toBe(0)
  })

  test("large numbers neither overflow nor vanish", () => {
    const p = hypergeometricAtLeast({ all: 1_000_000_000, marked: 200, drawn: 200 }, 1)
    expect(p).toBeGreaterThan(3.9e-5)
    expect(p).toBeLessThan(4.1e-5)
  })
})

test.each([
  [{ alive: 0, tested: 10 }, 0.25, 0.75 ** 10],
  [{ alive: 1, tested: 2 }, 0.5, 0.75],
  [{ alive: 2, tested: 2 }, 0.5, 1],
  [{ alive: 0, tested: 5 }, 0, 1],
  [{ alive: 4, tested: 5 }, 1, 0],
  [{ alive: 100, tested: 2_000 }, 0.05, 0.5266],
])("binomial: %j or fewer at %f", (tally, chance, p) => {
  expect(binomialAtMost(tally, chance)).toBeCloseTo(p, 4)
})
