import { expect, test } from "vitest"
import { misreportedDownloaded } from "../../src/audits/misreported-downloaded.ts"
import type { AnnounceReport, Evidence, Reading } from "../../src/evidence.ts"
import { address, aReading, aReport, aVisited, pieceBytes, reported } from "../support/reports.ts"

const judge = (rows: AnnounceReport[], readings: Reading[], overrides: Partial<Evidence> = {}) =>
  misreportedDownloaded.judge(reported(rows, [aVisited(readings)], overrides))
const gaining = aReading([10, 50], [20, 60], [30, 90], [50, 100])
const took = (seconds: number, pieces: number) => aReport(seconds, { downloadedBytes: pieces * pieceBytes })

test("nothing downloaded while fifty pieces were gained", () => {
  expect(judge([took(1, 7), took(60, 7)], [gaining])).toMatchObject([
    {
      verdict: "warn",
      subject: `peer:${address}`,
      because: `${address} told its tracker that it downloaded 0 bytes between two announces; it gained 50 pieces meanwhile, at least 1.1 MiB`,
      pValue: null,
      evidence: { roseBytes: 0, gained: 50, leastBytes: 17 * pieceBytes },
    },
  ])
})

test.each<[string, AnnounceReport[], Reading[]]>([
  ["the truth", [took(1, 0), took(60, 50)], [gaining]],
  ["more, as some was wasted", [took(1, 0), took(60, 90)], [gaining]],
  ["pieces begun before", [took(1, 0), took(60, 20)], [gaining]],
])("%s passes", (_, rows, readings) => {
  expect(judge(rows, readings)).toMatchObject([{ verdict: "pass" }])
})

test.each<[string, AnnounceReport[], Reading[]]>([
  [
    "a restart between",
    [took(1, 7), aReport(25, { event: "started" }), took(60, 0)],
    [aReading([10, 50], [20, 90])],
  ],
  ["counters that went back", [took(1, 7), took(60, 3)], [gaining]],
  ["gained before the first announce", [took(48, 0), took(60, 0)], [gaining]],
  [
    "gained between visits, perhaps found on disk",
    [took(1, 0), took(60, 0)],
    [aReading([10, 50], [11, 50]), aReading([30, 100], [31, 100])],
  ],
  ["a super-seeder, which only shows more", [took(1, 0), took(60, 0)], [aReading([10, 0], [50, 60])]],
  ["one announce", [took(60, 0)], [gaining]],
])("%s accuses nobody", (_, rows, readings) => {
  expect(judge(rows, readings)).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
})

test("two trackers of one log, each told apart", () => {
  const rows = [aReport(1, { event: "started" }), aReport(2, { event: "started" }), took(60, 0)]
  expect(judge(rows, [gaining])).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
})

test("web seeds, which not every client counts", () => {
  const url = "https://example.org/"
  const webSeeds = [{ url }] as unknown as Evidence["webSeeds"]
  expect(judge([took(1, 0), took(60, 0)], [gaining], { webSeeds })).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("web seeds") as string },
  ])
})
