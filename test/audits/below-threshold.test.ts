import { expect, test } from "vitest"
import { belowThreshold } from "../../src/audits/below-threshold.ts"
import type { Run } from "../../src/evidence.ts"
import {
  aFailedAnnounce,
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aScrape,
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
  expect(judge({ minSeeders: 2 }, { peers: anEvidence().peers.slice(0, 1) })[0]?.measured).toMatch(
    /^1 seeder reached, \d+ possible$/,
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
