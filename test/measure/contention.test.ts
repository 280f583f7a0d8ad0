/** What trials say: peers that gave constant rates in given spans of the run, and what may be concluded from that. */
import { describe, expect, test } from "vitest"
import type { Peer, Span, Trial } from "../../src/evidence.ts"
import { agree, contentionOf, grantedRates, type TrialResult } from "../../src/measure/contention.ts"
import { aRun, aSeeder } from "../support/builders.ts"
import { steadily } from "./server.ts"

const MiB = 1024 * 1024
const address = (host: number) => `203.0.113.${host}:6881`

/** From, to (ms since the start of the run), MiB/s. */
type Gave = readonly [from: number, to: number, mebibytes: number]

const gave = (host: number, ...parts: Gave[]): Peer =>
  aSeeder(host, {
    address: address(host),
    samples: parts.flatMap(([from, to, mebibytes]) => steadily(from, to, mebibytes * MiB)),
    goodputBytesPerSecond: null,
  })

const trial = (
  hosts: number[],
  togetherMs: Span,
  aloneMs: Span,
  between: Trial["between"] = "hosts",
): Trial => ({
  between,
  peers: hosts.map(address),
  togetherMs,
  aloneMs,
})

function judged(trials: Trial[], peers: Peer[]) {
  const run = aRun({ trials })
  const rates = grantedRates({ run, peers })
  const measured = peers.map((peer, i) => ({ ...peer, goodputBytesPerSecond: rates[i] ?? null }))
  return { rates, ...contentionOf({ run, peers: measured }) }
}

const first = trial([1, 2], [0, 4_000], [4_000, 6_000])
const second = trial([1, 2], [6_000, 8_000], [8_000, 10_000])
const slowedTwice = [
  gave(1, [0, 4_000, 1], [4_000, 6_000, 2], [6_000, 8_000, 1], [8_000, 14_000, 2]),
  gave(2, [0, 4_000, 1], [6_000, 8_000, 1]),
]

describe("between hosts", () => {
  test("slowed twice is our ceiling; what was measured under it is left out", () => {
    const { ceiling, uplinks, rates } = judged([first, second], slowedTwice)
    expect((ceiling?.value ?? 0) / MiB).toBeCloseTo(2, 1)
    expect(ceiling).toMatchObject({ n: 2, censored: false })
    expect(uplinks).toEqual([])
    expect((rates[0]?.value ?? 0) / MiB).toBeCloseTo(2, 1)
    expect(rates[0]).toMatchObject({ censored: true, high: null })
    expect(rates[1]).toBeNull()
  })

  test("slowed once may have been the peer's own change", () => {
    const { ceiling, carriedBytesPerSecond } = judged([first], slowedTwice)
    expect(ceiling).toBeNull()
    expect(carriedBytesPerSecond).toBeNull()
  })

  test("no slower together: that much was carried", () => {
    const free = [gave(1, [0, 6_000, 2]), gave(2, [0, 4_000, 1])]
    const { ceiling, carriedBytesPerSecond, rates } = judged([first], free)
    expect(ceiling).toBeNull()
    expect((carriedBytesPerSecond ?? 0) / MiB).toBeCloseTo(3, 1)
    expect(rates.map((rate) => rate?.censored)).toEqual([false, false])
  })

  test.each([
    ["a little faster", 1.2],
    ["much faster, but nothing came", 0],
  ])("%s alone is unclear: neither a ceiling nor carried", (_, alone) => {
    const peers = [gave(1, [0, 4_000, 1], [4_000, 6_000, alone]), gave(2, [0, 4_000, 1])]
    expect(judged([first], peers)).toMatchObject({ ceiling: null, carriedBytesPerSecond: null })
  })

  test("somebody was faster than that ceiling: then two of them share an uplink of theirs", () => {
    const { ceiling, uplinks, rates } = judged(
      [first, second],
      [...slowedTwice, gave(3, [14_000, 20_000, 5])],
    )
    expect(ceiling).toBeNull()
    expect(uplinks).toMatchObject([{ addresses: [address(1), address(2)] }])
    expect(rates[2]).toMatchObject({ censored: false })
  })

  test("of three it can't be told which two", () => {
    const three = (each: Trial): Trial => ({ ...each, peers: [1, 2, 4].map(address) })
    const { ceiling, uplinks } = judged(
      [three(first), three(second)],
      [...slowedTwice, gave(4, [0, 4_000, 0.1]), gave(3, [14_000, 20_000, 5])],
    )
    expect(ceiling).toBeNull()
    expect(uplinks).toEqual([])
  })
})

describe("agreement", () => {
  const result = (error: number): TrialResult => ({
    verdict: "slowed",
    gain: { value: 100, error },
    togetherBytesPerSecond: 1_000,
  })

  test("wants enough trials, and a gain that is no chance", () => {
    expect(agree([result(20)], 2)).toBe(false)
    expect(agree([result(20), result(20)], 2)).toBe(true)
    expect(agree([result(50), result(50)], 2)).toBe(false)
    expect(agree([{ ...result(20), verdict: "unclear" }, result(20)], 2)).toBe(false)
  })
})

describe("neighbours", () => {
  const neighbours = trial([1, 2], [8_000, 10_000], [0, 4_000], "neighbours")

  test("that slow each other share an uplink, and their rates are those alone", () => {
    const { uplinks, ceiling, rates } = judged(
      [neighbours],
      [gave(1, [0, 4_000, 2], [8_000, 10_000, 1]), gave(2, [4_000, 8_000, 2], [8_000, 10_000, 1])],
    )
    expect(ceiling).toBeNull()
    expect(uplinks.map(({ addresses }) => addresses)).toEqual([[address(1), address(2)]])
    expect((uplinks[0]?.rate.value ?? 0) / MiB).toBeCloseTo(2, 1)
    for (const rate of rates) expect((rate?.value ?? 0) / MiB).toBeCloseTo(2, 1)
  })

  test("a third that shares with one of them shares with both", () => {
    const peers = [
      gave(1, [0, 4_000, 2], [8_000, 10_000, 1]),
      gave(2, [4_000, 8_000, 2], [8_000, 10_000, 1], [14_000, 16_000, 1]),
      gave(3, [10_000, 14_000, 2], [14_000, 16_000, 1]),
    ]
    const other = trial([3, 2], [14_000, 16_000], [10_000, 14_000], "neighbours")
    expect(judged([neighbours, other], peers).uplinks.map(({ addresses }) => addresses.length)).toEqual([3])
  })

  test("that do not slow each other are left alone", () => {
    const peers = [gave(1, [0, 4_000, 2], [8_000, 10_000, 2]), gave(2, [4_000, 10_000, 2])]
    expect(judged([neighbours], peers).uplinks).toEqual([])
  })
})

test("a record from before trials were kept has nothing to say", () => {
  const { trials: _, ...run } = aRun()
  expect(contentionOf({ run, peers: slowedTwice })).toEqual({
    ceiling: null,
    carriedBytesPerSecond: null,
    uplinks: [],
  })
})

test("a trial of peers that are not in the record says nothing", () => {
  expect(judged([trial([8, 9], [0, 4_000], [4_000, 6_000])], [])).toMatchObject({
    ceiling: null,
    uplinks: [],
  })
})
