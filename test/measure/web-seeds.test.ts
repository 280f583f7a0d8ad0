import { describe, expect, test } from "vitest"
import { judge } from "../../src/audit.ts"
import type { Evidence, WebSeed } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { downloadable } from "../../src/measure/downloadable.ts"
import { offline } from "../../src/measure/offline.ts"
import { reachOf } from "../../src/measure/reach.ts"
import { sampledPieces } from "../../src/measure/sampled.ts"
import { isWhole, picksOfWebSeeds, webSeedSummary } from "../../src/measure/web-seeds.ts"
import {
  aFailedAnnounce,
  aLeecher,
  anAnnounce,
  anEvidence,
  aPeer,
  aSample,
  aSeeder,
  aTracker,
  aWrongSample,
  range,
} from "../support/builders.ts"
import { anAttemptAt, aWebSeed, failedBy, refusedWith, seedUrl } from "../support/web-seeds.ts"

const nobody = {
  trackers: [aTracker({ announces: [anAnnounce({ seeders: 0, leechers: 1, peerCount: 0 })] })],
  peers: [],
}
const withSeeds = (webSeeds: WebSeed[], overrides: Partial<Evidence> = {}) =>
  anEvidence({ ...overrides, webSeeds })
const rangeless = failedBy(failure("no-range"), 200)
const useless = [
  aWebSeed({ attempts: [refusedWith(404), refusedWith(404)] }),
  aWebSeed({ samples: [aWrongSample(3), aWrongSample(9)] }),
  aWebSeed({ attempts: [rangeless, rangeless] }),
]
const silent = aWebSeed({ attempts: [failedBy(failure("timeout"), null)] })

test.each<[string, WebSeed, boolean]>([
  ["sampled and right", aWebSeed(), true],
  ["answered, nothing sampled", aWebSeed({ samples: [] }), false],
  ["one piece wrong", aWebSeed({ samples: [aSample(3), aWrongSample(9)] }), false],
  ["one file gone", aWebSeed({ attempts: [anAttemptAt(), refusedWith(404)] }), false],
  ["busy once", aWebSeed({ attempts: [anAttemptAt(), refusedWith(503)] }), true],
  ["one file forbidden", aWebSeed({ attempts: [anAttemptAt(), refusedWith(403, { path: "b.bin" })] }), false],
  ["forbidden once", aWebSeed({ attempts: [refusedWith(403), anAttemptAt()] }), true],
  ["too many requests", aWebSeed({ attempts: [anAttemptAt(), refusedWith(429, { path: "b.bin" })] }), true],
  ["all of the file at first, then parts of it", aWebSeed({ attempts: [rangeless, anAttemptAt()] }), true],
  ["parts of another file", aWebSeed({ attempts: [rangeless, anAttemptAt({ path: "b.bin" })] }), false],
  ["parts at first, then all of the file", aWebSeed({ attempts: [anAttemptAt(), rangeless] }), false],
])("%s: whole is %3$s", (_, seed, whole) => {
  expect(isWhole(seed as Parameters<typeof isWhole>[0])).toBe(whole)
})

describe("doubts about reach", () => {
  const peers = [aLeecher(1, range(0, 8))]
  test.each<[string, WebSeed[], string[]]>([
    ["not asked", [{ url: seedUrl }], ["web seeds were not asked"]],
    ["gave no clear answer", [silent, silent], ["2 web seeds could not be tested"]],
    ["nothing to be had there", useless, []],
    ["whole", [aWebSeed()], []],
    ["none", [], []],
  ])("%s", (_, webSeeds, doubts) => {
    expect(
      reachOf(
        withSeeds(webSeeds, {
          peers,
          trackers: [aTracker({ announces: [anAnnounce({ seeders: 0, leechers: 2, peerCount: 1 })] })],
        }),
      ).doubts,
    ).toEqual(doubts)
  })
})

