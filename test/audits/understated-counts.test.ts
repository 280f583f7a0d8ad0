import { expect, test } from "vitest"
import { understatedCounts } from "../../src/audits/understated-counts.ts"
import type { Announce, Evidence } from "../../src/evidence.ts"
import {
  anAnnounce,
  anEvidence,
  aRun,
  aScrape,
  aSightedPeer,
  aSighting,
  at,
  aTracker,
  range,
  trackerUrl,
} from "../support/builders.ts"

const addressOf = (host: number) => `10.0.${host >> 8}.${host & 255}:6881`

/** Replies of one tracker: whom each names, and what it counts. */
const told = (
  replies: readonly (Partial<Announce> & { names: readonly number[] })[],
  address = addressOf,
): Pick<Evidence, "run" | "trackers" | "peers" | "earlier"> => {
  const announces = replies.map(({ names, ...reply }) =>
    anAnnounce({ seeders: 5, leechers: 6, peerCount: names.length, ...reply }),
  )
  const peers = [...new Set(replies.flatMap(({ names }) => names))].map((host) =>
    aSightedPeer(0, {
      address: address(host),
      sources: replies.flatMap(({ names, atMs = 0 }) =>
        names.includes(host) ? [aSighting({ at: at(atMs) })] : [],
      ),
    }),
  )
  return anEvidence({ trackers: [aTracker({ announces })], peers })
}
const all = range(0, 60)
/** Its interval. */
const later = 1_800_000

test("half as many as it names, twice: accused, with the numbers", () => {
  expect(understatedCounts.judge(told([{ names: all }, { names: range(5, 65), atMs: later }]))).toMatchObject(
    [
      {
        verdict: "warn",
        subject: `tracker:${trackerUrl}`,
        claimed: "10 peers",
        evidence: { claimed: 10, listed: 60, steady: 55 },
      },
    ],
  )
})

test("an earlier run's list is as good as this run's", () => {
  const now = told([{ names: all }])
  const reading = {
    at: at(-later),
    by: "announce",
    downloads: null,
    selfCount: 1,
    minIntervalMs: null,
  } as const
  const earlier = {
    runs: [],
    peers: [],
    trackers: [
      { url: trackerUrl, readings: [{ ...reading, seeders: 5, leechers: 6, listed: all.map(addressOf) }] },
    ],
  }
  expect(understatedCounts.judge({ ...now, earlier })).toMatchObject([{ verdict: "warn" }])
})

test("who wants to be asked every few seconds doesn't keep its counts for more than a minute", () => {
  const replies = [0, 61_000].map((atMs) => ({ names: all, atMs, intervalMs: 3_000 }))
  expect(understatedCounts.judge(told(replies))).toMatchObject([{ verdict: "warn" }])
})

test("counts that changed since were made since, however short ago", () => {
  const soon = { names: all, atMs: 5_000, seeders: 6 }
  expect(understatedCounts.judge(told([{ names: all }, soon]))).toMatchObject([{ verdict: "warn" }])
})

test.each<[string, Parameters<typeof told>[0], string]>([
  ["one reply: it may have grown", [{ names: all }], "30 min later or more, would tell"],
  [
    "two within its interval, counts as before: a cache",
    [{ names: all }, { names: all, atMs: 900_000 }],
    "grown",
  ],
  [
    "two within a minute, of a tracker that is asked every few seconds",
    [0, 50_000].map((atMs) => ({ names: all, atMs, intervalMs: 3_000 })),
    "60 s later",
  ],
  [
    "others each time: none was there all the while",
    [{ names: all }, { names: range(100, 160), atMs: later }],
    "grown",
  ],
  [
    "it counts nobody at all",
    [
      { names: all, seeders: 0, leechers: 1 },
      { names: all, seeders: 0, leechers: 1, atMs: later },
    ],
    "may not count at all",
  ],
])("inconclusive: %s", (_, replies, because) => {
  expect(understatedCounts.judge(told(replies))).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining(because) },
  ])
})

test.each<[string, Parameters<typeof told>[0], ((host: number) => string)?]>([
  [
    "just half",
    [
      { names: all, seeders: 25 },
      { names: all, seeders: 25, atMs: later },
    ],
  ],
  ["a short list", [{ names: range(0, 49) }, { names: range(0, 49), atMs: later }]],
  [
    "both families named, one counted",
    [
      { names: range(0, 120), seeders: 50 },
      { names: range(0, 120), seeders: 50, atMs: later },
    ],
    (host) => (host % 2 ? addressOf(host) : `[2001:db8::${host}]:6881`),
  ],
])("nobody is accused for %s", (_, replies, address) => {
  expect(understatedCounts.judge(told(replies, address))).toMatchObject([{ verdict: "pass" }])
})

test("without a list, or counts with it, nothing is asked", () => {
  const scraped = anEvidence({ trackers: [aTracker({ announces: [], scrape: aScrape() })], peers: [] })
  expect(understatedCounts.judge(scraped)).toMatchObject([{ verdict: "skipped" }])
  const run = aRun({ depth: "scrape" })
  expect(understatedCounts.judge({ ...told([{ names: all }]), run })).toMatchObject([{ verdict: "skipped" }])
})
