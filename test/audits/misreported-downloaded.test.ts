import { expect, test } from "vitest"
import { misreportedDownloaded } from "../../src/audits/misreported-downloaded.ts"
import type { AnnounceReport, Evidence, Reading } from "../../src/evidence.ts"
import { address, aReading, aReport, aVisited, pieceBytes, pieceCount, reported } from "../support/reports.ts"

const judgeThose = (rows: AnnounceReport[], readings: Reading[], overrides: Partial<Evidence> = {}) =>
  misreportedDownloaded.judge(reported(rows, [aVisited(readings)], overrides))
/** The last announce once more, a second later. */
const judge = (rows: AnnounceReport[], ...rest: [Reading[], Partial<Evidence>?]) =>
  judgeThose([...rows, ...rows.slice(-1).map((row) => ({ ...row, at: later(row.at) }))], ...rest)
const later = (at: string) => new Date(Date.parse(at) + 1_000).toISOString()
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
  [
    "a seeder with a lazy bitfield",
    [took(1, 0), took(60, 0)],
    [aReading([10, 120], [11, 160], [13, pieceCount], [50, pieceCount])],
  ],
  [
    "a seeder that begins to super-seed",
    [took(1, 0), took(60, 0)],
    [aReading([8, pieceCount], [9, pieceCount]), aReading([20, 0], [50, 60])],
  ],
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

test("the log's clock isn't known", () => {
  const evidence = reported(
    [took(61, 0), took(400, 0)],
    [aVisited([aReading([130, 50], [180, 110], [330, 110])])],
  )
  const log = evidence.announceLog
  if (!log) throw new Error("no log")
  const reports = log.reports.filter((row) => row.address === address)
  expect(misreportedDownloaded.judge({ ...evidence, announceLog: { ...log, reports } })).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("how the log's clock goes") as string },
  ])
})

test("an announce that was sent again tells how things were before", () => {
  expect(judgeThose([took(1, 7), took(60, 7)], [gaining])).toMatchObject([
    { verdict: "inconclusive", subject: "swarm" },
  ])
})
