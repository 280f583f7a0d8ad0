import { expect, test } from "vitest"
import { holm } from "../../../src/measure/statistics/holm.ts"

test.each([
  [[], []],
  [[0.04], [true]],
  [[0.06], [false]],
  // 0.01 ≤ 0.05/3, 0.02 ≤ 0.05/2, 0.05 ≤ 0.05
  [
    [0.02, 0.01, 0.05],
    [true, true, true],
  ],
  // 0.03 > 0.05/2 ends it, although 0.04 ≤ 0.05
  [
    [0.01, 0.03, 0.04],
    [true, false, false],
  ],
  [
    [0.02, 0.03, 0.04],
    [false, false, false],
  ],
])("%j at 5%%: %j", (pValues, rejected) => {
  expect(holm(pValues, 0.05)).toEqual(rejected)
})
