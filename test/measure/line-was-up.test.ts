import { expect, test } from "vitest"
import type { Attempt } from "../../src/evidence.ts"
import { failure, type FailureCode } from "../../src/failure.ts"
import { lineWasUp } from "../../src/measure/line-was-up.ts"
import { anAttempt } from "../support/builders.ts"

const peer = (address: string, ...attempts: Attempt[]) => ({ address, attempts })
const met = (atMs: number, ms: number, code: FailureCode) =>
  anAttempt({ atMs, ms, ok: true, failure: failure(code) })
const unmet = (atMs: number, code: FailureCode = "timeout") =>
  anAttempt({ atMs, ok: false, failure: failure(code) })
const isMet = ({ ok }: Attempt) => ok
const other = "198.51.100.1:1"

test.each<[FailureCode, number]>([
  ["closed", 61_000],
  ["reset", 61_000],
  ["idle", 6_000],
  ["aborted", 6_000],
])("a conversation from 1 s to 61 s that ended by %s shows a working network until %i ms", (code, until) => {
  const wasUp = lineWasUp([peer("203.0.113.7:1", met(1_000, 60_000, code))], isMet)
  expect([0, until, until + 1].map((atMs) => wasUp(other, atMs))).toEqual([true, true, false])
})

test("the latest counts, each family by itself, and whom we didn't meet not at all", () => {
  const wasUp = lineWasUp(
    [
      peer("203.0.113.7:1", met(5_000, 100, "closed")),
      peer("203.0.113.8:1", met(1_000, 200, "closed")),
      peer("203.0.113.9:1", unmet(90_000)),
      peer("[2001:db8::7]:1", unmet(1)),
    ],
    isMet,
  )
  expect([5_100, 5_101].map((atMs) => wasUp(other, atMs))).toEqual([true, false])
  expect(wasUp("[2001:db8::1]:1", 0)).toBe(false)
})

test("our line goes and comes back: who was met before and went unanswered shows it", () => {
  const peers = (code: FailureCode) => [
    peer("203.0.113.7:1", met(100, 100, "idle"), unmet(13_000, code), met(23_000, 100, "idle")),
    peer("203.0.113.8:1", met(2_000, 1_000, "closed")),
  ]
  const times = [1_000, 2_999, 5_000, 22_999, 23_050, 23_101]
  const gone = lineWasUp(peers("timeout"), isMet)
  expect(times.map((atMs) => gone(other, atMs))).toEqual([true, true, false, false, true, false])
  // A refusal came over the line: the peer has gone, and the line has not.
  const there = lineWasUp(peers("refused"), isMet)
  expect(times.map((atMs) => there(other, atMs))).toEqual([true, true, true, true, true, false])
})

test("who is met no more leaves no doubt beyond the next meeting with somebody else", () => {
  const wasUp = lineWasUp(
    [
      peer("203.0.113.7:1", met(100, 100, "idle"), unmet(5_000), unmet(9_000)),
      peer("203.0.113.8:1", met(6_000, 100, "idle"), met(12_000, 100, "idle")),
    ],
    isMet,
  )
  const times = [150, 3_000, 6_050, 8_000, 12_050]
  expect(times.map((atMs) => wasUp(other, atMs))).toEqual([true, false, true, false, true])
})
