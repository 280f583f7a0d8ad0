import { describe, expect, test } from "vitest"
import type { Estimate, Evidence, Peer } from "../../../src/evidence.ts"
import { fullCopyMs } from "../../../src/measure/full-copy.ts"
import { anEvidence, aPeer, aTorrent, pieceBytes, range } from "../../support/builders.ts"
import { blocksPerPiece, downloadMs } from "./client.ts"
import { normalOf, randomOf } from "../server.ts"

const KiB = 1024
const runs = 1_000

type Random = () => number

interface Truth {
  /** Bytes per second. */
  rate: number
  pieces: readonly number[]
  unchoke: "at once" | "in rounds"
  /** What it grants while nobody shares its uplink, or our link, when that is more. */
  alone?: number
}

interface Regime {
  name: string
  pieces: number
  /** Standard deviation of a stated rate, relative. */
  noise: number
  peers: (random: Random, pieces: number) => Truth[]
  /** Those that were slower together than alone share this. */
  shared?: "uplink" | "our link"
}

const between = (random: Random, from: number, to: number) => from * (to / from) ** random()
const all = (pieces: number) => range(0, pieces)
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const times = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i))
const some = (random: Random, pieces: number, share: number) => all(pieces).filter(() => random() < share)

const seeder = (rate: number, pieces: number, unchoke: Truth["unchoke"] = "at once"): Truth => ({
  rate,
  pieces: all(pieces),
  unchoke,
})

const regimes: Regime[] = [
  {
    name: "one seeder",
    pieces: 64,
    noise: 0.05,
    peers: (random, pieces) => [seeder(between(random, 256 * KiB, 1024 * KiB), pieces)],
  },
  {
    name: "many seeders, 20 KiB/s to 2 MiB/s",
    pieces: 128,
    noise: 0.05,
    peers: (random, pieces) =>
      times(3 + Math.floor(random() * 6), () => seeder(between(random, 20 * KiB, 2048 * KiB), pieces)),
  },
  {
    name: "seeders that unchoke in rounds",
    pieces: 96,
    noise: 0.03,
    peers: (random, pieces) =>
      times(2 + Math.floor(random() * 5), () =>
        seeder(between(random, 200 * KiB, 500 * KiB), pieces, "in rounds"),
      ),
  },
  {
    name: "seeders and partial peers",
    pieces: 128,
    noise: 0.05,
    peers: (random, pieces) => [
      ...times(1 + Math.floor(random() * 3), () => seeder(between(random, 128 * KiB, 1024 * KiB), pieces)),
      ...times(1 + Math.floor(random() * 8), () => ({
        rate: between(random, 20 * KiB, 512 * KiB),
        pieces: some(random, pieces, random()),
        unchoke: "at once" as const,
      })),
    ],
  },
  {
    name: "a slow seeder that alone has half, and a fast partial peer",
    pieces: 64,
    noise: 0.05,
    peers: (random, pieces) => [
      seeder(between(random, 128 * KiB, 512 * KiB), pieces),
      { rate: 2048 * KiB, pieces: range(0, pieces >> 1), unchoke: "at once" },
    ],
  },
  {
    name: "overlapping partial peers and no seeder",
    pieces: 96,
    noise: 0.05,
    peers: (random, pieces) => [
      { rate: between(random, 100 * KiB, 1024 * KiB), pieces: range(0, pieces >> 1), unchoke: "at once" },
      {
        rate: between(random, 100 * KiB, 1024 * KiB),
        pieces: range(pieces >> 2, (3 * pieces) >> 2),
        unchoke: "at once",
      },
      {
        rate: between(random, 100 * KiB, 1024 * KiB),
        pieces: range(pieces >> 1, pieces),
        unchoke: "at once",
      },
      {
        rate: between(random, 100 * KiB, 1024 * KiB),
        pieces: all(pieces).filter((piece) => piece % 2 === 0),
        unchoke: "at once",
      },
    ],
  },
  {
    name: "rates known to 20% each",
    pieces: 128,
    noise: 0.1,
    peers: (random, pieces) => times(8, () => seeder(between(random, 100 * KiB, 400 * KiB), pieces)),
  },
  {
    name: "three peers behind one uplink, and another",
    pieces: 96,
    noise: 0.05,
    shared: "uplink",
    peers: (random, pieces) => {
      const uplink = between(random, 300 * KiB, 900 * KiB)
      const neighbour = { ...seeder(uplink / 3, pieces), alone: uplink }
      return [seeder(between(random, 128 * KiB, 512 * KiB), pieces), ...times(3, () => neighbour)]
    },
  },
  {
    name: "a link of ours that carries half of what the peers grant",
    pieces: 96,
    noise: 0.05,
    shared: "our link",
    peers: (random, pieces) =>
      times(4, () => {
        const alone = between(random, 256 * KiB, 1024 * KiB)
        return { ...seeder(alone / 2, pieces), alone }
      }),
  },
]

