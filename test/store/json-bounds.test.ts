import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { jsonExcess } from "../../src/store/json-bounds.ts"

const bounds = { maxDepth: 3, maxValues: 5 }

describe("jsonExcess", () => {
  it.each([
    ["[[[1]]]", null],
    ["[[[[1]]]]", "too-deep"],
    ['[{"a":[{}]}]', "too-deep"],
    ["[1,2,3,4,5]", null],
    ["[1,2,3,4,5,6]", "too-many"],
    ["[[],[],[]]", "too-many"],
    ['["[[[[[[[",",,,,,,,,,,"]', null],
    [String.raw`["\"[[[[[[","\\",[[[]]]]`, "too-deep"],
    [String.raw`["\\\"[[[[[[[[,,,,,,,,"]`, null],
    ['["[[[[[[[[[[', null],
    ["", null],
  ])("%s", (text, excess) => {
    expect(jsonExcess(text, bounds)).toBe(excess)
  })

  it("tells the depth and the count of any JSON", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const value: unknown = JSON.parse(text)
        const depth = depthOf(value)
        expect(jsonExcess(text, { maxDepth: depth, maxValues: Infinity })).toBeNull()
        const less = jsonExcess(text, { maxDepth: depth - 1, maxValues: Infinity })
        expect(less).toBe(depth > 0 ? "too-deep" : null)
      }),
      { numRuns: 200 },
    )
  })
})

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}
