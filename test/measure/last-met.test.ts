import { expect, test } from "vitest"
import type { Attempt } from "../../src/evidence.ts"
import { failure, type FailureCode } from "../../src/failure.ts"
import { lastMet } from "../../src/measure/last-met.ts"
import { anAttempt } from "../support/builders.ts"

const peer = (address: string, ...attempts: Attempt[]) => ({ address, attempts })
const met = (atMs: number, ms: number, code: FailureCode) =>
  anAttempt({ atMs, ms, ok: true, failure: failure(code) })
const isMet = ({ ok }: Attempt) => ok

test.each<[FailureCode, number]>([
  ["closed", 61_000],
  ["reset", 61_000],
  ["idle", 6_000],
  ["aborted", 6_000],
])("a conversation from 1 s to 61 s that ended by %s shows a working network until %i ms", (code, until) => {
  expect(lastMet([peer("203.0.113.7:1", met(1_000, 60_000, code))], isMet)("203.0.113.8:1")).toBe(until)
})

test("the latest counts, each family by itself, and whom we didn't meet not at all", () => {
  const unmet = anAttempt({ atMs: 90_000, ok: false, failure: failure("timeout") })
  const at = lastMet(
    [
      peer("203.0.113.7:1", met(5_000, 100, "closed"), unmet),
      peer("203.0.113.8:1", met(1_000, 200, "closed")),
      peer("[2001:db8::7]:1", unmet),
    ],
    isMet,
  )
  expect([at("198.51.100.1:1"), at("[2001:db8::1]:1")]).toEqual([5_100, -1])
})
