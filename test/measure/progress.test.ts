import { describe, expect, test } from "vitest"
import type { Evidence, Peer, PeerReading } from "../../src/evidence.ts"
import { progressOf } from "../../src/measure/progress.ts"
import { anAnnounce, anEvidence, aPeer, aTracker, pieceCount, range } from "../support/builders.ts"
import { anEarlier, aReading, aTrackerReading, runBefore } from "../support/earlier.ts"

const all = range(0, pieceCount)
const half = range(0, 8)
const uploadOnly = { extensions: { uploadOnly: true } as NonNullable<Peer["extensions"]> }
const began = (count: number) => ({ haveEvents: [{ atMs: 1_000, count }] })
const mine = { peerId: "11".repeat(20) }

/** This run's peer 1, and what is known of it from the runs before. */
const seen = (before: readonly PeerReading[], now: Peer | null): Evidence =>
  anEvidence({ peers: now ? [now] : [], earlier: anEarlier({ 1: before }) })

const looked = (before: readonly PeerReading[], now: Peer | null) => {
  const progress = progressOf(seen(before, now))
  return {
    completed: progress?.confirmedCompletions.map(({ fromCount }) => fromCount),
    lost: progress?.rewinds.map(({ lost, regainedAt }) => [lost, regainedAt !== null]),
    stalled: progress?.stalled.map(({ haveCount, runs }) => [haveCount, runs]),
  }
}

const nothing = { completed: [], lost: [], stalled: [] }

describe("completions", () => {
  test.each<[string, PeerReading[], Peer | null, number[]]>([
    ["a leecher, then every piece", [aReading(1, half)], aPeer(1, all), [8]],
    ["in earlier runs alone", [aReading(2, half), aReading(1, all)], null, [8]],
    ["the last part is what it is seen from", [aReading(2, [0]), aReading(1, half)], aPeer(1, all), [8]],
    ["with a lazy bitfield", [aReading(1, half)], aPeer(1, all, began(12)), [8]],
    [
      "the same peer id under another client's name",
      [aReading(1, half, { client: "x", ...mine })],
      aPeer(1, all, mine),
      [8],
    ],
    ["another client at that address", [aReading(1, half, { client: "aria2 1.36.0" })], aPeer(1, all), []],
    ["a seeder with a lazy bitfield", [], aPeer(1, all, began(12)), []],
    ["a seeder from the start", [aReading(1, all)], aPeer(1, all), []],
    ["a seeder that rechecked meanwhile", [aReading(2, all), aReading(1, half)], aPeer(1, all), []],
    ["not yet", [aReading(1, half)], aPeer(1, range(0, 15)), []],
    ["a super-seeder that stops super-seeding", [aReading(1, half, { fromCount: 0 })], aPeer(1, all), []],
    [
      "a partial seed whose user wants the rest",
      [aReading(1, half, { uploadOnly: true })],
      aPeer(1, all),
      [],
    ],
  ])("%s", (_, before, now, fromCounts) => {
    expect(looked(before, now).completed).toEqual(fromCounts)
  })

  test("a peer id that moved to another address takes its readings along", () => {
    const evidence = anEvidence({
      peers: [aPeer(9, all, mine)],
      earlier: anEarlier({ 1: [aReading(1, half, mine)] }),
    })
    expect(progressOf(evidence)?.confirmedCompletions).toMatchObject([
      { address: "203.0.113.9:6881", fromCount: 8, toCount: 16 },
    ])
  })

  test("unless the address had another peer id since", () => {
    const evidence = anEvidence({
      peers: [aPeer(9, all, mine)],
      earlier: anEarlier({ 1: [aReading(2, half, mine), aReading(1, half)] }),
    })
    expect(progressOf(evidence)?.confirmedCompletions).toEqual([])
  })

  test("one that is at both addresses is two peers", () => {
    const evidence = anEvidence({
      peers: [aPeer(1, half, mine), aPeer(9, all, mine)],
      earlier: anEarlier({ 1: [aReading(1, half, mine)] }),
    })
    expect(progressOf(evidence)?.confirmedCompletions).toEqual([])
  })
})

