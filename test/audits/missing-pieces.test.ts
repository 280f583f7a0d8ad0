import { expect, test } from "vitest"
import { missingPieces } from "../../src/audits/missing-pieces.ts"
import {
  aFailedAnnounce,
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSeeder,
  aSilentPeer,
  aTracker,
  range,
} from "../support/builders.ts"

const modest = [aTracker({ announces: [anAnnounce({ seeders: 0, leechers: 2 })] })]
const judge = (overrides: Parameters<typeof anEvidence>[0]) =>
  missingPieces.judge(anEvidence({ trackers: modest, ...overrides }))[0]

const superSeeder = aLeecher(1, [3, 9], {
  haveEvents: [
    { atMs: 100, count: 0 },
    { atMs: 900, count: 2 },
  ],
})

test("every piece is there", () => {
  expect(judge({ peers: [aSeeder(1), aSeeder(2)] })).toMatchObject({
    verdict: "pass",
    because: "2 reached peers together hold all 16 pieces",
  })
})

test("a missing piece fails and names its files, padding never", () => {
  const found = judge({ peers: [aLeecher(1, [...range(0, 7), ...range(8, 15)])] })
  expect(found).toMatchObject({
    verdict: "fail",
    because: "2 pieces of 16 (7, 15) missing among 1 of 1 peer reached, needed for a.bin, b.bin",
    evidence: {
      missingPieces: "7, 15",
      files: [
        { path: "a.bin", missing: 1 },
        { path: "b.bin", missing: 1 },
      ],
    },
  })
})

test("with too many unreached it is no answer", () => {
  expect(judge({ peers: [aLeecher(1, range(0, 15)), aSilentPeer(2)] })).toMatchObject({
    verdict: "inconclusive",
    because:
      "1 piece of 16 (15) missing among 1 of 2 peers reached, needed for b.bin; those not reached may hold them",
  })
})

test("web seeds that nobody asked may hold it", () => {
  const found = judge({
    peers: [aLeecher(1, range(0, 15))],
    webSeeds: [{ url: "https://files.example.org/" }],
  })
  expect(found).toMatchObject({ verdict: "inconclusive", because: expect.stringContaining("web seeds") })
})

test.each<[string, Parameters<typeof anEvidence>[0], string]>([
  ["a super-seeder shows a few pieces only", { peers: [superSeeder] }, "may be super-seeding"],
  [
    "a seeder is claimed whom nobody found",
    { trackers: [aTracker({ announces: [anAnnounce({ seeders: 1 })] })] },
    "a tracker claims more than were found",
  ],
  [
    "a tracker may work that named nobody to us",
    { trackers: [...modest, aTracker({ url: "wss://web.example.net", protocol: "wss", announces: [] })] },
    "wss://web.example.net may list more",
  ],
  [
    "one refused us",
    {
      trackers: [
        ...modest,
        aTracker({ url: "http://closed.example.net/a", announces: [aFailedAnnounce("tracker-refused")] }),
      ],
    },
    "http://closed.example.net/a may list more",
  ],
])("no answer when %s", (_, overrides, why) => {
  const found = judge({ peers: [aLeecher(1, range(0, 15))], ...overrides })
  expect(found).toMatchObject({ verdict: "inconclusive", because: expect.stringContaining(why) })
})

test("nobody reached: no answer; nobody asked: no question", () => {
  expect(judge({ peers: [aSilentPeer(1)] })?.verdict).toBe("inconclusive")
  expect(judge({ run: aRun({ depth: "discover" }), peers: [] })?.verdict).toBe("skipped")
})
