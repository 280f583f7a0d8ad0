import { describe, expect, test } from "vitest"
import { canary } from "../../src/audits/canary.ts"
import type { Canary, Evidence, Tracker } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anEvidence,
  aRun,
  aTorrent,
  aTracker,
  at,
  trackerUrl,
} from "../support/builders.ts"

const aCanary = (overrides: Partial<Canary> = {}): Canary => ({
  at: at(1_000),
  atMs: 1_000,
  ms: 40,
  ok: true,
  failure: null,
  seeders: 0,
  leechers: 1,
  peerCount: 0,
  ...overrides,
})
const refused = aCanary({
  ok: false,
  failure: failure("tracker-refused", "unregistered torrent"),
  seeders: null,
  leechers: null,
  peerCount: null,
})
const answering = (overrides: Partial<Canary>, of: Partial<Tracker> = {}): Tracker =>
  aTracker({ canary: aCanary(overrides), ...of })
const judge = (overrides: Partial<Evidence>) => canary.judge(anEvidence(overrides))

describe("whoever is named or counted besides us is invented", () => {
  test.each<[Partial<Canary>, string]>([
    [
      { seeders: 50, leechers: 20, peerCount: 50 },
      "counted 50 seeders and 20 leechers and named 50 peers besides us",
    ],
    [{ seeders: 1, leechers: 1 }, "counted 1 seeder and 1 leecher"],
    [{ seeders: 3, leechers: 0 }, "counted 3 seeders"],
    [{ leechers: 3 }, "counted 3 leechers"],
    [{ peerCount: 3 }, "counted 1 leecher and named 3 peers besides us"],
    [{ seeders: null, leechers: null, peerCount: 9 }, "named 9 peers besides us"],
  ])("%j", (answer, said) => {
    expect(judge({ trackers: [answering(answer)] })).toMatchObject([
      {
        verdict: "warn",
        subject: `tracker:${trackerUrl}`,
        claimed: said,
        because: `${trackerUrl} ${said} for a random info hash that nobody has`,
      },
    ])
  })

  test("each tracker for itself, and the clean one isn't named", () => {
    const trackers = [
      answering({ seeders: 50 }),
      answering({}, { url: "udp://clean.example.org:6969" }),
      answering({ peerCount: 7 }, { url: "udp://other.example.org:6969" }),
    ]
    expect(judge({ trackers }).map(({ verdict, subject }) => `${verdict} ${subject}`)).toEqual([
      `warn tracker:${trackerUrl}`,
      "warn tracker:udp://other.example.org:6969",
    ])
  })
})

test.each<[string, Partial<Canary>, string]>([
  ["only us", {}, "pass"],
  ["nobody: it counts us later", { leechers: 0 }, "pass"],
  ["our two families", { leechers: 2 }, "pass"],
  ["no counts", { seeders: null, leechers: null }, "pass"],
  ["us, taken for a seeder", { seeders: 1, leechers: 0 }, "inconclusive"],
  ["us, at an address that we don't know", { leechers: 2, peerCount: 1 }, "inconclusive"],
  ["us at two addresses of a carrier's NAT", { leechers: 2, peerCount: 2 }, "inconclusive"],
])("%s accuses nobody", (_, answer, verdict) => {
  expect(judge({ trackers: [answering(answer)] })).toMatchObject([{ verdict }])
})

test("a clean answer says that it proves nothing", () => {
  const [found] = judge({ trackers: [answering({}), aTracker({ canary: refused })] })
  expect(found?.because).toBe(
    "1 of 2 trackers asked about a random info hash named and counted nobody but us; a tracker may lie about popular ones only, so that proves nothing",
  )
})

test.each([
  ["tracker-refused", "it serves only torrents it knows"],
  ["timeout", "it failed (timeout)"],
] as const)("%s is inconclusive", (code, reason) => {
  const trackers = [aTracker({ canary: { ...refused, failure: failure(code) } })]
  expect(judge({ trackers })).toMatchObject([
    {
      verdict: "inconclusive",
      because: `1 tracker asked about a random info hash, none answered: ${reason}`,
    },
  ])
})

test.each<[string, Partial<Evidence>, string]>([
  ["no trackers", { trackers: [] }, "there are no trackers"],
  ["private", { torrent: aTorrent({ private: true }) }, "the torrent is private"],
  ["depth scrape", { run: aRun({ depth: "scrape" }) }, "depth scrape announces nothing"],
  ["a passkey", { trackers: [aTracker({ url: "https://t.example.org/***/announce" })] }, "passkey"],
  ["WebSocket", { trackers: [aTracker({ url: "wss://t.example.org", protocol: "wss" })] }, "WebSocket"],
  [
    "an earlier answer",
    { trackers: [aTracker({ announces: [anAnnounce({ reused: true })] })] },
    "earlier answers",
  ],
  ["silence", { trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })] }, "no tracker answered"],
  ["otherwise", {}, "no tracker was asked about a random info hash"],
])("not asked, %s: skipped", (_, overrides, because) => {
  expect(judge(overrides)).toMatchObject([
    { verdict: "skipped", subject: "swarm", because: expect.stringContaining(because) },
  ])
})
