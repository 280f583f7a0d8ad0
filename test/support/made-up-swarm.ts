/** What made-up swarms are made of. */
import type { Evidence, Peer, Reading, Sighting, Tracker } from "../../src/evidence.ts"
import { fullBitfield, toBase64 } from "../../src/torrent/bitfield.ts"
import {
  aFailedSample,
  anAnnounce,
  anAttempt,
  anEvidence,
  aPeer,
  aRun,
  aSample,
  aSilentPeer,
  aTorrent,
  aTracker,
  at,
  everySource,
  pieceBytes,
  range,
} from "./builders.ts"

/** The same for the same n: no two runs of a benchmark differ. */
export const mixed = (n: number): number => (Math.imul(n ^ (n >>> 15), 2_654_435_761) >>> 0) / 2 ** 32

/** Public ones, of different hosts, in /24s of 200. */
export const addressOf = (n: number, port = 6881): string => {
  const network = Math.floor(n / 200)
  return `${20 + (network >> 16)}.${(network >> 8) & 255}.${network & 255}.${1 + (n % 200)}:${port}`
}

export const peerIdOf = (n: number): string =>
  `2d5452343036302d${Math.floor(mixed(n) * 2 ** 48)
    .toString(16)
    .padStart(12, "0")}${n.toString(16).padStart(12, "0")}`

export const urls = range(0, 4).map((n) => `https://tracker${n}.example.org/announce`)
export const sighting = (n: number, atMs = 0): Sighting => ({
  kind: "tracker",
  via: urls[n % 4] ?? "",
  at: at(atMs),
})

export const trackersOf = (seeders: number, leechers: number, rounds = 1): Tracker[] =>
  urls.map((url) =>
    aTracker({
      url,
      announces: range(0, rounds).map((round) =>
        anAnnounce({ atMs: round * 1_000, seeders, leechers, peerCount: 200 }),
      ),
    }),
  )

/** What a leecher told: so many bursts of one piece, at times of its own. */
const gainsOf = (n: number, count: number, events: number): { atMs: number; count: number }[] =>
  range(0, events).map((event) => ({
    atMs: 1_000 + Math.round(event * 120 + 100 * mixed(n * 977 + event)),
    count: Math.max(0, count - events + 1 + event),
  }))

export const readingOf = (events: Reading["events"], peerId: string | null): Reading => ({
  fromMs: events[0]?.atMs ?? 0,
  toMs: events.at(-1)?.atMs ?? 0,
  fromCount: events[0]?.count ?? 0,
  toCount: events.at(-1)?.count ?? 0,
  gained: Math.max(0, events.length - 1),
  withdrawn: 0,
  gone: null,
  peerId,
  events: events.slice(0, 256),
})

/** Half seeders, half leechers with the first so many pieces; the third of them all is silent if `silent`. */
export function peersOf(
  size: number,
  pieceCount: number,
  overrides: (n: number, count: number) => Partial<Peer> = () => ({}),
  silent = true,
): Peer[] {
  const full = toBase64(fullBitfield(pieceCount))
  return range(0, size).map((n): Peer => {
    const shared = { address: addressOf(n), sources: [sighting(n), sighting(n + 1)] }
    if (silent && n % 3 === 2) return aSilentPeer(1, { ...shared, ...overrides(n, 0) })
    if (n % 2 === 0)
      return aPeer(1, [], {
        ...shared,
        peerId: peerIdOf(n),
        bitfield: full,
        haveCount: pieceCount,
        haveRatio: 1,
        ...overrides(n, pieceCount),
      })
    const count = 1 + Math.floor(mixed(n) * (pieceCount - 2))
    return aPeer(1, range(0, count), { ...shared, peerId: peerIdOf(n), ...overrides(n, count) }, pieceCount)
  })
}

export function swarmOf(peers: Peer[], pieceCount: number, overrides: Partial<Evidence> = {}): Evidence {
  return anEvidence({
    run: aRun({ discovery: everySource, limits: { ...aRun().limits, maxPeers: peers.length } }),
    torrent: aTorrent({
      pieceCount,
      sizeBytes: pieceCount * pieceBytes,
      files: range(0, 8).map((n) => ({
        path: `${n}.bin`,
        sizeBytes: (pieceCount / 8) * pieceBytes,
        firstPiece: (n * pieceCount) / 8,
        lastPiece: ((n + 1) * pieceCount) / 8 - 1,
        pad: false,
      })),
    }),
    trackers: trackersOf(Math.ceil(peers.length / 2), Math.ceil(peers.length / 2)),
    peers,
    ...overrides,
  })
}

export const usual = 1_000

export const rate = (value: number) => ({
  value,
  low: value * 0.9,
  high: value * 1.1,
  n: 8,
  confidence: 0.95,
  censored: false,
})

export const progress = range(1, 17).map((block): [number, number] => [block * 15, block * 16_384])

export const sampled = (n: number, count: number): Partial<Peer> =>
  count === 0
    ? {}
    : {
        samples: [aSample(n % count, { atMs: 1_000 + (n % 40_000), progress })],
        goodputBytesPerSecond: rate(100_000 + Math.floor(mixed(n) * 1_000_000)),
      }

export function scatteredBits(n: number, count: number): Partial<Peer> {
  const bits = new Uint8Array(usual / 8)
  let have = 0
  for (let piece = 0; piece < usual; piece++)
    if (mixed(n * 65_537 + piece) < count / usual) {
      bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
      have++
    }
  return { bitfield: toBase64(bits), haveCount: have, haveRatio: have / usual, samples: [] }
}

export function firstPieces(count: number): Partial<Peer> {
  const { bitfield, haveCount, haveRatio } = aPeer(1, range(0, count), {}, usual)
  return { bitfield, haveCount, haveRatio }
}

/** `rhythm`: who have the same one gain at the same moments. */
export function gaining(rhythm: number, n: number, count: number, events: number): Partial<Peer> {
  if (count === 0 || count === usual) return {}
  const haveEvents = gainsOf(rhythm, count, Math.min(events, count))
  return { haveEvents, readings: [readingOf(haveEvents, peerIdOf(n))] }
}

export function silentTwice(n: number): Partial<Peer> {
  const from = [2_000 + (n % 5_000), 102_000 + (n % 5_000)] as const
  return {
    attempts: from.map((atMs) => anAttempt({ atMs: atMs - 1_000, ms: 90_000 })),
    silences: from.map((fromMs) => ({
      fromMs,
      toMs: fromMs + 61_000,
      waitedMs: 61_000,
      heardMs: fromMs + 60_000,
      begunBytes: 0,
    })),
    samples: from.map((atMs) => aFailedSample(n % 7, "snubbed", { atMs, ms: 61_000 })),
  }
}
