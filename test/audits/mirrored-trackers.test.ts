import { describe, expect, test } from "vitest"
import { mirroredTrackers } from "../../src/audits/mirrored-trackers.ts"
import type { Evidence, Peer } from "../../src/evidence.ts"
import { redact } from "../../src/store/redact.ts"
import { anAnnounce, anEvidence, aSighting, aSightedPeer, aTracker, range } from "../support/builders.ts"

const [udp, http, other] = [
  "udp://tracker.example.org:6969/announce",
  "http://tracker.example.org:6969/announce",
  "https://other.example.net/announce",
]
const counting = (url: string, overrides = {}) =>
  aTracker({ url, announces: [anAnnounce({ seeders: 12, leechers: 9, ...overrides })] })
const namedBy = (hosts: readonly number[], ...urls: string[]): Peer[] =>
  hosts.map((host) => aSightedPeer(host, { sources: urls.map((via) => aSighting({ via })) }))
const swarm = {
  trackers: [counting(udp), counting(http), counting(other, { seeders: 40, downloads: 900 })],
  peers: [...namedBy(range(1, 21), udp, http), ...namedBy(range(30, 60), other)],
}
const judge = (overrides: Partial<Evidence>) => mirroredTrackers.judge(anEvidence({ ...swarm, ...overrides }))

test("the same peers and counts are one list, and nobody is accused", () => {
  expect(judge({})).toMatchObject([
    {
      verdict: "pass",
      subject: "swarm",
      because: `${udp}, ${http} answer as one list (12 seeders and 8 leechers, 20 peers named): their claims count once`,
      evidence: { mirrors: [[udp, http]], unclear: [] },
    },
  ])
})

describe("otherwise", () => {
  test.each<[string, Partial<Evidence>, string, string]>([
    [
      "different lists",
      { trackers: swarm.trackers.slice(1) },
      "pass",
      "2 trackers list different peers or count differently",
    ],
    [
      "too few peers",
      { peers: namedBy([1, 2, 3], udp, http) },
      "inconclusive",
      "name 3 of the same peers: too few to tell",
    ],
    [
      "one names nobody",
      { peers: namedBy(range(1, 21), udp) },
      "skipped",
      "fewer than two trackers named peers",
    ],
    ["no trackers", { trackers: [], peers: [] }, "skipped", "fewer than two trackers named peers"],
  ])("%s", (_, overrides, verdict, because) => {
    expect(judge(overrides)).toMatchObject([{ verdict, because: expect.stringContaining(because) }])
  })
})

test.each(["prefix", "full"] as const)("redacted (%s): the same", (how) => {
  expect(mirroredTrackers.judge(redact(anEvidence(swarm), how, new Uint8Array(32)))).toEqual(judge({}))
})
