import { expect, test } from "vitest"
import { lastSeeder } from "../../src/audits/last-seeder.ts"
import {
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSeeder,
  aSilentPeer,
  aTracker,
} from "../support/builders.ts"

const judge = (overrides: Parameters<typeof anEvidence>[0]) => lastSeeder.judge(anEvidence(overrides))[0]

const claiming = (seeders: number) => [aTracker({ announces: [anAnnounce({ seeders, leechers: 2 })] })]
const anExtensions = {
  names: [],
  v: null,
  port: null,
  reqq: null,
  uploadOnly: null,
  metadataBytes: null,
  yourIp: false,
}

test("one seeder, everybody reached: about the swarm, never about the seeder", () => {
  expect(judge({ trackers: claiming(1), peers: [aSeeder(1), aLeecher(2, [0])] })).toMatchObject({
    verdict: "warn",
    subject: "swarm",
    because: "only one seeder among 2 of 2 peers reached",
    evidence: { seeders: ["203.0.113.1:6881"] },
  })
})

test("the unreached may be others", () => {
  const peers = [aSeeder(1), aSilentPeer(2)]
  expect(judge({ trackers: claiming(1), peers })?.verdict).toBe("inconclusive")
})

test("so may those whom a tracker claims and nobody found, and one that only uploads", () => {
  expect(judge({ trackers: claiming(2), peers: [aSeeder(1), aLeecher(2, [0])] })).toMatchObject({
    verdict: "inconclusive",
    because: "only one seeder so far among 2 of 2 peers reached; a tracker claims more than were found",
  })
  const uploading = aLeecher(2, [0], { extensions: { ...anExtensions, uploadOnly: true } })
  expect(judge({ trackers: claiming(1), peers: [aSeeder(1), uploading] })).toMatchObject({
    verdict: "inconclusive",
    because: expect.stringContaining("1 peer may be super-seeding, or only upload"),
  })
})

test("two, none, and nobody asked", () => {
  expect(judge({})?.verdict).toBe("pass")
  expect(judge({ peers: [aLeecher(1, [0])] })?.verdict).toBe("pass")
  expect(judge({ run: aRun({ depth: "discover" }) })?.verdict).toBe("skipped")
})
