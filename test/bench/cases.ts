/** Truths and views with one peer unless told otherwise: 10 pieces of 200,000 bytes, 100,000 bytes per second, all held. */
import type { Observed } from "../../bench/truth/observer.ts"
import type { Party, Truth } from "../../bench/truth/truth.ts"
import type { PeerView, Range, View } from "../../bench/truth/view.ts"

const pieceCount = 10

/** Base64 of a bitfield of 10 pieces. */
export function bits(held: readonly number[]): string {
  const field = Buffer.alloc(Math.ceil(pieceCount / 8))
  for (const piece of held) field[piece >> 3] = (field[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
  return field.toString("base64")
}

const all = bits(Array.from({ length: pieceCount }, (_, piece) => piece))

export const range = (value: number, low: number, high: number | null): Range => ({
  value,
  low,
  high,
  censored: false,
})

export const aParty = (overrides: Partial<Party> = {}): Party => ({
  name: "transmission-1",
  kind: "transmission",
  honest: true,
  accusedBy: null,
  endpoints: ["10.0.0.1:6881"],
  pieces: all,
  piecesLater: all,
  showsLess: false,
  role: "seeder",
  roleLater: "seeder",
  uplinkBytesPerSecond: 100_000,
  rateIsKnown: true,
  client: { pattern: "^Transmission", version: "3.00" },
  sentBytes: null,
  ...overrides,
})

export const aTruth = (overrides: Partial<Truth> = {}): Truth => ({
  scenario: "a case",
  pieceCount,
  pieceBytes: 200_000,
  sizeBytes: pieceCount * 200_000,
  parties: [aParty()],
  trackers: [{ url: "http://t/a", honest: true, accusedBy: null }],
  fullCopy: null,
  ...overrides,
})

export const aPeerView = (overrides: Partial<PeerView> = {}): PeerView => ({
  endpoints: ["10.0.0.1:6881"],
  client: "Transmission 3.00",
  pieces: all,
  bytesPerSecond: null,
  bytes: 0,
  ...overrides,
})

export const aView = (overrides: Partial<View> = {}): View => ({
  peers: [],
  seeders: 0,
  leechers: 0,
  problems: [],
  fullCopyMs: null,
  wallMs: 1_000,
  cpuMs: 100,
  peakRssBytes: 1_000_000,
  payloadBytes: 0,
  ...overrides,
})

export const observed = (peers: readonly { endpoint: string; readings: readonly number[] }[]): Observed => ({
  version: "2.0.8.0",
  peers: peers.map(({ endpoint, readings }) => ({
    endpoint,
    client: "Transmission/3.00",
    pieces: all,
    seed: true,
    totalBytes: 0,
    readings: readings.map((rate, at) => [at * 500, rate] as const),
  })),
  seeders: 1,
  leechers: 0,
  payloadBytes: 0,
  cpuMs: 1,
  peakRssBytes: 1,
  wallMs: 1,
})
