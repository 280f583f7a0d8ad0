import { expect, test } from "vitest"
import { createPacer } from "../../src/gather/pacer.ts"

test("so many per second, in turn, and what a pause left over is a second's worth", () => {
  let nowMs = 0
  const pacer = createPacer(10, () => nowMs)
  expect([pacer.reserve(), pacer.reserve(), pacer.reserve()]).toEqual([0, 100, 200])
  nowMs = 60_000
  expect(pacer.reserve()).toBe(59_000)
  const atOnce = Array.from({ length: 20 }, () => pacer.reserve()).filter((atMs) => atMs <= nowMs)
  expect(atOnce).toHaveLength(10)
})

test("without a bound everybody may dial now", () => {
  const pacer = createPacer(Infinity, () => 5_000)
  expect(Array.from({ length: 3 }, () => pacer.reserve())).toEqual([4_000, 4_000, 4_000])
})