describe("rewinds", () => {
  test.each<[string, PeerReading[], Peer, [number, boolean][]]>([
    ["fewer pieces than before", [aReading(1, range(0, 12))], aPeer(1, half), [[4, false]]],
    ["as many, but others", [aReading(1, half)], aPeer(1, range(4, 12)), [[4, true]]],
    [
      "lost and regained",
      [aReading(2, range(0, 12)), aReading(1, half)],
      aPeer(1, range(0, 12)),
      [[4, true]],
    ],
    ["only gains", [aReading(2, half), aReading(1, range(0, 9))], aPeer(1, range(0, 10)), []],
    ["another client at that address", [aReading(1, range(0, 12), { client: "x" })], aPeer(1, half), []],
    [
      "a lazy bitfield: less at first, by HAVE the rest",
      [aReading(1, range(0, 12))],
      aPeer(1, range(0, 12), began(6)),
      [],
    ],
    [
      "a super-seeder shows others each time",
      [aReading(1, [1, 2], { fromCount: 0 })],
      aPeer(1, [7], began(0)),
      [],
    ],
    ["a seeder that begins to super-seed", [aReading(1, all)], aPeer(1, [7], began(0)), []],
    ["a partial seed", [aReading(1, range(0, 12))], aPeer(1, half, uploadOnly), []],
    ["a seeder that lost a part", [aReading(1, all, { uploadOnly: true })], aPeer(1, half), [[8, false]]],
    ["a leecher that begins anew", [aReading(1, half)], aPeer(1, [3], began(0)), [[7, false]]],
  ])("%s", (_, before, now, lost) => {
    expect(looked(before, now).lost).toEqual(lost)
  })

  test("visits of this run count, unless it takes pieces back openly (BEP 54)", () => {
    const visit = { fromMs: 1_000, toMs: 2_000, gained: 0, peerId: "22".repeat(20), events: [] }
    const readings = [
      { ...visit, fromCount: 12, toCount: 12, withdrawn: 0, gone: null },
      { ...visit, fromMs: 30_000, toMs: 31_000, fromCount: 8, toCount: 8, withdrawn: 0, gone: 5 },
    ]
    const openly = readings.map((reading) => ({ ...reading, withdrawn: 1 }))
    expect(looked([aReading(1, [0])], aPeer(1, half, { readings })).lost).toEqual([[5, false]])
    expect(looked([aReading(1, [0])], aPeer(1, half, { readings: openly })).lost).toEqual([])
  })
})

describe("stalls", () => {
  test.each<[string, PeerReading[], Peer, [number, number][]]>([
    ["three runs without a piece", [aReading(2, half), aReading(1, half)], aPeer(1, half), [[8, 3]]],
    ["two", [aReading(1, half)], aPeer(1, half), []],
    [
      "since it last gained one",
      [3, 2, 1].map((n) => aReading(n, n === 3 ? [0] : half)),
      aPeer(1, half),
      [[8, 3]],
    ],
    ["it gained one now", [aReading(2, half), aReading(1, half)], aPeer(1, range(0, 9)), []],
    [
      "it gained one while we were there",
      [aReading(2, half), aReading(1, half)],
      aPeer(1, half, began(7)),
      [],
    ],
    ["a seeder", [aReading(2, all), aReading(1, all)], aPeer(1, all), []],
    ["it has nothing, and may only watch", [aReading(2, []), aReading(1, [])], aPeer(1, []), []],
    ["a partial seed", [aReading(2, half), aReading(1, half)], aPeer(1, half, uploadOnly), []],
  ])("%s", (_, before, now, stalled) => {
    expect(looked(before, now).stalled).toEqual(stalled)
  })

  test("nobody who isn't there any more", () => {
    expect(looked([aReading(3, half), aReading(2, half), aReading(1, half)], null)).toEqual(nothing)
  })
})

describe("the tracker's count", () => {
  const readings = [aTrackerReading(2, { downloads: 10 }), aTrackerReading(1, { downloads: 12 })]
  const riseWith = (downloads: number | null, reused = false) =>
    progressOf(
      anEvidence({
        trackers: [aTracker({ announces: [anAnnounce({ downloads, reused })] })],
        earlier: anEarlier({ 1: [] }, readings),
      }),
    )?.downloadsRise.map(({ from, rise }) => [from, rise])

  test.each([
    ["now and at first", 15, false, 5],
    ["one that was used again is no reading", 15, true, 2],
    ["no count now", null, false, 2],
    ["it counts anew", 1, false, -9],
  ])("%s", (_, downloads, reused, rise) => {
    expect(riseWith(downloads, reused)).toEqual([[runBefore(2), rise]])
  })
})

test("nothing is known of earlier runs", () => {
  expect(progressOf(anEvidence())).toBeNull()
  expect(progressOf(anEvidence({ earlier: null }))).toBeNull()
})

test("readings of another length are no readings", () => {
  expect(looked([aReading(1, range(0, 20), {}, 24)], aPeer(1, all))).toEqual(nothing)
})
