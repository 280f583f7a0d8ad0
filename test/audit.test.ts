import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { audits } from "../src/audits/index.ts"
import { judge } from "../src/audit.ts"
import { evidence as evidenceSchema, type Depth, type Evidence } from "../src/evidence.ts"
import { report as reportSchema, type Audit } from "../src/report.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anEvidence,
  aRun,
  aSeeder,
  aSightedPeer,
  aSilentPeer,
  aTracker,
} from "./support/builders.ts"

const folder = new URL("../fixtures/swarms/", import.meta.url)
const cases = readdirSync(folder).filter((name) => !name.startsWith("."))

interface Expected {
  why: string
  status: string
  downloadable: string
  seeders: string
  leechers: string
  findings: string[]
}

const read = (name: string, file: string): unknown =>
  JSON.parse(readFileSync(new URL(`${name}/${file}`, folder), "utf8"))
const recorded = (name: string): Evidence => evidenceSchema.parse(read(name, "evidence.json"))

describe("recorded swarms get exactly these verdicts", () => {
  test.each(cases)("%s", (name) => {
    const report = judge(recorded(name))
    const expected = read(name, "expected.json") as Expected
    expect({
      why: expected.why,
      status: report.verdict.status,
      downloadable: report.verdict.downloadable,
      seeders: report.swarm.seeders.claim,
      leechers: report.swarm.leechers.claim,
      findings: report.findings.map(({ verdict, audit, subject }) => `${verdict} ${audit} ${subject}`),
    }).toEqual(expected)
  })

  test.each(cases)("%s: a valid report, the same byte for byte when judged again", (name) => {
    const report = judge(recorded(name))
    reportSchema.parse(report)
    expect(JSON.stringify(judge(recorded(name)))).toBe(JSON.stringify(report))
  })

  test("redaction changes names, not verdicts", () => {
    const withoutNames = (name: string) =>
      JSON.stringify(judge(recorded(name))).replaceAll(/203\.0\.113\.(\d+|0\/24~[0-9a-f]+):6881/g, "peer")
    expect(withoutNames("redacted")).toBe(withoutNames("corrupter"))
  })
})

describe("one level for the whole run", () => {
  const testing = (
    id: string,
    pValue: number | null,
    verdict: "warn" | "pass" = "warn",
    tests = 1,
  ): Audit => ({
    ...audits[0],
    id,
    judge: () => [
      {
        audit: id,
        verdict,
        subject: "peer:203.0.113.1:6881",
        claimed: null,
        measured: null,
        because: "it looks odd",
        advice: null,
        pValue,
        evidence: { tests },
      },
    ],
  })
  const verdicts = (...chosen: Audit[]) =>
    Object.fromEntries(judge(anEvidence(), chosen).findings.map(({ audit, verdict }) => [audit, verdict]))

  test("whoever is accused must survive all tests of all audits (Holm)", () => {
    expect(verdicts(testing("alone", 0.0009))).toEqual({ alone: "warn" })
    expect(verdicts(testing("one", 0.0009), testing("other", 0.7, "pass"))).toEqual({
      one: "inconclusive",
      other: "pass",
    })
    expect(verdicts(testing("one", 0.00001), testing("other", null, "pass", 200))).toMatchObject({
      one: "inconclusive",
    })
    expect(
      verdicts(testing("exact", null, "warn", 0), testing("rare", 0.0004), testing("third", 0.0009)),
    ).toEqual({
      exact: "warn",
      rare: "warn",
      third: "warn",
    })
  })

  test("who doesn't is told, with the reason, and the status is the milder one", () => {
    const report = judge(anEvidence(), [testing("one", 0.0009), testing("other", 0.7, "pass")])
    expect(report.findings.find(({ audit }) => audit === "one")?.because).toBe(
      "it looks odd; among 2 tests of one run that may be chance (Holm, at 0.001)",
    )
    expect(report.verdict.status).toBe("ok")
  })
})

