import { describe, expect, test } from "vitest"
import type { Peer } from "../../src/evidence.ts"
import { groupsOf, pairsOf, type Pair } from "../../src/measure/lockstep.ts"
import { aPeer, range } from "../support/builders.ts"

const pieceCount = 200
interface Gain {
  atMs: number
  count: number
}
const gaining = (n: number, events: Gain[], pieces = range(0, events.at(-1)?.count ?? 0)): Peer =>
  aPeer(n, pieces, { address: `203.0.113.7:${n}`, haveEvents: events }, pieceCount)
/** From 10 pieces on, one a second. */
const series = (steps: number, late = 0, jitter: (i: number) => number = () => 0): Gain[] =>
  range(0, steps + 1).map((i) => ({ atMs: 1_000 * i + late + jitter(i), count: 10 + i }))
const only = (one: Peer, other: Peer): Pair | undefined => pairsOf([one, other], pieceCount)[0]

describe("a pair", () => {
  test.each<[string, Peer, Peer, Partial<Pair>]>([
    ["in one turn", gaining(1, series(20)), gaining(2, series(20, 1)), { steps: 20, loose: 20 }],
    [
      "within a second",
      gaining(1, series(20)),
      gaining(2, series(20, 400)),
      { steps: 20, tight: 0, loose: 19 },
    ],
    [
      "at other counts",
      gaining(1, series(20)),
      gaining(
        2,
        range(0, 21).map((i) => ({ atMs: 1_000 * i, count: 40 + i })),
      ),
      { tight: 0, loose: 0 },
    ],
  ])("%s", (_, one, other, expected) => {
    expect(only(one, other)).toMatchObject(expected)
  })

  test.each<[string, Peer, Peer]>([
    ["of other pieces", gaining(1, series(20)), gaining(2, series(20), range(100, 130))],
    ["never watched together", gaining(1, series(20)), gaining(2, series(20, 60_000))],
    ["one of which gained nothing", gaining(1, series(20)), gaining(2, [])],
  ])("none: %s", (_, one, other) => {
    expect(only(one, other)).toBeUndefined()
  })

  test("its bound: a gap of a second, twelve bursts within 2 ms, ten times as likely as chance", () => {
    expect(only(gaining(1, series(12)), gaining(2, series(12)))?.pValue).toBeCloseTo(0.04 ** 12, 20)
  })

  test("bursts that follow each other closely prove nothing", () => {
    const fast = range(0, 30).map((i) => ({ atMs: 30 * i, count: 10 + i }))
    expect(only(gaining(1, fast), gaining(2, fast))?.pValue).toBeGreaterThan(1e-12)
    const slow = range(0, 30).map((i) => ({ atMs: 3_000 * i, count: 10 + i }))
    expect(only(gaining(1, slow), gaining(2, slow))?.pValue).toBeLessThan(1e-40)
  })

  test("readings count before what the best visit showed, each with each", () => {
    const reading = (events: Gain[]) => ({
      fromMs: 0,
      toMs: 1,
      fromCount: 1,
      toCount: 1,
      gained: 0,
      withdrawn: 0,
      gone: null,
      peerId: null,
      events,
    })
    const twice = [reading(series(5)), reading(series(25).slice(12))]
    const one = { ...gaining(1, series(25)), readings: twice }
    expect(only(one, gaining(2, series(25)))).toMatchObject({ steps: 18 })
  })
})

test("groups are joined by links alone", () => {
  const pair = (a: string, b: string, tight = true): Pair => ({
    peers: [a, b],
    steps: 1,
    tight: tight ? 1 : 0,
    first: [],
    loose: 0,
    pValue: 1,
  })
  const pairs = [pair("a", "b"), pair("c", "d"), pair("b", "c"), pair("d", "e", false), pair("f", "g")]
  expect(groupsOf(pairs, ({ tight }) => tight > 0).map((group) => group.toSorted())).toEqual([
    ["a", "b", "c", "d"],
    ["f", "g"],
  ])
})
