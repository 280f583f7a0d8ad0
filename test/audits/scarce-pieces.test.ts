import { expect, test } from "vitest"
import { scarcePieces } from "../../src/audits/scarce-pieces.ts"
import {
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
  scarcePieces.judge(anEvidence({ trackers: modest, ...overrides }))[0]
const leechers = [aLeecher(1, range(0, 12)), aLeecher(2, range(4, 16))]

test("without a seeder, pieces on one leecher only", () => {
  expect(judge({ peers: leechers })).toMatchObject({
    verdict: "warn",
    subject: "swarm",
    because: "8 pieces of 16 (0–3, 12–15) on one leecher only, and no seeder among 2 of 2 peers reached",
  })
})

test("a lone seeder is another question", () => {
  expect(judge({ peers: [aSeeder(1), aLeecher(2, [0])] })?.verdict).toBe("pass")
})

test("two leechers with everything between them twice", () => {
  expect(
    judge({
      peers: [aLeecher(1, range(0, 15)), aLeecher(2, range(0, 15)), aLeecher(3, [15]), aLeecher(4, [15])],
    })?.verdict,
  ).toBe("pass")
})

test("no answer while others may hold copies", () => {
  expect(judge({ peers: [...leechers, aSilentPeer(3)] })?.verdict).toBe("inconclusive")
})

test("nor while a super-seeder may hold them all", () => {
  const haveEvents = [
    { atMs: 90, count: 0 },
    { atMs: 900, count: 1 },
  ]
  const found = judge({ peers: [...leechers, aLeecher(3, [0], { haveEvents })] })
  expect(found).toMatchObject({
    verdict: "inconclusive",
    because: expect.stringContaining("1 peer may be super-seeding"),
  })
})

test("skipped where nobody was asked or reached", () => {
  expect(judge({ run: aRun({ depth: "scrape" }), peers: [] })?.verdict).toBe("skipped")
  expect(judge({ peers: [aSilentPeer(1)] })?.verdict).toBe("skipped")
})
