import { expect, test } from "vitest"
import { failure } from "../../../src/failure.ts"
import { createSilences } from "../../../src/gather/side-by-side/silences.ts"
import { limits } from "../../../src/limits.ts"

const at = "20.0.0.1:6881"
const silence = { failure: failure("timeout"), atMs: 0, ms: 10_000 }

test("what one audit's dial came to holds for the others, for a minute, and over that transport", () => {
  let nowMs = 10_000
  const silences = createSilences(() => nowMs)
  const [a, b] = [silences.join(), silences.join()]
  a.note(at, "tcp", silence)
  expect(b.of(at, "tcp")).toMatchObject(silence)
  expect([a.of(at, "tcp"), b.of(at, "utp"), b.of("20.0.0.2:6881", "tcp")]).toEqual([null, null, null])
  nowMs = limits.contact.silentMs
  expect(b.of(at, "tcp")).toBeNull()
})

test("until somebody answers there", () => {
  const silences = createSilences(() => 0)
  const [a, b, c] = [silences.join(), silences.join(), silences.join()]
  a.note(at, "tcp", silence)
  b.clear(at)
  expect(c.of(at, "tcp")).toBeNull()
})
