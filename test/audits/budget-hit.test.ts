import { expect, test } from "vitest"
import { budgetHit } from "../../src/audits/budget-hit.ts"
import { aRun } from "../support/builders.ts"

test("what was cut short, and by how much", () => {
  const capsHit = [
    { cap: "max-peers", atMs: 4_000, dropped: 17 },
    { cap: "max-download", atMs: 90_000, dropped: 0 },
  ] as const
  expect(budgetHit.judge({ run: aRun({ capsHit: [...capsHit], stopReason: "budget" }) })).toMatchObject([
    {
      verdict: "inconclusive",
      subject: "self",
      because: "limits of ours cut the audit short: max-peers (17 left out), max-download",
    },
  ])
})

test("the deadline", () => {
  expect(budgetHit.judge({ run: aRun({ stopReason: "timeout" }) })).toMatchObject([
    { verdict: "inconclusive", because: "limits of ours cut the audit short: timeout" },
  ])
})

test("nothing was hit; a signal is no budget", () => {
  expect(budgetHit.judge({ run: aRun() })).toMatchObject([{ verdict: "pass" }])
  expect(budgetHit.judge({ run: aRun({ complete: false, stopReason: "interrupted" }) })).toMatchObject([
    { verdict: "pass" },
  ])
})
