/** As much as a document may hold is gone through in its time; and an audit that throws is its own finding. */
import { expect, test } from "vitest"
import { mergeSnapshots } from "../../src/merge.ts"
import type { VantageAudit } from "../../src/merge/vantage-audit.ts"
import { contactsOf, contactSince, dialsOf } from "../../src/measure/trackers/contacts.ts"
import { listsOf } from "../../src/measure/trackers/lists.ts"
import { failure } from "../../src/failure.ts"
import {
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aSeeder,
  aSighting,
  aTracker,
  at,
  range,
} from "../support/builders.ts"

const from = (label: string, overrides: Parameters<typeof anEvidence>[0] = {}) => ({
  label,
  snapshot: anEvidence({ run: aRun({ id: label }), ...overrides }),
})

test("a tracker that is named 150 times and gave a thousand answers each time", { timeout: 60_000 }, () => {
  const announces = range(0, 1_000).map((n) => anAnnounce({ seeders: n }))
  const trackers = range(0, 150).map(() => aTracker({ announces }))
  const { findings, trackers: told } = mergeSnapshots(
    [from("ams", { trackers }), from("nyc", { trackers })],
    "0",
  )
  expect(findings.filter(({ audit }) => audit === "answers-by-place")).toMatchObject([
    { verdict: "inconclusive", evidence: { least: { claimed: 0 }, most: { claimed: 999 } } },
  ])
  expect(told.map(({ answers }) => answers.length)).toEqual([300_000])
})

test("a thousand lists of one tracker, every two of which are compared", () => {
  const times = range(0, 1_000).map((n) => at(n))
  const announces = times.map((each) => anAnnounce({ at: each, numwant: 1, peerCount: 1 }))
  const peers = [aSeeder(1, { sources: times.map((each) => aSighting({ at: each })) })]
  expect(listsOf({ trackers: [aTracker({ announces })], peers })).toMatchObject([{ bound: null }])
})

test("an audit across places that throws is its own finding, and the answer unknown", () => {
  const broken: VantageAudit = {
    id: "answers-by-place",
    title: "",
    question: "",
    references: [],
    judge: () => {
      throw new RangeError("too much")
    },
  }
  const found = mergeSnapshots([from("ams"), from("nyc")], "0", [broken])
  expect(found.findings.find(({ audit }) => audit === "answers-by-place")).toMatchObject({
    verdict: "error",
    because: "this audit failed: too much",
  })
  expect(found.verdict.status).toBe("unknown")
})

test("what became of an address, by the dials since a moment", () => {
  const lost = anAttempt({ atMs: 5_000, ok: false, failure: failure("timeout") })
  const peers = [
    aSeeder(1, { attempts: [anAttempt({ atMs: 1_000, ms: 500 })] }),
    aSeeder(2, { attempts: [lost] }),
    aSeeder(3, { attempts: [anAttempt({ atMs: 9_000 })] }),
  ]
  expect([...contactsOf(peers).values()]).toEqual(["reached", "silent", "reached"])
  const since = (ms: number) => [...dialsOf(peers).values()].map((dialled) => contactSince(dialled, ms))
  expect(since(2_000)).toEqual([undefined, "silent", "reached"])
  expect(since(6_000)).toEqual([undefined, undefined, "reached"])
})
