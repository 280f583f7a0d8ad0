import { describe, expect, test } from "vitest"
import { snubbingPeer } from "../../src/audits/snubbing-peer.ts"
import type { Echo, Peer, Sample, Silence } from "../../src/evidence.ts"
import { failure, type FailureCode } from "../../src/failure.ts"
import {
  aFailedSample,
  anAttempt,
  anEvidence,
  aPeer,
  aRun,
  aSample,
  aSeeder,
  at,
} from "../support/builders.ts"

/** Two connections, a minute's silence on each, and what it made of a random info hash. */
const attempts = [anAttempt({ atMs: 1_000, ms: 62_000 }), anAttempt({ atMs: 68_000, ms: 61_000 })]
const first: Silence = { fromMs: 2_000, toMs: 62_500, waitedMs: 60_100, heardMs: 1_900, begunBytes: 0 }
const second: Silence = { fromMs: 68_500, toMs: 128_700, waitedMs: 60_200, heardMs: 68_400, begunBytes: 0 }
const echo = (code: FailureCode | null, echoed = false): Echo => ({
  at: at(130_000),
  atMs: 130_000,
  ms: 20,
  echoed,
  failure: code && failure(code),
})
const snubbed = (atMs: number) => aFailedSample(3, "snubbed", { atMs, ms: 20_000 })
const samples = [snubbed(2_000), snubbed(22_500), snubbed(68_500)]
const mute = { attempts, samples, silences: [first, second], echo: echo("closed") }
/** Bytes of others, in either silence. */
const served = [aSample(1, { atMs: 30_000 }), aSample(2, { atMs: 100_000 })]

const judge = (overrides: Partial<Peer> = {}, others: readonly Sample[] = served) =>
  snubbingPeer.judge(
    anEvidence({
      peers: [aSeeder(1, { samples: [...others] }), aSeeder(9, { ...mute, ...overrides })],
    }),
  )

test("a minute of nothing on either of two connections, while others served us", () => {
  expect(judge()).toMatchObject([
    {
      verdict: "warn",
      subject: "peer:203.0.113.9:6881",
      measured: "not one byte",
      pValue: null,
      because:
        "203.0.113.9:6881 unchoked us and sent nothing that was asked for in 60 s and 60 s, on two connections, while others served us",
      evidence: {
        silences: [
          { waitedMs: 60_100, connectionAtMs: 1_000, servedBy: ["203.0.113.1:6881"], aliveMs: 68_000 },
          { waitedMs: 60_200, connectionAtMs: 68_000, servedBy: ["203.0.113.1:6881"], aliveMs: 130_000 },
        ],
        group: ["203.0.113.9:6881"],
      },
    },
  ])
})

test("what it says itself is a sign of life, too", () => {
  const chatty = { ...second, heardMs: 120_000 }
  expect(judge({ silences: [first, chatty], echo: null })).toMatchObject([{ verdict: "warn" }])
})

describe("no accusation", () => {
  const once = "a whole minute on each of two connections would tell a snub from a stall, and it had one"
  const none = once.replace(/one$/, "none")
  const ours = "nobody else served us meanwhile: the fault may be ours"
  const dead = "nothing shows that its line still worked"

  test.each<[string, string, Partial<Peer>, Sample[]?]>([
    ["asked on one connection", once, { attempts: attempts.slice(0, 1), silences: [first] }],
    ["cut short", once, { silences: [first, { ...second, waitedMs: 59_999 }] }],
    ["two silences of one connection", once, { attempts: [anAttempt({ atMs: 1_000, ms: 130_000 })] }],
    ["an older file, without silences", none, { silences: [] }],
    ["others served us in one of them only", ours, {}, [aSample(1, { atMs: 30_000 })]],
    ["others served us in the pause", ours, {}, [aSample(1, { atMs: 63_000 }), aSample(2, { atMs: 66_000 })]],
    ["then its address was dead", dead, { echo: echo("timeout") }],
    ["nobody looked", dead, { echo: null }],
    [
      "slow: a message had begun",
      "it had begun a message: slow, or not silent",
      { silences: [first, { ...second, begunBytes: 300 }] },
    ],
    [
      "a refusal is an answer",
      "it refused other requests, which is an answer",
      { samples: [...samples, aFailedSample(5, "rejected", { atMs: 40_000 })] },
    ],
  ])("%s", (_, doubt, overrides, others) => {
    expect(judge(overrides, others)).toMatchObject([
      {
        verdict: "inconclusive",
        subject: "peer:203.0.113.9:6881",
        because: expect.stringMatching(`; ${doubt}$`),
        evidence: { group: [] },
      },
    ])
  })

  test("one byte of any block clears it", () => {
    const slow = [...samples, aFailedSample(4, "snubbed", { atMs: 90_000, bytes: 1 })]
    expect(judge({ samples: slow })).toMatchObject([{ verdict: "pass" }])
  })

  test("nor does it if it served something at another time", () => {
    expect(judge({ samples: [...samples, aSample(4, { atMs: 64_000 })] })).toMatchObject([
      { verdict: "pass", because: "each of 2 peers that unchoked us answered" },
    ])
  })
})

test("nobody unchoked us", () => {
  expect(snubbingPeer.judge(anEvidence({ peers: [aPeer(1, [0])] }))).toMatchObject([{ verdict: "skipped" }])
  const run = aRun({ depth: "handshake" })
  expect(snubbingPeer.judge(anEvidence({ run, peers: [] }))).toMatchObject([{ verdict: "skipped" }])
})

test("with more time it could have been told", () => {
  const peers = [aSeeder(9, { ...mute, silences: [first] })]
  const adviceOf = (stopReason: "timeout" | "complete") =>
    snubbingPeer.judge(anEvidence({ run: aRun({ stopReason }), peers }))[0]?.advice
  expect(adviceOf("timeout")).toContain("--timeout")
  expect(adviceOf("complete")).toBe(null)
})
