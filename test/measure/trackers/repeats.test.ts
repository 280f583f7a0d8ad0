import { describe, expect, test } from "vitest"
import { biasedList } from "../../../src/audits/biased-list.ts"
import type { Evidence, Peer } from "../../../src/evidence.ts"
import { showingsOf } from "../../../src/measure/trackers/repeats.ts"
import {
  anAnnounce,
  anEvidence,
  aSighting,
  aSightedPeer,
  aTracker,
  at,
  range,
} from "../../support/builders.ts"
import { randomOf } from "../server.ts"

type Random = () => number
/** Which `size` of `all` the `reply`th answer names. */
export type Order = (all: number, size: number, reply: number, random: Random) => number[]

/** Without replacement (Floyd). */
function drawn(all: number, size: number, random: Random): number[] {
  const ids = new Set<number>()
  for (let last = all - size; last < all; last++) {
    const pick = Math.floor(random() * (last + 1))
    ids.add(ids.has(pick) ? last : pick)
  }
  return [...ids]
}

/** What known trackers do, as their sources say. */
const orders = {
  /** bittorrent-tracker: drawn at random for every reply. */
  random: (all, size, _, random) => drawn(all, size, random),
  /** opentracker: from a random start, each step at random up to all/size, so through half of the list. */
  stepping: (all, size, _, random) => {
    let at = Math.floor(random() * all)
    return range(0, size).map(() => {
      at += 1 + Math.floor(random() * Math.floor(all / size))
      return at % all
    })
  },
  /** chihaya (a Go map) from a random start; Ocelot where the last reply ended, which others moved on since. */
  window: (all, size, _, random) => {
    const start = Math.floor(random() * all)
    return range(0, size).map((i) => (start + i) % all)
  },
  /** Ocelot and chihaya too: all ten seeders, then leechers. */
  seedersFirst: (all, size, _, random) => [
    ...range(0, 10),
    ...drawn(all - 10, size - 10, random).map((id) => id + 10),
  ],
} satisfies Record<string, Order>

/** Torrust: the first ones of an ordered map. */
const fixed: Order = (_, size) => range(0, size)
/** A tenth of the peers is new at each reply. */
const recent: Order = (all, size, reply) =>
  range(0, size).map((i) => (i + Math.floor((reply * size) / 10)) % all)

function asked(order: Order, all: number, size: number, replies: number, random: Random): Evidence {
  const sources = new Map<number, Peer["sources"]>()
  const announces = range(0, replies).map((reply) => {
    const drawn = new Set(order(all, size, reply, random))
    const sighting = aSighting({ at: at(reply) })
    for (const one of drawn) sources.set(one, [...(sources.get(one) ?? []), sighting])
    return anAnnounce({ atMs: reply, seeders: 10, leechers: all - 9, peerCount: drawn.size })
  })
  return anEvidence({
    trackers: [aTracker({ announces })],
    peers: [...sources].map(([id, of]) =>
      aSightedPeer(0, { address: `10.0.${id >> 8}.${id & 255}:6881`, sources: of }),
    ),
  })
}

const pValueOf = (evidence: Evidence) => showingsOf(evidence)[0]?.pValue ?? null

const isBiased = (evidence: Evidence) =>
  biasedList.judge(evidence).some(({ subject }) => subject.startsWith("tracker:"))

describe("what known trackers do isn't called biased in 100 runs", () => {
  test.each(
    Object.entries(orders).flatMap(([name, order]) => [
      { name, order, all: 60, size: 50, replies: 2 },
      { name, order, all: 400, size: 50, replies: 2 },
      { name, order, all: 410, size: 200, replies: 2 },
      { name, order, all: 1_500, size: 74, replies: 4 },
      { name, order, all: 2_000, size: 100, replies: 8 },
    ]),
  )("$name: $replies replies of $size from $all", ({ order, all, size, replies }) => {
    const random = randomOf(all + size)
    const biased = range(0, 100).filter(() => isBiased(asked(order, all, size, replies, random)))
    expect(biased).toEqual([])
  })
})

test.each([
  { name: "fixed", order: fixed, all: 2_000, replies: 2 },
  { name: "fixed", order: fixed, all: 200, replies: 3 },
  { name: "most recent first", order: recent, all: 2_000, replies: 3 },
])(
  "a list that is always nearly the same is: $name, $replies replies from $all",
  ({ order, all, replies }) => {
    expect(isBiased(asked(order, all, 50, replies, randomOf(1)))).toBe(true)
  },
)

test("random draws give small p-values as rarely as they should", () => {
  const random = randomOf(5)
  const ps = range(0, 400).map(() => pValueOf(asked(orders.random, 400, 50, 3, random)) ?? 0)
  expect(ps.filter((p) => p <= 0.05).length).toBeLessThan(30)
})

describe("without what it needs there is no p-value", () => {
  const [tracker] = asked(fixed, 1_000, 50, 2, randomOf(1)).trackers
  const evidence = asked(fixed, 1_000, 50, 2, randomOf(1))
  const announces = tracker?.announces ?? []
  test.each<[string, Evidence]>([
    ["one reply", asked(fixed, 1_000, 50, 1, randomOf(1))],
    ["an incomplete record", { ...evidence, peers: evidence.peers.slice(1) }],
    [
      "no count of leechers",
      {
        ...evidence,
        trackers: [aTracker({ announces: announces.map((each) => ({ ...each, leechers: null })) })],
      },
    ],
    [
      "a family that wasn't asked",
      { ...evidence, trackers: [aTracker({ announces, families: ["ipv4", "ipv6"] })] },
    ],
    [
      "peers of its WebSocket side",
      {
        ...evidence,
        trackers: [
          ...evidence.trackers,
          aTracker({ url: "wss://tracker.example.org", protocol: "wss", announces: [] }),
        ],
      },
    ],
  ])("%s", (_, given) => {
    expect(pValueOf(given)).toBeNull()
  })
})

describe("every family is held against its part of the count, and the least suspicious decides", () => {
  const asking = (parts: Record<"ipv4" | "ipv6", number>, size: number, replies: number) => {
    const random = randomOf(3)
    const all = parts.ipv4 + parts.ipv6
    const replied = (["ipv4", "ipv6"] as const).flatMap((family, i) =>
      range(0, replies).map((reply) => ({
        announce: anAnnounce({
          atMs: 1_000 * i + reply,
          family,
          seeders: all - 100,
          leechers: 101,
          peerCount: size,
        }),
        ids: drawn(parts[family], size, random).map((id) => id + 5_000 * i),
      })),
    )
    const peers = [...new Set(replied.flatMap(({ ids }) => ids))].map((id) =>
      aSightedPeer(0, {
        address: `10.0.${id >> 8}.${id & 255}:6881`,
        sources: replied.flatMap(({ announce, ids }) =>
          ids.includes(id) ? [aSighting({ at: announce.at })] : [],
        ),
      }),
    )
    const announces = replied.map(({ announce }) => announce)
    return showingsOf(
      anEvidence({ trackers: [aTracker({ families: ["ipv4", "ipv6"], announces })], peers }),
    )[0]
  }

  test("few over IPv6, whom two replies nearly repeat", () => {
    const showing = asking({ ipv4: 940, ipv6: 60 }, 50, 2)
    expect(showing?.repeats.map(({ pValue }) => pValue < 0.05)).toEqual([false, true])
    expect(showing?.pValue).toBeGreaterThan(0.01)
  })

  test("half and half: each repeats twice what one list of all would", () => {
    expect(asking({ ipv4: 500, ipv6: 500 }, 100, 6)?.pValue).toBeGreaterThan(0.01)
  })
})
