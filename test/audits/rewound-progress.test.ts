import { describe, expect, test } from "vitest"
import { rewoundProgress } from "../../src/audits/rewound-progress.ts"
import type { Peer, PeerReading } from "../../src/evidence.ts"
import { anEvidence, aPeer, aTorrent, range } from "../support/builders.ts"
import { anEarlier, aReading } from "../support/earlier.ts"

/** A twentieth of these is five. */
const pieces = 100
const one = { peerId: "11".repeat(20) }
const other = { peerId: "22".repeat(20) }

const readings = (counts: readonly number[], overrides: Partial<PeerReading> = one): PeerReading[] =>
  counts.map((count, i) => aReading(counts.length - i, range(0, count), overrides, pieces))
const now = (count: number, overrides: Partial<Peer> = one): Peer =>
  aPeer(1, range(0, count), overrides, pieces)

const judged = (before: readonly PeerReading[], peers: readonly Peer[], others = {}) =>
  rewoundProgress.judge(
    anEvidence({
      torrent: aTorrent({ pieceCount: pieces }),
      peers: [...peers],
      earlier: anEarlier({ 1: before, ...others }),
    }),
  )
const verdicts = (...args: Parameters<typeof judged>) => judged(...args).map(({ verdict }) => verdict)

const looping = [60, 30, 60, 30, 60]

test("three rewinds in one process, with as much gained between them, are named", () => {
  const [finding, ...rest] = judged(readings(looping), [now(30)])
  expect(rest).toEqual([])
  expect(finding).toMatchObject({
    verdict: "warn",
    subject: "peer:203.0.113.1:6881",
    measured: "3 rewinds in 6 readings",
  })
  expect(finding?.evidence).toMatchObject({
    leastLost: 5,
    rewinds: [1, 2, 3].map(() => ({ fromCount: 60, toCount: 30 })),
  })
})

describe("accuses nobody", () => {
  test.each<[string, PeerReading[], Peer, string]>([
    ["two rewinds", readings([60, 30, 60]), now(30), "pass"],
    ["a recheck", readings([60]), now(30), "pass"],
    ["a few damaged pieces, again and again", readings([60, 56, 60, 56, 60]), now(56), "pass"],
    [
      "close to the end, as a seeder with a lazy bitfield",
      readings([99, 91, 99, 91, 99]),
      now(92),
      "inconclusive",
    ],
    ["files deleted bit by bit", readings([90, 70, 50]), now(30), "inconclusive"],
    [
      "restarts from an old copy",
      readings(looping).map((reading, i) => ({ ...reading, ...(i % 2 ? one : other) })),
      now(30),
      "inconclusive",
    ],
    ["no peer id is known", readings(looping, { peerId: null }), now(30, { peerId: null }), "inconclusive"],
    [
      "it begins with nothing each time",
      readings(looping, { ...one, fromCount: 0 }),
      now(30, { ...one, haveEvents: [{ atMs: 1, count: 0 }] }),
      "pass",
    ],
    [
      "what a visit begins with isn't known",
      readings(looping).map((reading) => {
        const { fromCount, ...rest } = reading
        return fromCount === undefined ? reading : rest
      }),
      now(60),
      "pass",
    ],
    ["a check of the finished download", readings([100, 80, 100, 80, 100]), now(80), "inconclusive"],
    [
      "a lazy bitfield",
      readings([60, 60, 60, 60], { ...one, fromCount: 40 }),
      now(60, { ...one, haveEvents: [{ atMs: 1, count: 40 }] }),
      "pass",
    ],
    [
      "a window of pieces that moves on",
      [0, 30, 0, 30, 0].map((from, i) => aReading(5 - i, range(from, from + 30), one, pieces)),
      aPeer(1, range(30, 60), one, pieces),
      "inconclusive",
    ],
    [
      "it only uploads (BEP 21)",
      readings(looping, { ...one, uploadOnly: true }),
      now(30, { ...one, extensions: { uploadOnly: true } as NonNullable<Peer["extensions"]> }),
      "pass",
    ],
    ["only gains", readings([10, 20, 30]), now(40), "pass"],
  ])("%s", (_, before, peer, verdict) => {
    expect(verdicts(before, [peer])).toEqual([verdict])
  })

  test("a peer id that somebody else has too", () => {
    const twin = aPeer(2, range(0, 60), one, pieces)
    expect(verdicts(readings(looping), [now(30), twin])).toEqual(["inconclusive"])
    expect(verdicts(readings(looping), [now(30)], { 2: [aReading(1, [0], one, pieces)] })).toEqual([
      "inconclusive",
    ])
  })

  test("who isn't met any more", () => {
    expect(verdicts(readings([...looping, 30]), [])).toEqual([])
  })

  test("nobody met before", () => {
    expect(rewoundProgress.judge(anEvidence())).toEqual([])
  })
})