/** As `goodput` states it: a normal error of that size, 95%, and up to 2% that all have in common. */
function stated(rate: number, noise: number, common: number, random: Random): Estimate {
  const value = rate * (1 + common) * Math.max(0.2, 1 + noise * normalOf(random))
  const halfWidth = (1.96 * noise + 0.02) * value
  return {
    value,
    low: Math.max(0, value - halfWidth),
    high: value + halfWidth,
    n: 8,
    confidence: 0.95,
    censored: false,
  }
}

const unchokedMs = (unchoke: Truth["unchoke"], random: Random) =>
  (unchoke === "at once" ? 500 : 10_000) * random()

/** What clients do before they ask anybody. */
const ownMs: Record<string, (random: Random) => number> = {
  libtorrent: () => 0,
  aria2: () => 2_000,
  Transmission: (random) => 11_000 + 1_000 * random(),
}

function evidenceOf(truths: readonly Truth[], { pieces, noise }: Regime, random: Random): Evidence {
  const common = 0.02 * (2 * random() - 1)
  const peers = truths.map(({ rate, alone = rate, pieces: held, unchoke }, i) => {
    const goodputBytesPerSecond = stated(alone, noise, common, random)
    const peer = aPeer(i + 1, held, { goodputBytesPerSecond }, pieces)
    return { ...peer, timeline: { ...peer.timeline, unchokeMs: 95 + unchokedMs(unchoke, random) } }
  })
  return anEvidence({ peers, torrent: aTorrent({ pieceCount: pieces, sizeBytes: pieces * pieceBytes }) })
}

function boundsOf(truths: readonly Truth[], { shared }: Regime, peers: readonly Peer[], random: Random) {
  const together = truths.filter(({ alone }) => alone !== undefined)
  const rate = stated(sum(together.map((truth) => truth.rate)), 0.04, 0, random)
  const addresses = peers.filter((_, i) => truths[i]?.alone !== undefined).map(({ address }) => address)
  return {
    groups: shared === "uplink" ? [{ addresses, rate }] : [],
    ceiling: shared === "our link" ? rate : null,
  }
}

function trial(regime: Regime, random: Random) {
  const truths = regime.peers(random, regime.pieces)
  const evidence = evidenceOf(truths, regime, random)
  const found = fullCopyMs(evidence, boundsOf(truths, regime, evidence.peers, random))
  const ms = downloadMs({
    peers: truths.map(({ rate, pieces, unchoke }) => {
      const held = new Set(pieces)
      return {
        rate: (rate * blocksPerPiece) / pieceBytes,
        startMs: 95 + unchokedMs(unchoke, random),
        holds: (piece: number) => held.has(piece),
      }
    }),
    pieceCount: regime.pieces,
    randomPieces: random() < 0.5 ? 4 : 0,
    random,
  })
  return { low: found?.low ?? 0, high: found?.high ?? Infinity, given: found !== null && ms < Infinity, ms }
}

describe("the 95% interval covers the time of a simulated client in at least 93% of 1,000 runs", () => {
  test.each(regimes)("$name", (regime) => {
    const results = times(runs, (i) => ({
      ...trial(regime, randomOf(i + 1)),
      random: randomOf(-i - 1),
    })).filter(({ given }) => given)
    expect(results.length).toBeGreaterThanOrEqual(0.9 * runs)
    for (const [client, own] of Object.entries(ownMs)) {
      const covered = results.filter(({ low, high, ms, random }) => {
        const took = ms + own(random)
        return low <= took && took <= high
      })
      expect([client, covered.length / results.length >= 0.93]).toEqual([client, true])
    }
    const widths = results.map(({ low, high }) => high / low).sort((a, b) => a - b)
    expect(widths[widths.length >> 1]).toBeLessThan(2.5)
  })
})
