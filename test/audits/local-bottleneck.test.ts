import { expect, test } from "vitest"
import { localBottleneck } from "../../src/audits/local-bottleneck.ts"
import type { Estimate, Peer, Trial } from "../../src/evidence.ts"
import { steadily } from "../measure/server.ts"
import { anEvidence, aRun, aSeeder } from "../support/builders.ts"

const KiB = 1024

const rate = (kibibytes: number, censored: boolean): Estimate => ({
  value: kibibytes * KiB,
  low: kibibytes * KiB,
  high: censored ? null : kibibytes * KiB,
  n: 8,
  confidence: 0.95,
  censored,
})

const witness = (alone: number): Peer =>
  aSeeder(1, {
    samples: [
      ...steadily(0, 4_000, 256 * KiB),
      ...steadily(4_000, 6_000, alone * KiB),
      ...steadily(6_000, 8_000, 256 * KiB),
      ...steadily(8_000, 10_000, alone * KiB),
    ],
    goodputBytesPerSecond: rate(alone, alone > 300),
  })
const other = aSeeder(2, {
  samples: [...steadily(0, 4_000, 256 * KiB), ...steadily(6_000, 8_000, 256 * KiB)],
  goodputBytesPerSecond: rate(256, false),
})
const trials = (peers: Peer[]): Trial[] => [
  {
    between: "hosts",
    peers: peers.map(({ address }) => address),
    togetherMs: [0, 4_000],
    aloneMs: [4_000, 6_000],
  },
  {
    between: "hosts",
    peers: peers.map(({ address }) => address),
    togetherMs: [6_000, 8_000],
    aloneMs: [8_000, 10_000],
  },
]
const judge = (peers: Peer[]) =>
  localBottleneck.judge(anEvidence({ run: aRun({ trials: trials(peers) }), peers }))

test("a full link of ours is said, with what it carries and whose rates are lower bounds", () => {
  expect(judge([witness(512), other])).toMatchObject([
    {
      verdict: "inconclusive",
      subject: "self",
      because:
        "peers slowed each other at 508 KiB/s: that is what our own link carries; 1 rate is a lower bound",
    },
  ])
})

test("a link that slowed nobody passes", () => {
  expect(judge([witness(256), other])).toMatchObject([
    { verdict: "pass", subject: "self", because: "our link carried 512 KiB/s and slowed nobody" },
  ])
})

test("no trial, no finding", () => {
  expect(localBottleneck.judge(anEvidence())).toEqual([])
})
