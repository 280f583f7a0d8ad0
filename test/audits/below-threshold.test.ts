import { describe, expect, test } from "vitest"
import { belowThreshold } from "../../src/audits/below-threshold.ts"
import type { Metric, Run } from "../../src/evidence.ts"
import {
  aFailedAnnounce,
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aScrape,
  aSeeder,
  aSilentPeer,
  aTracker,
  range,
} from "../support/builders.ts"

const judge = (
  thresholds: Partial<Run["thresholds"]>,
  overrides: Parameters<typeof anEvidence>[0] = {},
  run: Partial<Run> = {},
) => {
  const held = { minSeeders: null, minAvailability: null, strict: false, ...thresholds }
  return belowThreshold.judge(anEvidence({ ...overrides, run: aRun({ ...run, thresholds: held }) }))
}
const modest = [aTracker({ announces: [anAnnounce({ seeders: 0, leechers: 2 })] })]
const silent = { peers: [...anEvidence().peers, aSilentPeer(3)] }

test("no limit, no finding", () => {
  expect(judge({})).toEqual([])
})

test("met", () => {
  expect(judge({ minSeeders: 2, minAvailability: 2 })).toMatchObject([
    { verdict: "pass" },
    { verdict: "pass" },
  ])
})

test("broken by everybody there may be", () => {
  expect(judge({ minSeeders: 3 })).toMatchObject([
    {
      verdict: "fail",
      claimed: "at least 3 seeders",
      because: "2 seeders reached, 2 possible: at least 3 asked for",
    },
  ])
})

test("one is no plural", () => {
  expect(judge({ minSeeders: 2 }, { peers: anEvidence().peers.slice(0, 1) })[0]?.measured).toBe(
    "1 seeder reached, more possible",
  )
})

test("broken by the reached, not by the possible: no answer, unless strict", () => {
  expect(judge({ minSeeders: 3 }, silent)).toMatchObject([{ verdict: "inconclusive" }])
  expect(judge({ minSeeders: 3, strict: true }, silent)).toMatchObject([{ verdict: "fail" }])
})

test("availability: an unreached peer may hold everything", () => {
  const leecher = aLeecher(1, range(0, 12))
  expect(judge({ minAvailability: 1 }, { trackers: modest, peers: [leecher] })).toMatchObject([
    { verdict: "fail", because: "0.75 copies reached, 0.75 possible: at least 1 asked for" },
  ])
  expect(judge({ minAvailability: 1 }, { trackers: modest, peers: [leecher, aSilentPeer(2)] })).toMatchObject(
    [{ verdict: "inconclusive" }],
  )
})

test("availability: so may a super-seeder", () => {
  const staged = aLeecher(1, [4], {
    haveEvents: [
      { atMs: 100, count: 0 },
      { atMs: 900, count: 1 },
    ],
  })
  for (const limit of [{ minAvailability: 1 }, { minSeeders: 1 }])
    expect(judge(limit, { trackers: modest, peers: [staged] })).toMatchObject([{ verdict: "inconclusive" }])
})

test("depth scrape holds the claim to it, and says so", () => {
  const scraped = (seeders: number) => ({
    trackers: [aTracker({ announces: [], scrape: aScrape({ seeders }) })],
    peers: [],
  })
  const scrape = { depth: "scrape" } as const
  expect(judge({ minSeeders: 3, minAvailability: 1 }, scraped(2), scrape)).toMatchObject([
    { verdict: "fail", because: "2 seeders claimed: at least 3 asked for" },
    { verdict: "inconclusive", because: "no copies known at depth scrape: at least 1 asked for" },
  ])
  expect(judge({ minSeeders: 3 }, scraped(5), scrape)).toMatchObject([{ verdict: "pass" }])
})

test.each<[string, Parameters<typeof anEvidence>[0], Partial<Run>]>([
  ["nothing answered", { trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })], peers: [] }, {}],
  [
    "a tracker that may work listed nobody to us",
    {
      trackers: [
        aTracker(),
        aTracker({
          url: "udp://bt2.example.org:6969",
          protocol: "udp",
          announces: [aFailedAnnounce("timeout")],
        }),
      ],
    },
    {},
  ],
  ["no claim at depth scrape", { trackers: [], peers: [] }, { depth: "scrape" }],
  ["the run was stopped", {}, { complete: false, stopReason: "interrupted" }],
  [
    "a tracker whose list is cut claims many",
    { trackers: [aTracker({ announces: [anAnnounce({ seeders: 900, peerCount: 200 })] })] },
    {},
  ],
])("no answer when %s", (_, overrides, run) => {
  expect(judge({ minSeeders: 3 }, overrides, run)).toMatchObject([{ verdict: "inconclusive" }])
})