describe("downloadable", () => {
  const half = aLeecher(1, range(0, 8), { samples: [aSample(2)] })
  test.each<[string, Evidence, string, RegExp]>([
    [
      "from a web seed alone",
      withSeeds([aWebSeed()], nobody),
      "yes",
      /^Every piece is only on 1 web seed; 2 sampled pieces verified$/,
    ],
    [
      "the rest from web seeds",
      withSeeds([aWebSeed(), aWebSeed({ url: "http://m/" })], { peers: [half] }),
      "yes",
      /^8 pieces of 16 only on 2 web seeds; 3 sampled/,
    ],
    [
      "claimed by peers that send nothing",
      withSeeds([aWebSeed()], { peers: [aSeeder(1, { samples: [] })] }),
      "yes",
      /^1 web seed has every piece, as reached peers claim to; 2 sampled/,
    ],
    [
      "from peers as well",
      withSeeds([aWebSeed()]),
      "yes",
      /^Reached peers hold every piece; 2 sampled pieces verified$/,
    ],
    [
      "not from a stale one",
      withSeeds([useless[1]!], nobody),
      "no",
      /^The sources that answered list nobody$/,
    ],
    ["not for certain where it was silent", withSeeds([silent], nobody), "unknown", /could not be tested/],
  ])("%s", (_, evidence, answer, because) => {
    expect(downloadable(evidence)).toEqual({ answer, because: expect.stringMatching(because) })
  })
})

test("pieces that web seeds sent count as sampled, side by side in one stretch as one pick", () => {
  const stretch = range(4, 12).map((piece) => aSample(piece, { atMs: 5_000 }))
  const seed = aWebSeed({ samples: [aSample(1, { atMs: 100 }), aSample(9, { atMs: 200 }), ...stretch] })
  const evidence = withSeeds([seed], {
    peers: [aPeer(1, range(0, 16), { samples: [aWrongSample(1), aWrongSample(14)] })],
  })
  expect(picksOfWebSeeds(evidence)).toHaveLength(3)
  const { verified, failed, unservableRatioHigh } = sampledPieces(evidence)
  expect([verified, failed]).toEqual([[1, ...range(4, 12)], [14]])
  // One of four picks failed: the exact upper bound on the share.
  expect(unservableRatioHigh).toBeCloseTo(0.7514, 3)
})

test("the report's row, and none where nobody was asked", () => {
  expect(webSeedSummary(withSeeds([aWebSeed(), ...useless], { peers: [aLeecher(1, range(0, 10))] }))).toEqual(
    {
      asked: 4,
      whole: 1,
      onlyThere: 6,
    },
  )
  expect(judge(withSeeds([{ url: seedUrl }])).swarm.webSeeds).toBeUndefined()
})

test("an answer of a web seed shows that we are online; one that was not asked shows nothing", () => {
  const trackers = [aTracker({ announces: [aFailedAnnounce("timeout")] })]
  expect(offline(withSeeds([refusedAll()], { trackers, peers: [] }))).toBe(false)
  expect(offline(withSeeds([silent], { trackers, peers: [] }))).toBe(true)
  expect(offline(withSeeds([{ url: seedUrl }], { trackers, peers: [] }))).toBe(true)
})

const refusedAll = () => aWebSeed({ attempts: [refusedWith(403)] })

test("audits of peers leave the pieces to a whole web seed", () => {
  const lone = withSeeds([aWebSeed()], { peers: [aLeecher(1, range(0, 8), { samples: [aSample(2)] })] })
  const found = Object.fromEntries(
    judge(lone).findings.map(({ audit, verdict, because }) => [audit, [verdict, because]]),
  )
  expect(found["missing-pieces"]).toEqual([
    "pass",
    "8 pieces of 16 (8–15) only from 1 web seed, the rest from 1 reached peer too",
  ])
  expect(found["no-seeder"]).toEqual(["pass", "no seeder reached, but 1 web seed has every piece"])
  expect(found["scarce-pieces"]?.[0]).toBe("pass")
  const one = judge(withSeeds([aWebSeed()], { peers: [aSeeder(1)] })).findings
  expect(one.find(({ audit }) => audit === "last-seeder")).toMatchObject({
    verdict: "pass",
    because: "one seeder reached, and 1 web seed beside it",
  })
})
