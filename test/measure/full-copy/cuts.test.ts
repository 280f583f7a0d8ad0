import { describe, expect, test } from "vitest"
import type { Estimate } from "../../../src/evidence.ts"
import { pieceGroups } from "../../../src/measure/full-copy/groups.ts"
import { cutsOf, when, type Source } from "../../../src/measure/full-copy/cuts.ts"
import { sentBy } from "../../../src/measure/full-copy/supply.ts"
import { randomOf } from "../server.ts"

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const times = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i))

/** Megabytes, megabytes per second and seconds. */
interface Drawing {
  groups: { of: string; bytes: number }[]
  peers: Record<string, { rate: number; from?: number; uplink?: string }>
  uplinks?: Record<string, number>
  ceiling?: number
}

const exactly = (value: number): Estimate => ({
  value,
  low: value,
  high: value,
  n: 1,
  confidence: 0.95,
  censored: false,
})

function drawn({ groups, peers, uplinks = {}, ceiling }: Drawing) {
  const names = Object.keys(peers)
  const shared = Object.fromEntries(Object.entries(uplinks).map(([name, rate]) => [name, exactly(rate)]))
  const sources = Object.values(peers).map(({ rate, from = 0, uplink }, holding): Source => {
    const start = from * 1_000
    const starts = { earliest: start, usual: start, latest: start }
    return { supply: { rate: exactly(rate), starts, uplink: shared[uplink ?? ""] ?? null }, holding }
  })
  const pieces = groups.map(({ of, bytes }) => ({
    bytes,
    holders: of.split("").map((name) => names.indexOf(name)),
  }))
  return { pieces, sources, limit: ceiling === undefined ? null : exactly(ceiling) }
}

/** The fluid optimum, in seconds. */
function seconds(drawing: Drawing): number {
  const { pieces, sources, limit } = drawn(drawing)
  const needed = cutsOf(pieces, sources, limit).map(({ bytes, supplies }) =>
    when(bytes, (ms) => sentBy(supplies, ms, limit).value),
  )
  return Math.max(...needed.map((ms) => ms ?? Infinity)) / 1_000
}

