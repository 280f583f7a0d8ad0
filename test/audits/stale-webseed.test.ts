import { expect, test } from "vitest"
import { staleWebseed } from "../../src/audits/stale-webseed.ts"
import type { Evidence, WebSeed } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import {
  aFailedAnnounce,
  anEvidence,
  aRun,
  aSample,
  aSeeder,
  aSilentPeer,
  aTracker,
  aWrongSample,
} from "../support/builders.ts"
import { aWebSeed, failedBy, seedUrl } from "../support/web-seeds.ts"

const judge = (seeds: WebSeed[], overrides: Partial<Evidence> = {}) =>
  staleWebseed.judge(anEvidence({ webSeeds: seeds, ...overrides }))
const wrongLength = failedBy(failure("wrong-length", "60 bytes, not 70"), 206, { totalBytes: 60 })
/** Nobody else who answers. */
const alone = { trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })], peers: [aSilentPeer(1)] }

test("two wrong pieces, or one twice", () => {
  for (const pieces of [
    [3, 9],
    [3, 3],
  ]) {
    const seed = aWebSeed({ samples: pieces.map((piece) => aWrongSample(piece)) })
    expect(judge([seed])).toMatchObject([
      {
        verdict: "warn",
        subject: `webseed:${seedUrl}`,
        because: expect.stringContaining(`${seedUrl} sent wrong bytes for piece`),
        measured: "2 wrong, 0 right",
        advice: expect.stringContaining("put the old ones back"),
      },
    ])
  }
})

test("another length, seen twice", () => {
  expect(judge([aWebSeed({ attempts: [wrongLength, wrongLength] })])).toMatchObject([
    {
      verdict: "warn",
      because: `${seedUrl} has files of other lengths: a.bin (60 bytes, not 70)`,
      evidence: { lengths: [{ path: "a.bin", totalBytes: 60 }, {}] },
    },
  ])
})

test.each<[string, WebSeed, Partial<Evidence>, string]>([
  ["one wrong piece", aWebSeed({ samples: [aWrongSample(3), aSample(9)] }), {}, "once is too little"],
  ["one wrong length", aWebSeed({ attempts: [wrongLength] }), {}, "once is too little"],
  [
    "pieces that peers send wrong as well, and nobody right",
    aWebSeed({ samples: [aWrongSample(3), aWrongSample(9)] }),
    { peers: [aSeeder(1, { samples: [aWrongSample(3), aWrongSample(9), aSample(4)] })] },
    "the torrent may be broken",
  ],
  [
    "nobody else who answered, over plain HTTP",
    aWebSeed({ samples: [aWrongSample(3), aWrongSample(9)] }),
    alone,
    "portal or proxy in between",
  ],
])("%s accuses nobody", (_, seed, overrides, why) => {
  expect(judge([seed], overrides)).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining(why) as string, advice: null },
  ])
})

test("over TLS nobody between can have spoken in its name", () => {
  const seed = aWebSeed({ url: "https://files.example.org/", samples: [aWrongSample(3), aWrongSample(9)] })
  expect(judge([seed], alone)).toMatchObject([{ verdict: "warn" }])
})

test("all right, nothing taken, not asked, none", () => {
  expect(judge([aWebSeed()])).toMatchObject([
    { verdict: "pass", because: "2 whole pieces from 1 web seed, all right" },
  ])
  expect(judge([aWebSeed({ samples: [] })])).toMatchObject([{ verdict: "inconclusive" }])
  expect(judge([aWebSeed({ samples: [] })], { run: aRun({ depth: "handshake" }) })).toMatchObject([
    { verdict: "skipped", because: "depth handshake takes no pieces" },
  ])
  expect(judge([{ url: seedUrl }])).toEqual([])
  expect(judge([])).toEqual([])
})
