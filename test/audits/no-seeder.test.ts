import { describe, expect, test } from "vitest"
import { noSeeder } from "../../src/audits/no-seeder.ts"
import type { Dht, DhtLookup } from "../../src/evidence.ts"
import {
  aDht,
  aDhtLookup,
  aFailedAnnounce,
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSightedPeer,
  aSilentPeer,
  aTracker,
  publicAddress,
  range,
} from "../support/builders.ts"

const judge = (overrides: Parameters<typeof anEvidence>[0]) => noSeeder.judge(anEvidence(overrides))[0]
const claimed = (seeders: number, leechers: number) => [
  aTracker({ announces: [anAnnounce({ seeders, leechers, peerCount: 0 })] }),
]
const empty = claimed(0, 1)
const silentUdp = aTracker({
  url: "udp://bt2.example.org:6969",
  protocol: "udp",
  announces: [aFailedAnnounce("timeout")],
})

test("two seeders", () => {
  expect(judge({})).toMatchObject({ verdict: "pass", measured: "2 seeders reached" })
})

test("sources that list nobody fail, also when peers were not to be contacted", () => {
  expect(judge({ trackers: empty, peers: [] })).toMatchObject({ verdict: "fail" })
  expect(judge({ trackers: empty, peers: [], run: aRun({ depth: "discover" }) })).toMatchObject({
    verdict: "fail",
  })
  expect(judge({ trackers: empty, peers: [aSightedPeer(1, { outcome: "self" })] })).toMatchObject({
    verdict: "fail",
  })
})

describe("a DHT alone, whose nearest nodes name nobody", () => {
  const closest = range(0, 8).map((i) => ({ address: publicAddress(i, 1), id: `${i}`.repeat(40) }))
  const both = aRun({ vantage: { ...aRun().vantage, ipv6: true } })
  const verdictOf = (dht: Partial<Dht>, run = both) =>
    judge({ run, trackers: [], peers: [], dht: aDht({ lookups: [aDhtLookup({ closest })], ...dht }) })
      ?.verdict
  const six = (end: DhtLookup["end"]) => ({
    lookups: [aDhtLookup({ closest }), aDhtLookup({ family: "ipv6", end })],
  })

  test("fails", () => {
    expect(verdictOf({})).toBe("fail")
    expect(verdictOf({ lookups: [aDhtLookup({ closest }), aDhtLookup({ family: "ipv6", closest })] })).toBe(
      "fail",
    )
  })

  test.each(["timeout", "no-nodes"] as const)("not while its IPv6 side may know somebody: %s", (end) => {
    expect(verdictOf(six(end))).not.toBe("fail")
    expect(verdictOf(six(end), aRun())).toBe("fail")
  })

  test("not when they count somebody besides us", () => {
    const low = (n: number) => ({ value: n, low: n, high: n, n: 8, confidence: 0.95, censored: false })
    expect(verdictOf({ scrape: { seeders: low(1), leechers: low(1) } })).not.toBe("fail")
    expect(verdictOf({ scrape: { seeders: low(0), leechers: low(1) } })).toBe("fail")
  })
})

test.each<[string, Parameters<typeof anEvidence>[0]]>([
  ["no source answered", { trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })] }],
  ["the run was stopped", { run: aRun({ complete: false, stopReason: "interrupted" }) }],
  ["somebody is listed whom our rules keep us from", { peers: [aSightedPeer(1, { outcome: "filtered" })] }],
  ["web seeds were not asked", { webSeeds: [{ url: "https://files.example.org/" }] }],
  ["another tracker may only be silent to us", { trackers: [...empty, silentUdp] }],
  [
    "another was never asked",
    { trackers: [...empty, aTracker({ ...silentUdp, announces: [aFailedAnnounce("aborted")] })] },
  ],
  [
    "another refused us",
    { trackers: [...empty, aTracker({ ...silentUdp, announces: [aFailedAnnounce("tracker-refused")] })] },
  ],
  [
    "its other family failed, which works here",
    {
      run: aRun({ vantage: { ...aRun().vantage, ipv6: true } }),
      trackers: [
        aTracker({
          families: ["ipv4", "ipv6"],
          announces: [...(empty[0]?.announces ?? []), aFailedAnnounce("timeout", { family: "ipv6" })],
        }),
      ],
    },
  ],
  ["the tracker claims a seeder all the same", { trackers: claimed(1, 1) }],
  [
    "a tracker whose list may be cut claims many",
    { trackers: [aTracker({ families: [], announces: [anAnnounce({ seeders: 48, peerCount: 0 })] })] },
  ],
])("nobody listed is no answer when %s", (_, overrides) => {
  expect(judge({ trackers: empty, peers: [], ...overrides })?.verdict).toBe("inconclusive")
})

test("but a dead tracker lists nobody", () => {
  const dead = aTracker({ url: "http://old.example.net/a", announces: [aFailedAnnounce("timeout")] })
  expect(judge({ trackers: [...empty, dead], peers: [] })).toMatchObject({ verdict: "fail" })
})

test("only leechers, all reached", () => {
  const whole = [aLeecher(1, range(0, 10)), aLeecher(2, range(6, 16))]
  expect(judge({ trackers: claimed(0, 3), peers: whole })).toMatchObject({
    verdict: "warn",
    because: "no seeder among 2 of 2 peers reached, though the leechers together hold every piece",
  })
  expect(judge({ trackers: claimed(0, 2), peers: [aLeecher(1, [0])] })).toMatchObject({
    verdict: "warn",
    because: "no seeder among 1 of 1 peer reached",
  })
})

test("the unreached may be seeders", () => {
  expect(judge({ peers: [aLeecher(1, [0]), aSilentPeer(2)] })?.verdict).toBe("inconclusive")
})

test("so may those who never said what they hold, or show a few pieces one by one", () => {
  const told = { trackers: claimed(0, 2), peers: [aLeecher(1, [0])] }
  expect(judge(told)?.verdict).toBe("warn")
  expect(judge({ ...told, peers: [aLeecher(1, [], { claimSent: false })] })).toMatchObject({
    verdict: "inconclusive",
    evidence: { possibleSeeders: 1 },
  })
  const haveEvents = [
    { atMs: 90, count: 0 },
    { atMs: 900, count: 1 },
  ]
  expect(judge({ ...told, peers: [aLeecher(1, [0], { haveEvents })] })).toMatchObject({
    verdict: "inconclusive",
    because: expect.stringContaining("1 peer may be super-seeding"),
  })
  const downloading = aLeecher(1, range(0, 12), { haveEvents: [...haveEvents, { atMs: 9_000, count: 12 }] })
  expect(judge({ ...told, peers: [downloading] })?.verdict).toBe("warn")
})

test("depths that contact nobody skip it", () => {
  expect(judge({ run: aRun({ depth: "scrape" }), peers: [] })?.verdict).toBe("skipped")
  expect(judge({ run: aRun({ depth: "discover" }), peers: [aSightedPeer(1)] })?.verdict).toBe("skipped")
})
