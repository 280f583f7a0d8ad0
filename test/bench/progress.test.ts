/** What the truth bench makes of leechers' rates. */
import { expect, test } from "vitest"
import { receivedBetween } from "../../bench/truth/progress/received.ts"
import { progressBounds, scoreProgress, type ProgressScore } from "../../bench/truth/progress/score.ts"
import type { ProgressRecording } from "../../bench/truth/progress/play.ts"
import { aPeer, anEvidence, range, startedAt } from "../support/builders.ts"
import { aReading } from "../measure/haves.ts"

const start = Date.parse(startedAt)
/** 1,000 bytes a second, then 3,000. */
const received = [
  [start, 0],
  [start + 10_000, 10_000],
  [start + 40_000, 100_000],
] as const

test("what came between two moments, and nothing of moments that weren't counted", () => {
  expect(receivedBetween(received, start + 5_000, start + 20_000)).toBeCloseTo(35_000, 6)
  expect(receivedBetween(received, start - 1, start + 5_000)).toBeNull()
  expect(receivedBetween(received, start + 5_000, start + 40_001)).toBeNull()
})

const estimate = (value: number, low: number, high: number) => ({
  value,
  low,
  high,
  n: 9,
  confidence: 0.95,
  censored: false,
})

/** Watched while 3,000 bytes a second came. */
function scored(
  rate: ReturnType<typeof estimate> | null,
  shown: readonly (readonly [number, number, number])[],
) {
  const peer = aPeer(7, range(0, 8), {
    readings: [aReading([], 20_000, { fromMs: 15_000 })],
    downloadBytesPerSecond: rate,
  })
  const recording = {
    scenario: "one",
    leechers: [
      { name: "one", kind: "aria2", endpoints: [peer.address], downlinkBytesPerSecond: 3_000, received },
    ],
    snapshot: anEvidence({ peers: [peer] }),
    watched: { version: "2", peers: [{ endpoint: peer.address, readings: shown }] },
  } as unknown as ProgressRecording
  return scoreProgress(recording)
}

const only = ({ leechers: [leecher] }: ProgressScore) => leecher

test("ours and libtorrent's, each against what came while it looked", () => {
  const score = only(
    scored(estimate(3_300, 2_900, 3_600), [
      [start + 10_000, 0, 4],
      [start + 20_000, 1_500, 5],
    ]),
  )
  expect(score).toMatchObject({ covered: true, n: 9, shownBytesPerSecond: 1_500 })
  expect(score?.trueBytesPerSecond).toBeCloseTo(3_000, 6)
  expect(score?.error).toBeCloseTo(0.1, 6)
  expect(score?.shownError).toBeCloseTo(-0.5, 6)
  expect(score?.reckonedBytesPerSecond).toBeCloseTo((256 * 1024) / 10, 6)
})

test.each<[string, ReturnType<typeof estimate> | null, boolean | null]>([
  ["below", estimate(2_000, 1_500, 2_900), false],
  ["above", estimate(4_000, 3_100, 4_900), false],
  ["not measured", null, null],
])("%s", (_, rate, covered) => {
  expect(only(scored(rate, []))?.covered).toBe(covered)
})

test("each bound can be broken", () => {
  const good = scored(estimate(3_100, 2_900, 3_600), [])
  const failing = (scores: ProgressScore[]) =>
    progressBounds(scores, "long").flatMap(({ what, ok }) => (ok ? [] : [what]))
  const kinds = ["aria2", "deluge", "libtorrent", "transmission"]
  const many = (score: ProgressScore, names = kinds): ProgressScore[] =>
    Array.from({ length: 24 }, (_, at) => ({
      ...score,
      leechers: score.leechers.map((leecher) => ({ ...leecher, kind: names[at % names.length] ?? "" })),
    }))
  expect(failing(many(good))).toEqual([])
  expect(failing(many(good).slice(1))).toEqual(["leechers' download rates measured, by HAVEs alone"])
  expect(failing(many(good, ["aria2"]))).toEqual(["kinds of client among them"])
  expect(failing(many(scored(estimate(3_400, 2_900, 3_600), [])))).toEqual(["their error, median of sizes"])
  expect(failing(many(scored(estimate(3_100, 3_050, 3_600), [])))).toEqual([
    "true download rates within their 95% interval",
  ])
})