const limit = (metric: Metric, low: number | null, high: number | null = null, inside = false) => ({
  metric,
  low,
  high,
  inside,
})

describe("-w and -c", () => {
  test("-w warns, -c fails, and the worse of the two is told once", () => {
    const warning = [limit("seeders", 5)]
    expect(judge({ warning })).toMatchObject([{ verdict: "warn", claimed: "at least 5 seeders" }])
    expect(judge({ warning, critical: [limit("seeders", 1)] }).map(({ verdict }) => verdict)).toEqual([
      "pass",
      "warn",
    ])
    expect(judge({ warning, critical: [limit("seeders", 3)] }).map(({ verdict }) => verdict)).toEqual([
      "fail",
    ])
  })

  test("--min-seeders N is -c seeders=N:", () => {
    expect(judge({ critical: [limit("seeders", 3)] })).toEqual(judge({ minSeeders: 3 }))
    expect(judge({ critical: [limit("copies", 2.5)] }, silent)).toEqual(
      judge({ minAvailability: 2.5 }, silent),
    )
  })

  test("an upper end: unreached peers could only break it further", () => {
    const critical = [limit("seeders", null, 1)]
    expect(judge({ critical }, silent)).toMatchObject([
      { verdict: "fail", because: "2 seeders reached, 3 possible: at most 1 asked for" },
    ])
    expect(judge({ critical: [limit("seeders", null, 2)] }, silent)).toMatchObject([{ verdict: "pass" }])
  })

  test("inside a range: one more seeder would be outside of it", () => {
    const critical = [limit("seeders", 1, 2, true)]
    expect(judge({ critical })).toMatchObject([{ verdict: "fail", claimed: "not 1 to 2 seeders" }])
    expect(judge({ critical }, silent)).toMatchObject([{ verdict: "inconclusive" }])
    expect(judge({ critical, strict: true }, silent)).toMatchObject([{ verdict: "fail" }])
  })

  test("missing pieces: whom we could not ask may hold them", () => {
    const critical = [limit("missing-pieces", null, 0)]
    const few = { trackers: modest, peers: [aLeecher(1, range(0, 12)), aLeecher(2, range(0, 3))] }
    expect(judge({ critical }, few)).toMatchObject([
      { verdict: "fail", because: "4 missing pieces, 4 possible: at most 0 asked for" },
    ])
    const unasked = { ...few, peers: [...few.peers, aSilentPeer(3)] }
    expect(judge({ critical }, unasked)).toMatchObject([{ verdict: "inconclusive" }])
    expect(judge({ critical })).toMatchObject([{ verdict: "pass" }])
  })

  test("reach is a percentage of whom we heard of", () => {
    expect(judge({ warning: [limit("reach", 80)] }, silent)).toMatchObject([
      { verdict: "warn", because: "66.67% of the peers reached: at least 80 asked for" },
    ])
  })

  test("a rate whose interval reaches the limit does not break it for certain", () => {
    const rate = { value: 900 * 1024, low: 700 * 1024, high: 1_500 * 1024, n: 4, confidence: 0.95 }
    const peers = [aSeeder(1, { goodputBytesPerSecond: { ...rate, censored: false } })]
    expect(judge({ critical: [limit("rate", 1_024)] }, { peers })).toMatchObject([
      { verdict: "inconclusive", measured: "900 KiB/s per peer" },
    ])
    expect(judge({ critical: [limit("rate", 2_048)] }, { peers })).toMatchObject([{ verdict: "fail" }])
    expect(judge({ critical: [limit("rate", 2_048)] })).toMatchObject([{ verdict: "inconclusive" }])
  })

  test("a full copy takes so long that it may not be had", () => {
    expect(judge({ warning: [limit("full-copy", null, 1)] })).toMatchObject([{ verdict: "inconclusive" }])
  })

  test("dead trackers are counted, and doubtful ones may be dead", () => {
    const critical = [limit("dead-trackers", null, 0)]
    expect(judge({ critical })).toMatchObject([{ verdict: "pass" }])
    const other = aTracker({
      url: "http://bt2.example.org/announce",
      protocol: "http",
      announces: [aFailedAnnounce("refused")],
    })
    expect(judge({ critical }, { trackers: [aTracker(), other] })).toMatchObject([
      { verdict: "fail", because: "1 dead tracker: at most 0 asked for" },
    ])
  })
})
