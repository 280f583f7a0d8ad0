import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { evidence as schema, type Extensions, type Reading } from "../../src/evidence.ts"
import { countHaves, haveRate, sumOfRates } from "../../src/measure/have-rate.ts"
import { aLeecher, aReading, batches, heldBack, parallel, poisson, regular, type Law } from "./haves.ts"
import { randomOf } from "./server.ts"

const runs = 1_000
const pieceBytes = 65_536
const torrent = { sizeBytes: 10_000 * pieceBytes, pieceCount: 10_000 }
const rateOf = (readings: Reading[], who: Parameters<typeof aLeecher>[1] = {}) =>
  haveRate(aLeecher(readings, who), torrent)

describe("a 95% interval holds the rate in at least 93% of runs", () => {
  test.each<[string, number, (perSecond: number) => Law, number]>([
    ["single pieces, three in all", 0.1, poisson, 30_000],
    ["single pieces, one a second", 1, poisson, 30_000],
    ["single pieces, 16 a second", 16, poisson, 30_000],
    ["single pieces, a short look", 4, poisson, 3_000],
    ["pairs", 1, (rate) => batches(rate, 2), 30_000],
    ["batches of four, seven of them", 1, (rate) => batches(rate, 4), 30_000],
    ["batches of eight, fifteen of them", 4, (rate) => batches(rate, 8), 30_000],
    ["a shaped line", 0.3, regular, 30_000],
    ["a shaped line, pieces four at a time", 2, (rate) => parallel(rate, 4), 30_000],
    ["single pieces told of every 500 ms", 4, (rate) => heldBack(poisson(rate), 500), 30_000],
    ["a shaped line told of every 10 s", 4, (rate) => heldBack(regular(rate), 10_000), 30_000],
    ["single pieces told of every 10 s", 1, (rate) => heldBack(poisson(rate), 10_000), 30_000],
  ])("%s", (_, perSecond, law, durationMs) => {
    const random = randomOf(7)
    const truth = perSecond * pieceBytes
    const rates = Array.from({ length: runs }, () =>
      rateOf([aReading(law(perSecond)(durationMs, random), durationMs)]),
    ).filter((rate) => rate !== null)
    expect(rates.length).toBeGreaterThan(0.8 * runs)
    const covered = rates.filter(({ low, high }) => low <= truth && truth <= (high ?? 0))
    expect(covered.length / rates.length).toBeGreaterThanOrEqual(0.93)
  })

  test("pieces that Transmission tells of every 10 s count one by one", () => {
    const random = randomOf(5)
    const truth = 4 * pieceBytes
    const rates = Array.from({ length: runs }, () =>
      rateOf([aReading(heldBack(poisson(4), 10_000)(30_000, random), 30_000)], {
        clientFamily: "Transmission",
      }),
    )
    const covered = rates.filter((rate) => rate && rate.low <= truth && truth <= (rate.high ?? 0))
    expect(covered.length / runs).toBeGreaterThanOrEqual(0.93)
    const widths = rates.map((rate) => ((rate?.high ?? Infinity) - (rate?.low ?? 0)) / truth)
    expect(Math.max(...widths)).toBeLessThan(1)
  })

  test("the sum of several, fast ones and slow ones", () => {
    const random = randomOf(11)
    const laws = [0.1, 0.2, 1, 4].map((perSecond) => poisson(perSecond))
    const truth = 5.3 * pieceBytes
    const sums = Array.from({ length: runs }, () =>
      sumOfRates(
        laws.flatMap((law) => countHaves(aLeecher([aReading(law(30_000, random), 30_000)]), torrent) ?? []),
      ),
    )
    const covered = sums.filter((sum) => sum && sum.low <= truth && truth <= (sum.high ?? 0))
    expect(covered.length / runs).toBeGreaterThanOrEqual(0.93)
  })
})

test("a shaped line is measured within 2%, however its client tells of it", () => {
  for (const law of [regular(4), heldBack(regular(4), 1_000), heldBack(regular(4), 10_000), parallel(4, 4)]) {
    const rate = rateOf([aReading(law(30_000, randomOf(3)), 30_000)])
    expect(Math.abs((rate?.value ?? 0) / (4 * pieceBytes) - 1)).toBeLessThan(0.02)
  }
})

test("one event at a time: Garwood's interval", () => {
  // Ten HAVEs in ten seconds, after the first second of eleven; then a silence that is no client's habit.
  const times = Array.from({ length: 10 }, (_, at) => 1_100 + at * 200)
  const rate = rateOf([aReading(times, 11_000)])
  expect(rate?.value).toBeCloseTo(pieceBytes, 6)
  expect((rate?.low ?? 0) / pieceBytes).toBeCloseTo(0.479539, 5)
  expect((rate?.high ?? 0) / pieceBytes).toBeCloseTo(1.839036, 5)
  expect(rate?.n).toBe(10)
})