describe("status", () => {
  const statusOf = (overrides: Partial<Evidence>) => judge(anEvidence(overrides)).verdict

  test("ok and its exit code", () => {
    expect(statusOf({})).toMatchObject({ status: "ok", exitCode: 0, downloadable: "yes" })
  })

  test("a warning", () => {
    const trackers = [
      aTracker(),
      aTracker({ url: "http://old.example.net/a", announces: [aFailedAnnounce("refused")] }),
    ]
    expect(statusOf({ trackers })).toMatchObject({ status: "warning", exitCode: 1 })
  })

  test("no is critical, and stays so when the run is stopped", () => {
    const thresholds = { minSeeders: 9, minAvailability: null, strict: true }
    const run = aRun({ complete: false, stopReason: "interrupted", thresholds })
    expect(statusOf({ run })).toMatchObject({ status: "critical", exitCode: 2 })
  })

  test("a stopped run is otherwise unknown", () => {
    const run = aRun({ complete: false, stopReason: "terminated" })
    expect(statusOf({ run })).toMatchObject({ status: "unknown", exitCode: 3 })
  })

  test("unknown outweighs a warning", () => {
    const trackers = [
      aTracker(),
      aTracker({ url: "http://old.example.net/a", announces: [aFailedAnnounce("refused")] }),
    ]
    expect(statusOf({ trackers, peers: [aSilentPeer(1)] })).toMatchObject({ status: "unknown" })
  })

  test("pieces that nobody verified are no yes", () => {
    expect(statusOf({ peers: [aSeeder(1, { samples: [] })] })).toMatchObject({
      downloadable: "unknown",
      status: "unknown",
    })
  })

  test.each<Depth>(["scrape", "discover", "handshake"])("depth %s: untested, and ok when clean", (depth) => {
    const peers =
      depth === "scrape" ? [] : depth === "discover" ? [aSightedPeer(1), aSightedPeer(2)] : anEvidence().peers
    expect(statusOf({ run: aRun({ depth }), peers })).toMatchObject({
      downloadable: "untested",
      status: "ok",
    })
  })

  test.each<[Depth, Partial<Evidence>]>([
    ["scrape", { trackers: [aTracker({ announces: [aFailedAnnounce("refused")] })], peers: [] }],
    ["discover", { trackers: [aTracker({ announces: [aFailedAnnounce("refused")] })], peers: [] }],
    ["handshake", { peers: [aSilentPeer(1)] }],
  ])("depth %s that learnt nothing is unknown", (depth, overrides) => {
    expect(statusOf({ run: aRun({ depth }), ...overrides })).toMatchObject({ status: "unknown" })
  })
})

describe("audits", () => {
  test("file name, id and index agree", () => {
    const files = readdirSync(new URL("../src/audits/", import.meta.url)).filter(
      (file) => file !== "index.ts",
    )
    expect(audits.map(({ id }) => `${id}.ts`).sort()).toEqual(files.sort())
  })

  test("see only what they declare", () => {
    const seen: string[][] = []
    const curious: Audit<"run"> = {
      ...audits[0],
      requires: ["run"],
      judge(evidence) {
        seen.push(Object.keys(evidence))
        return []
      },
    }
    judge(anEvidence(), [curious])
    expect(seen).toEqual([["run"]])
  })

  test("one that throws is its own finding, harms no other, and leaves the answer unknown", () => {
    const broken: Audit = {
      ...audits[0],
      id: "broken",
      judge() {
        throw new Error("no such thing")
      },
    }
    const { findings, verdict } = judge(anEvidence(), [broken, ...audits])
    expect(findings[0]).toMatchObject({
      audit: "broken",
      verdict: "error",
      because: "this audit failed: no such thing",
    })
    expect(findings.slice(1).map(({ audit }) => audit)).toEqual(
      judge(anEvidence()).findings.map(({ audit }) => audit),
    )
    expect(verdict.status).toBe("unknown")
  })

  test("findings come worst first", () => {
    const verdicts = judge(recorded("mixed")).findings.map(({ verdict }) => verdict)
    const order = ["fail", "warn", "inconclusive", "pass", "skipped"]
    expect(verdicts).toEqual([...verdicts].sort((a, b) => order.indexOf(a) - order.indexOf(b)))
    expect(new Set(verdicts).size).toBe(4)
  })
})

test("evidence that still grows is judged as it is now", () => {
  const evidence = anEvidence({
    trackers: [aTracker({ announces: [anAnnounce({ seeders: 3, peerCount: 3 })] })],
  })
  expect(judge(evidence).swarm.seeders.reached).toBe(2)
  evidence.peers.push(aSeeder(3))
  expect(judge(evidence).swarm.seeders.reached).toBe(3)
})