describe("the best division of the work takes", () => {
  test.each<[string, number, Drawing]>([
    [
      "size over the sum of rates, when all hold all",
      3,
      { groups: [{ of: "AB", bytes: 12 }], peers: { A: { rate: 1 }, B: { rate: 3 } } },
    ],
    [
      "as long as what one peer alone holds takes from it",
      8,
      {
        groups: [
          { of: "AB", bytes: 4 },
          { of: "A", bytes: 8 },
        ],
        peers: { A: { rate: 1 }, B: { rate: 100 } },
      },
    ],
    [
      "two partial peers: each its own, and what both hold by whoever is free",
      6,
      {
        groups: [
          { of: "A", bytes: 6 },
          { of: "B", bytes: 2 },
          { of: "AB", bytes: 4 },
        ],
        peers: { A: { rate: 1 }, B: { rate: 1 } },
      },
    ],
    [
      "what only two slow peers hold, though no piece has a single holder",
      4,
      {
        groups: [
          { of: "AB", bytes: 8 },
          { of: "ABC", bytes: 40 },
        ],
        peers: { A: { rate: 1 }, B: { rate: 1 }, C: { rate: 10 } },
      },
    ],
    [
      "what three hold between them, no two of them alone too much",
      3,
      {
        groups: [
          { of: "AB", bytes: 4 },
          { of: "BC", bytes: 5 },
          { of: "ABCD", bytes: 30 },
        ],
        peers: { A: { rate: 1 }, B: { rate: 1 }, C: { rate: 1 }, D: { rate: 100 } },
      },
    ],
    [
      "longer when some begin later",
      7,
      { groups: [{ of: "AB", bytes: 10 }], peers: { A: { rate: 1 }, B: { rate: 1, from: 4 } } },
    ],
    [
      "no longer for one that begins when all is done",
      3,
      { groups: [{ of: "AB", bytes: 3 }], peers: { A: { rate: 1 }, B: { rate: 1, from: 4 } } },
    ],
    [
      "the late start of the only holder, and its share",
      9,
      {
        groups: [
          { of: "AB", bytes: 4 },
          { of: "B", bytes: 5 },
        ],
        peers: { A: { rate: 1 }, B: { rate: 1, from: 4 } },
      },
    ],
    [
      "what an uplink carries, however fast those behind it are one by one",
      5,
      {
        groups: [{ of: "ABC", bytes: 10 }],
        peers: { A: { rate: 1, uplink: "home" }, B: { rate: 1, uplink: "home" }, C: { rate: 1 } },
        uplinks: { home: 1 },
      },
    ],
    [
      "what an uplink carries, for pieces that only those behind it hold",
      8,
      {
        groups: [
          { of: "AB", bytes: 8 },
          { of: "ABC", bytes: 2 },
        ],
        peers: { A: { rate: 1, uplink: "home" }, B: { rate: 1, uplink: "home" }, C: { rate: 9 } },
        uplinks: { home: 1 },
      },
    ],
    [
      "what our own link carries",
      4,
      { groups: [{ of: "AB", bytes: 8 }], peers: { A: { rate: 2 }, B: { rate: 2 } }, ceiling: 2 },
    ],
  ])("%s", (_, expected, drawing) => {
    expect(seconds(drawing)).toBeCloseTo(expected, 4)
  })

  test("the longest of all sets of peers, in 500 small swarms", () => {
    const random = randomOf(7)
    const pick = (n: number) => Math.floor(random() * n)
    for (let run = 0; run < 500; run++) {
      const names = "ABCDE".split("").slice(0, 2 + pick(4))
      const holders = () => names.filter(() => random() < 0.5).join("") || (names[0] ?? "")
      const drawing: Drawing = {
        groups: times(1 + pick(8), () => ({ of: holders(), bytes: 1 + pick(20) })),
        peers: Object.fromEntries(
          names.map((name) => [
            name,
            { rate: 1 + pick(9), from: pick(4), ...(random() < 0.4 ? { uplink: "home" } : {}) },
          ]),
        ),
        uplinks: { home: 1 + pick(9) },
        ...(random() < 0.3 ? { ceiling: 1 + pick(20) } : {}),
      }
      const { pieces, sources, limit } = drawn(drawing)
      const sets = times(2 ** names.length, (set) => sources.filter(({ holding }) => set & (1 << holding)))
      const needed = sets.map((set) => {
        const inside = new Set(set.map(({ holding }) => holding))
        const alone = pieces.filter((group) => group.holders.every((at) => inside.has(at)))
        const bytes = sum(alone.map((group) => group.bytes))
        const supplies = set.map(({ supply }) => supply)
        return bytes === 0 ? 0 : (when(bytes, (ms) => sentBy(supplies, ms, limit).value) ?? Infinity)
      })
      expect(seconds(drawing)).toBeCloseTo(Math.max(...needed) / 1_000, 3)
    }
  })
})

test("groups that stand for others cost at most 5%, and are exact while there are few", () => {
  const random = randomOf(11)
  const pieceCount = 1_500
  for (const [peers, mostOff] of [
    [10, 1e-6],
    [60, 0.05],
  ] as const) {
    const holdings = times(peers, (i) =>
      Uint8Array.from(
        times(Math.ceil(pieceCount / 8), (byte) => {
          const bits = times(
            8,
            (bit) => ((byte * 8 + bit) % peers === i || random() < 0.3) && byte * 8 + bit < pieceCount,
          )
          return bits.reduce((sum, is, bit) => (is ? sum | (0x80 >> bit) : sum), 0)
        }),
      ),
    )
    const rates = holdings.map(() => 2 ** (14 + 7 * random()))
    const starts = { earliest: 0, usual: 0, latest: 0 }
    const sources = rates.map((rate, holding): Source => ({
      supply: { rate: exactly(rate), starts, uplink: null },
      holding,
    }))
    const needed = (mostPairs: number) => {
      const groups = pieceGroups({ pieceCount, bytesOf: () => 262_144, holdings, rates, mostPairs })
      expect(sum(groups.map(({ bytes }) => bytes))).toBe(pieceCount * 262_144)
      const each = cutsOf(groups, sources, null).map(({ bytes, supplies }) =>
        when(bytes, (ms) => sentBy(supplies, ms, null).value),
      )
      return Math.max(...each.map((ms) => ms ?? Infinity))
    }
    expect(Math.abs(needed(8_000) / needed(Infinity) - 1)).toBeLessThan(mostOff)
  }
})
