import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { clientMismatch } from "../../src/audits/client-mismatch.ts"
import { crowdedHost } from "../../src/audits/crowded-host.ts"
import { dhtAbsent } from "../../src/audits/dht-absent.ts"
import { dhtEclipse } from "../../src/audits/dht-eclipse.ts"
import { dhtPhantoms } from "../../src/audits/dht-phantoms.ts"
import { dhtScrapeMismatch } from "../../src/audits/dht-scrape-mismatch.ts"
import { oneNetwork } from "../../src/audits/one-network.ts"
import { pexPhantoms } from "../../src/audits/pex-phantoms.ts"
import { privateLeak } from "../../src/audits/private-leak.ts"
import { sharedPeerId } from "../../src/audits/shared-peer-id.ts"
import { evidence as schema, type Evidence } from "../../src/evidence.ts"
import { redact } from "../../src/store/redact.ts"

const key = new Uint8Array(32).fill(9)
const cases = [
  ["magnet-lost", dhtAbsent],
  ["eclipsed", dhtEclipse],
  ["stale-node", dhtPhantoms],
  ["forged-filter", dhtScrapeMismatch],
  ["pex-flood", pexPhantoms],
  ["leaked-private", privateLeak],
  ["one-provider", oneNetwork],
  ["shared-peer-id", sharedPeerId],
  ["lockstep-crowd", crowdedHost],
  ["client-mismatch", clientMismatch],
] as const

const recorded = (name: string): Evidence =>
  schema.parse(
    JSON.parse(readFileSync(new URL(`../../fixtures/swarms/${name}/evidence.json`, import.meta.url), "utf8")),
  )

const verdicts = (evidence: Evidence) =>
  cases.map(([, audit]) =>
    audit.judge(evidence).map(({ verdict, subject, pValue }) => [verdict, subject.split(":")[0], pValue]),
  )

test.each(cases)("%s: the same verdicts when redacted to prefixes", (name, audit) => {
  const evidence = recorded(name)
  expect(audit.judge(evidence).map(({ verdict }) => verdict)).toContain("warn")
  expect(verdicts(redact(evidence, "prefix", key))).toEqual(verdicts(evidence))
})

test.each(cases)("%s: fully redacted, nothing throws and nobody else is accused", (name) => {
  const evidence = recorded(name)
  const accused = (each: Evidence) =>
    verdicts(each).map((found) => found.filter(([verdict]) => verdict === "warn").length)
  const before = accused(evidence)
  const after = accused(redact(evidence, "full", key))
  expect(after.every((n, i) => n <= (before[i] ?? 0))).toBe(true)
})

test("a stale node, fully redacted: no accusation, and no clearance either", () => {
  const evidence = redact(recorded("stale-node"), "full", key)
  expect(dhtPhantoms.judge(evidence).map(({ verdict }) => verdict)).toEqual(["inconclusive"])
})
