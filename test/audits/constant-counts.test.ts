import { expect, test } from "vitest"
import { constantCounts } from "../../src/audits/constant-counts.ts"
import type { Canary } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { anAnnounce, at, aTracker, trackerUrl } from "../support/builders.ts"

const aCanary = (overrides: Partial<Canary> = {}): Canary => ({
  at: at(50),
  atMs: 50,
  ms: 40,
  ok: true,
  failure: null,
  seeders: 0,
  leechers: 1,
  peerCount: 0,
  ...overrides,
})
const judge = (canary: Canary | null, ...counts: [number, number][]) =>
  constantCounts.judge({
    trackers: [
      aTracker({
        canary,
        announces: counts.map(([seeders, leechers], i) => anAnnounce({ atMs: 1_000 * i, seeders, leechers })),
      }),
    ],
  })

test("the same counts for a random info hash accuse, with the numbers", () => {
  expect(judge(aCanary({ seeders: 90, leechers: 30 }), [90, 30], [90, 30])).toMatchObject([
    {
      verdict: "warn",
      subject: `tracker:${trackerUrl}`,
      claimed: "90 seeders and 30 leechers",
      evidence: { seeders: 90, leechers: 30, canary: { seeders: 90, leechers: 30 } },
    },
  ])
})

test.each<[string, ReturnType<typeof judge>, string]>([
  ["other counts", judge(aCanary(), [40, 20]), "pass"],
  ["counts that moved meanwhile", judge(aCanary({ seeders: 90, leechers: 30 }), [90, 30], [91, 30]), "pass"],
  ["a swarm of us alone", judge(aCanary(), [0, 1]), "inconclusive"],
  ["four at both", judge(aCanary({ seeders: 2, leechers: 2 }), [2, 2]), "inconclusive"],
  ["a refusal", judge(aCanary({ ok: false, failure: failure("tracker-refused") }), [40, 20]), "inconclusive"],
  ["no counts", judge(aCanary({ seeders: null, leechers: null }), [40, 20]), "inconclusive"],
  ["nobody asked", judge(null, [40, 20]), "skipped"],
])("nobody is accused for %s", (_, findings, verdict) => {
  expect(findings).toMatchObject([{ verdict, subject: "swarm" }])
})
