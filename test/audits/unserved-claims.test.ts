import { describe, expect, test } from "vitest"
import { unservedClaims } from "../../src/audits/unserved-claims.ts"
import type { Sample } from "../../src/evidence.ts"
import {
  aFailedSample,
  aLeecher,
  anAttempt,
  anEvidence,
  aPeer,
  aSample,
  aSeeder,
} from "../support/builders.ts"

const others = [aSeeder(1, { samples: [aSample(12), aSample(13)] })]
const judge = (...samples: Sample[]) =>
  unservedClaims.judge(anEvidence({ peers: [...others, aSeeder(9, { samples })] }))
const refused = (piece: number, atMs = 2_000) => aFailedSample(piece, "rejected", { atMs, ms: 40 })
const ignored = (piece: number, atMs: number) => aFailedSample(piece, "snubbed", { atMs, ms: 20_000 })
const served = (atMs: number) => aSample(1, { atMs })

const liar = [refused(12), refused(12), served(2_000), refused(13), refused(13)]

test("two claimed pieces refused twice each, another served", () => {
  expect(judge(...liar)).toMatchObject([
    {
      verdict: "warn",
      subject: "peer:203.0.113.9:6881",
      because:
        "203.0.113.9:6881 claims pieces 12, 13, but refused 4 requests while it served 1 other piece; other peers served them",
      evidence: { group: ["203.0.113.9:6881"] },
    },
  ])
})

describe("ignored instead of refused", () => {
  const silence = [ignored(12, 2_000), ignored(13, 3_000), ignored(12, 43_000), ignored(13, 44_000)]
  const between = served(30_000)
  const during = [served(4_000), served(45_000)]

  test("while it served what was asked for later, and something in between", () => {
    expect(judge(...silence, ...during, between)).toMatchObject([{ verdict: "warn" }])
  })

  test.each([
    ["a peer that stalls answers nothing meanwhile", [served(1_000), between]],
    ["nor that before its second silence", [during[0], between]],
    ["one long silence, asked about twice", during],
    ["what it sent was asked for before", [served(1_900), served(42_900), between]],
  ])("%s: no accusation", (_, samples) => {
    const all = [...silence, ...samples.filter((sample) => sample !== undefined)]
    expect(judge(...all)).toMatchObject([{ verdict: "inconclusive" }])
  })

  test("a piece that came in part came slowly: no accusation", () => {
    const slow = silence.map((sample) => ({ ...sample, bytes: 16_384 }))
    expect(judge(...slow, ...during, between)).toMatchObject([{ verdict: "inconclusive" }])
  })

  test("a refusal and a silence don't add up", () => {
    const mixed = [12, 13].flatMap((piece) => [refused(piece), ignored(piece, 3_000)])
    expect(judge(...mixed, served(4_000), between)).toMatchObject([{ verdict: "inconclusive" }])
  })
})

test.each([
  ["one piece", [refused(12), refused(12), refused(12), served(0)]],
  ["each piece once", [refused(12), refused(13), served(0)]],
  ["pieces that nobody else served", [refused(4), refused(4), refused(5), refused(5), served(0)]],
])("%s is too little", (_, samples) => {
  expect(judge(...samples)).toMatchObject([{ verdict: "inconclusive", subject: "peer:203.0.113.9:6881" }])
})

const never = ["choked", "closed", "reset", "budget", "aborted"] as const
test.each(never)("%s never counts", (code) => {
  const samples = [12, 12, 13, 13].map((piece) => aFailedSample(piece, code))
  expect(judge(...samples, served(9_000))).toMatchObject([{ verdict: "pass" }])
})

describe("a peer that serves nothing at all", () => {
  const attempts = [anAttempt({ atMs: 1_000, ms: 8_000 }), anAttempt({ atMs: 39_000, ms: 8_000 })]
  const once = [refused(12), refused(12, 3_000), refused(13, 4_000), refused(13, 5_000)]
  const again = [refused(12, 40_000), refused(13, 41_000)]
  const judgeMute = (samples: Sample[], on = attempts) =>
    unservedClaims.judge(anEvidence({ peers: [...others, aSeeder(9, { attempts: on, samples })] }))

  test("and refused the same pieces on two connections", () => {
    expect(judgeMute([...once, ...again])).toMatchObject([
      {
        verdict: "warn",
        subject: "peer:203.0.113.9:6881",
        because:
          "203.0.113.9:6881 claims pieces 12, 13, but refused 6 requests and served nothing, on two connections; other peers served them",
        evidence: { group: ["203.0.113.9:6881"] },
      },
    ])
  })

  test.each<[string, Sample[], typeof attempts?]>([
    ["on one connection", once],
    ["all on one connection", [...once, ...again], [anAttempt({ atMs: 1_000, ms: 60_000 })]],
    ["other pieces the second time", [...once, refused(1, 40_000), refused(2, 41_000)]],
    ["one piece", [...once.slice(0, 2), refused(12, 40_000), refused(12, 41_000)]],
    ["each once on either", [refused(12), refused(13), ...again]],
    [
      "within half a minute",
      [...once, refused(12, 20_000), refused(13, 21_000)],
      [anAttempt({ atMs: 1_000, ms: 8_000 }), anAttempt({ atMs: 19_000, ms: 8_000 })],
    ],
    ["a choke in between", [...once, aFailedSample(5, "choked", { atMs: 6_000 }), ...again]],
    ["a silence in between", [...once, ignored(5, 6_000), ...again]],
    ["a part of a piece came", [...once, aFailedSample(5, "aborted", { bytes: 1 }), ...again]],
    ["nobody else served them", [4, 4, 5, 5].map((piece, i) => refused(piece, i % 2 ? 2_000 : 40_000))],
  ])("%s: no accusation", (_, samples, on) => {
    expect(judgeMute(samples, on)).toMatchObject([
      {
        verdict: "inconclusive",
        because: expect.stringContaining("and served nothing; only the same refusals"),
      },
    ])
  })

  test("silence alone is another question", () => {
    expect(judgeMute([ignored(12, 2_000), ignored(13, 23_000)])).toMatchObject([{ verdict: "pass" }])
  })
})

test("a piece that it sent in the end was not withheld", () => {
  expect(judge(...liar, aSample(12, { atMs: 5_000 }), aSample(13, { atMs: 6_000 }))).toMatchObject([
    { verdict: "pass" },
  ])
})

test("nor was one that it doesn't claim", () => {
  const peers = [...others, aLeecher(9, [0, 1, 2], { samples: liar })]
  expect(unservedClaims.judge(anEvidence({ peers }))).toMatchObject([{ verdict: "pass" }])
})

test("nothing sent, nothing to judge", () => {
  expect(unservedClaims.judge(anEvidence({ peers: [aPeer(1, [])] }))).toMatchObject([{ verdict: "skipped" }])
})