test("who stops halfway downloaded half as fast", () => {
  const times = Array.from({ length: 30 }, (_, at) => 1_100 + at * 500)
  expect(rateOf([aReading(times, 31_000)])?.value).toBeCloseTo(pieceBytes, 6)
})

test("nothing in thirty seconds: at most 3.69 pieces", () => {
  const rate = rateOf([aReading([], 31_000)])
  expect(rate).toMatchObject({ value: 0, low: 0, n: 0, censored: false })
  expect(((rate?.high ?? 0) * 30) / pieceBytes).toBeCloseTo(3.688879, 5)
})

test("two visits are one, end to end", () => {
  const rate = rateOf([
    aReading([], 31_000),
    aReading(
      Array.from({ length: 60 }, (_, at) => 1_100 + at * 500),
      31_000,
      { fromMs: 60_000 },
    ),
  ])
  expect((rate?.value ?? 0) / pieceBytes).toBeCloseTo(59 / 59.5, 1)
})

test("the last piece is shorter: pieces count with the mean length", () => {
  const small = { sizeBytes: 15 * pieceBytes + 1, pieceCount: 16 }
  const peer = aLeecher([aReading([1_500, 2_500, 3_500], 5_000, { fromCount: 9 })])
  expect(haveRate(peer, small)?.value).toBeCloseTo(((15 * pieceBytes + 1) / 16) * 1, 6)
})

const uploadOnly = { uploadOnly: true } as Extensions
const steady = Array.from({ length: 58 }, (_, at) => 500 + at * 500)

test.each<[string, Reading, Parameters<typeof aLeecher>[1]]>([
  ["a partial seed (BEP 21)", aReading([], 30_000), { extensions: uploadOnly }],
  [
    "a super-seeder, which shows its pieces one by one",
    aReading([4_000, 19_000], 30_000, { fromCount: 0 }),
    {},
  ],
  ["pieces taken back (BEP 54)", aReading(steady, 30_000, { withdrawn: 1 }), {}],
  ["a seeder", aReading([], 30_000, { fromCount: 10_000 }), {}],
  [
    "rTorrent, which speaks of a piece when it has something else to say",
    aReading(steady, 30_000),
    { clientFamily: "rTorrent" },
  ],
  ["a silence that may be a client's habit", aReading([], 15_000), {}],
  ["a glance", aReading([200, 900, 1_400], 1_900), {}],
  [
    "a hash check: 300 MB/s",
    aReading(
      Array.from({ length: 4_000 }, (_, at) => 1_500 + at * 0.2),
      30_000,
    ),
    {},
  ],
  [
    "one lump, of which nobody knows since when",
    aReading(
      Array.from({ length: 40 }, () => 12_000),
      30_000,
    ),
    {},
  ],
])("no rate: %s", (_, reading, who) => {
  expect(rateOf([reading], who)).toBeNull()
})

test("what comes right behind the bitfield is no download", () => {
  const lazy = Array.from({ length: 30 }, (_, at) => at)
  expect(rateOf([aReading(lazy, 31_000)])?.value).toBe(0)
})

test("no reading, no rate; nobody, no sum", () => {
  expect(haveRate({ extensions: null, clientFamily: null }, torrent)).toBeNull()
  expect(haveRate(aLeecher([aReading([], 30_000)]), { sizeBytes: 0, pieceCount: 0 })).toBeNull()
  expect(sumOfRates([])).toBeNull()
})

const recorded = schema.parse(
  JSON.parse(
    readFileSync(new URL("../../fixtures/swarms/leechers-at-work/evidence.json", import.meta.url), "utf8"),
  ),
)

test.each([
  ["libtorrent", 512],
  ["qBittorrent", 384],
  ["Transmission", 512],
  ["aria2", 256],
])("a real %s on a line of %i KiB/s", (family, kib) => {
  const peer = recorded.peers.find(
    ({ clientFamily, extensions }) => clientFamily === family && extensions?.uploadOnly !== true,
  )
  const rate = peer && haveRate(peer, recorded.torrent)
  expect(Math.abs((rate?.value ?? 0) / (kib * 1_024) - 1)).toBeLessThan(0.05)
  expect(rate?.low).toBeLessThan(kib * 1_024)
  expect(rate?.high).toBeGreaterThan(kib * 1_024)
})
