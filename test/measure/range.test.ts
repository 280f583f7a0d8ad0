import { describe, expect, it, test } from "vitest"
import { askedFor, breaks, mayKeep, type Range } from "../../src/measure/range.ts"

const range = (low: number | null, high: number | null, inside = false): Range => ({ low, high, inside })

/** The table of the guidelines: an alert is raised if … */
test.each<[string, Range, readonly number[], readonly number[]]>([
  ["10", range(0, 10), [-1, 11], [0, 5, 10]],
  ["10:", range(10, null), [0, 9.99], [10, 1e9]],
  ["~:10", range(null, 10), [10.01], [-5, 10]],
  ["10:20", range(10, 20), [9, 21], [10, 15, 20]],
  ["@10:20", range(10, 20, true), [10, 15, 20], [9, 21]],
])("%s", (_, limit, alerts, keeps) => {
  expect(alerts.filter((value) => !breaks(limit, value))).toEqual([])
  expect(keeps.filter((value) => breaks(limit, value))).toEqual([])
})

describe("what may be", () => {
  it("keeps a limit when some of it does", () => {
    expect(mayKeep(range(10, null), 3, 9)).toBe(false)
    expect(mayKeep(range(10, null), 3, 10)).toBe(true)
    expect(mayKeep(range(10, null), 3, Infinity)).toBe(true)
    expect(mayKeep(range(null, 10), 11, Infinity)).toBe(false)
    expect(mayKeep(range(10, 20, true), 12, 20)).toBe(false)
    expect(mayKeep(range(10, 20, true), 12, 21)).toBe(true)
    expect(mayKeep(range(null, null, true), 0, Infinity)).toBe(false)
  })
})

test.each<[Range, string]>([
  [range(3, null), "at least 3"],
  [range(0, 10), "at most 10"],
  [range(null, 10), "at most 10"],
  [range(10, 20), "10 to 20"],
  [range(10, 20, true), "not 10 to 20"],
  [range(0, 0, true), "more than 0"],
  [range(5, null, true), "less than 5"],
])("%j asks for %s", (limit, text) => {
  expect(askedFor(limit)).toBe(text)
})
