import { expect, test } from "vitest"
import { phantomSeeders } from "../../src/audits/phantom-seeders.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anEvidence,
  aRun,
  aScrape,
  aSeeder,
  aTracker,
  trackerUrl,
} from "../support/builders.ts"

const judge = (overrides: Parameters<typeof anEvidence>[0]) => phantomSeeders.judge(anEvidence(overrides))
const claiming = (seeders: number, leechers = 1, peerCount = 2) =>
  aTracker({ announces: [anAnnounce({ seeders, leechers, peerCount })] })

test("claims that its whole list can't hold accuse the tracker, with the numbers", () => {
  expect(judge({ trackers: [claiming(20)] })).toMatchObject([
    {
      verdict: "warn",
      subject: `tracker:${trackerUrl}`,
      claimed: "20 seeders",
      because: `${trackerUrl} claims 20 seeders, but its whole list names 2 peers`,
      evidence: { bound: 2, mostAllowed: 14 },
    },
  ])
})

test("the scrape's count is the tracker's claim too, where a list came after it", () => {
  const announces = [anAnnounce({ peerCount: 2 }), anAnnounce({ atMs: 30_000, peerCount: 2 })]
  const renewed = aTracker({ announces, scrape: aScrape({ seeders: 90 }) })
  expect(judge({ trackers: [renewed] })).toMatchObject([{ verdict: "warn", claimed: "90 seeders" }])
})

test("but not against an older list, were it by 100 ms: who just published a swarm sees it grow", () => {
  const tracker = { ...claiming(2), scrape: aScrape({ seeders: 90 }) }
  expect(judge({ trackers: [tracker] })).toMatchObject([{ verdict: "inconclusive" }])
})

test("nor against a list from an earlier run", () => {
  const announces = [anAnnounce({ reused: true, seeders: 2, peerCount: 2 })]
  expect(judge({ trackers: [aTracker({ announces, scrape: aScrape({ seeders: 90 }) })] })).toMatchObject([
    {
      verdict: "inconclusive",
      because: "90 seeders claimed, 2 possible: not enough to contradict the claim",
    },
  ])
})

test.each([
  ["its WebSocket side", aTracker({ url: "wss://tracker.example.org", protocol: "wss", announces: [] }), {}],
  [
    "one of its site",
    aTracker({ url: "ws://web.example.org:8000/announce", protocol: "ws", announces: [] }),
    {},
  ],
  [
    "WebTorrent in its list",
    null,
    { peers: [aSeeder(1), aSeeder(2, { clientFamily: "WebTorrent Desktop" })] },
  ],
])("a count that may include WebRTC peers, never listed, accuses nobody: %s", (_, web, overrides) => {
  const trackers = [claiming(20), ...(web ? [web] : [])]
  expect(judge({ trackers, ...overrides })).toMatchObject([{ verdict: "inconclusive" }])
})

test("a WebSocket tracker elsewhere excuses nobody, and the advice names the cause", () => {
  const web = aTracker({ url: "wss://tracker.example.net", protocol: "wss", announces: [] })
  expect(judge({ trackers: [claiming(20), web] })).toMatchObject([
    { verdict: "warn", advice: expect.stringContaining("WebRTC") },
  ])
})

test("many leechers, or both together, accuse as well", () => {
  expect(judge({ trackers: [claiming(2, 40)] })).toMatchObject([{ verdict: "warn", claimed: "39 leechers" }])
  expect(judge({ trackers: [claiming(10, 11)] })).toMatchObject([{ verdict: "warn", claimed: "20 peers" }])
})

test("only the tracker that claims it, once", () => {
  const honest = { ...claiming(2), url: "udp://bt2.example.org:6969" }
  const found = judge({ trackers: [honest, claiming(500, 500)] })
  expect(found.map(({ verdict, subject }) => [verdict, subject])).toEqual([["warn", `tracker:${trackerUrl}`]])
})

test.each<[string, Parameters<typeof anEvidence>[0], string]>([
  ["an honest count", {}, "pass"],
  ["a list that may be cut", { trackers: [claiming(2_000, 500, 200)] }, "inconclusive"],
  ["no claim", { trackers: [aTracker({ announces: [aFailedAnnounce("refused")] })] }, "skipped"],
  ["depth scrape", { run: aRun({ depth: "scrape" }), peers: [] }, "skipped"],
])("%s accuses nobody", (_, overrides, verdict) => {
  expect(judge(overrides)).toMatchObject([{ verdict, subject: "swarm" }])
})
