import { expect, test } from "vitest"
import { lastSeeder } from "../../src/audits/last-seeder.ts"
import { aLeecher, anEvidence, aRun, aSeeder, aSilentPeer } from "../support/builders.ts"

const judge = (overrides: Parameters<typeof anEvidence>[0]) => lastSeeder.judge(anEvidence(overrides))[0]

test("one seeder, everybody reached: about the swarm, never about the seeder", () => {
  expect(judge({ peers: [aSeeder(1), aLeecher(2, [0])] })).toMatchObject({
    verdict: "warn",
    subject: "swarm",
    because: "only one seeder among 2 of 2 peers reached",
    evidence: { seeders: ["203.0.113.1:6881"] },
  })
})

test("the unreached may be others", () => {
  expect(judge({ peers: [aSeeder(1), aSilentPeer(2)] })?.verdict).toBe("inconclusive")
})

test("two, none, and nobody asked", () => {
  expect(judge({})?.verdict).toBe("pass")
  expect(judge({ peers: [aLeecher(1, [0])] })?.verdict).toBe("pass")
  expect(judge({ run: aRun({ depth: "discover" }) })?.verdict).toBe("skipped")
})
