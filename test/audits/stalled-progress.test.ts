import { expect, test } from "vitest"
import { stalledProgress } from "../../src/audits/stalled-progress.ts"
import type { PeerReading } from "../../src/evidence.ts"
import { anEvidence, aPeer, aSeeder, range } from "../support/builders.ts"
import { anEarlier, aReading } from "../support/earlier.ts"

const half = range(0, 8)
const judged = (before: readonly PeerReading[], peers = [aPeer(1, half)]) =>
  stalledProgress.judge(anEvidence({ peers, earlier: anEarlier({ 1: before }) }))

test("a leecher that gained nothing over three runs is told of, and not accused", () => {
  expect(judged([aReading(2, half), aReading(1, half)])).toMatchObject([
    {
      verdict: "inconclusive",
      subject: "peer:203.0.113.1:6881",
      claimed: "8 of 16 pieces",
      measured: "nothing gained in 3 runs",
      because:
        "203.0.113.1:6881 gained no piece in 20 min; it may be paused, without a source, or want no more",
    },
  ])
})

test("leechers that gain pass", () => {
  expect(judged([aReading(2, [0]), aReading(1, [0, 1])])).toMatchObject([
    { verdict: "pass", subject: "swarm" },
  ])
})

test("says nothing of seeders, of strangers, and without earlier runs", () => {
  expect(judged([aReading(1, range(0, 16))], [aSeeder(1)])).toEqual([])
  expect(judged([aReading(1, half)], [aPeer(2, half)])).toEqual([])
  expect(stalledProgress.judge(anEvidence({ peers: [aPeer(1, half)] }))).toEqual([])
})
