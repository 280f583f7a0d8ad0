import { expect, test } from "vitest"
import { createSilence } from "../../src/wire/silence.ts"

test("nothing asked, no silence", () => {
  const silence = createSilence()
  silence.run(false, 10)
  expect(silence.longest(1_000)).toBe(null)
})

test("goes on over pauses in which nothing was in the air, which don't count", () => {
  const silence = createSilence()
  silence.run(true, 100)
  silence.run(false, 300)
  silence.run(true, 1_000)
  expect(silence.longest(1_500)).toEqual({ fromMs: 100, toMs: 1_500, waitedMs: 700 })
  silence.run(false, 2_000)
  expect(silence.longest(9_000)).toEqual({ fromMs: 100, toMs: 2_000, waitedMs: 1_200 })
})

test("an answer ends it, and the longest is kept", () => {
  const silence = createSilence()
  silence.run(true, 0)
  silence.broken(500)
  silence.run(true, 500)
  expect(silence.longest(700)).toEqual({ fromMs: 0, toMs: 500, waitedMs: 500 })
  expect(silence.longest(1_600)).toEqual({ fromMs: 500, toMs: 1_600, waitedMs: 1_100 })
})
