import { expect, test } from "vitest"
import { noSeeder } from "../../src/audits/no-seeder.ts"
import {
  aFailedAnnounce,
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSightedPeer,
  aSilentPeer,
  aTracker,
  range,
} from "../support/builders.ts"

const judge = (overrides: Parameters<typeof anEvidence>[0]) => noSeeder.judge(anEvidence(overrides))[0]
const empty = [aTracker({ announces: [anAnnounce({ seeders: 0, leechers: 1, peerCount: 0 })] })]

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

test.each<[string, Parameters<typeof anEvidence>[0]]>([
  ["no source answered", { trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })] }],
  ["the run was stopped", { run: aRun({ complete: false, stopReason: "interrupted" }) }],
  ["somebody is listed whom our rules keep us from", { peers: [aSightedPeer(1, { outcome: "filtered" })] }],
  ["web seeds were not asked", { webSeeds: [{ url: "https://files.example.org/" }] }],
  [
    "a tracker whose list may be cut claims many",
    { trackers: [aTracker({ families: [], announces: [anAnnounce({ seeders: 48, peerCount: 0 })] })] },
  ],
])("nobody listed is no answer when %s", (_, overrides) => {
  expect(judge({ trackers: empty, peers: [], ...overrides })?.verdict).toBe("inconclusive")
})

test("only leechers, all reached", () => {
  expect(judge({ peers: [aLeecher(1, range(0, 10)), aLeecher(2, range(6, 16))] })).toMatchObject({
    verdict: "warn",
    because: "no seeder among 2 of 2 peers reached, though the leechers together hold every piece",
  })
  expect(judge({ peers: [aLeecher(1, [0])] })).toMatchObject({
    verdict: "warn",
    because: "no seeder among 1 of 1 peer reached",
  })
})

test("the unreached may be seeders", () => {
  expect(judge({ peers: [aLeecher(1, [0]), aSilentPeer(2)] })?.verdict).toBe("inconclusive")
})

test("depths that contact nobody skip it", () => {
  expect(judge({ run: aRun({ depth: "scrape" }), peers: [] })?.verdict).toBe("skipped")
  expect(judge({ run: aRun({ depth: "discover" }), peers: [aSightedPeer(1)] })?.verdict).toBe("skipped")
})
