/** Evidence with what a test cares about said, and the rest plausible. */
import type {
  Announce,
  Attempt,
  Dht,
  DhtLookup,
  DhtNode,
  Evidence,
  Peer,
  Run,
  Sample,
  Scrape,
  Sighting,
  Torrent,
  Tracker,
} from "../../src/evidence.ts"
import { failure, type FailureCode } from "../../src/failure.ts"
import { countPieces, emptyBitfield, setPiece, toBase64 } from "../../src/torrent/bitfield.ts"

export const pieceCount = 16
export const pieceBytes = 256 * 1024
export const startedAt = "2026-03-14T09:15:00.000Z"
export const trackerUrl = "https://tracker.example.org/announce"

export const at = (atMs: number): string => new Date(Date.parse(startedAt) + atMs).toISOString()

export const aRun = (overrides: Partial<Run> = {}): Run => ({
  id: "a1f3c2d4",
  startedAt,
  durationMs: 60_000,
  depth: "sample",
  pace: "normal",
  seed: "1",
  complete: true,
  stopReason: "complete",
  thresholds: { minSeeders: null, minAvailability: null, strict: false },
  limits: {
    timeoutMs: 180_000,
    maxPeers: 200,
    maxDownloadBytes: 268_435_456,
    samplePieces: 32,
    sockets: 40,
    dialsPerSecond: 10,
    totalBytesPerSecond: 5_242_880,
    peerBytesPerSecond: 2_097_152,
    unchokeMs: 40_000,
    blockMs: 20_000,
  },
  capsHit: [],
  vantage: { ipv4: true, ipv6: false, inbound: null, port: 51_413, self: [] },
  usage: { downloadedBytes: 0, uploadedBytes: 0, payloadBytes: 0, cpuMs: 100, peakRssBytes: 90_000_000 },
  ...overrides,
})

/** Two files of eight pieces each, padding after them. */
export const aTorrent = (overrides: Partial<Torrent> = {}): Torrent => ({
  name: "example",
  infoHashV1: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
  infoHashV2: null,
  private: false,
  sizeBytes: pieceCount * pieceBytes,
  pieceBytes,
  pieceCount,
  files: [
    { path: "a.bin", sizeBytes: 8 * pieceBytes, firstPiece: 0, lastPiece: 7, pad: false },
    { path: "b.bin", sizeBytes: 8 * pieceBytes - 100, firstPiece: 8, lastPiece: 15, pad: false },
    { path: ".pad/100", sizeBytes: 100, firstPiece: 15, lastPiece: 15, pad: true },
  ],
  ...overrides,
})

export const anAnnounce = (overrides: Partial<Announce> = {}): Announce => ({
  at: at(overrides.atMs ?? 0),
  atMs: 0,
  ms: 40,
  event: "started",
  family: "ipv4",
  ok: true,
  failure: null,
  tries: 1,
  reused: false,
  seeders: 2,
  leechers: 1,
  downloads: 10,
  selfCount: 1,
  intervalMs: 1_800_000,
  minIntervalMs: null,
  numwant: 200,
  peerCount: 2,
  warning: null,
  ...overrides,
})

const unanswered = { ok: false, seeders: null, leechers: null, downloads: null, selfCount: 0 } as const

export const aFailedAnnounce = (code: FailureCode, overrides: Partial<Announce> = {}): Announce => ({
  ...anAnnounce(),
  ...unanswered,
  failure: failure(code),
  ms: null,
  intervalMs: null,
  peerCount: null,
  ...overrides,
})

export const aScrape = (overrides: Partial<Scrape> = {}): Scrape => ({
  at: at(100),
  atMs: 100,
  ms: 40,
  family: "ipv4",
  ok: true,
  failure: null,
  tries: 1,
  seeders: 2,
  leechers: 1,
  downloads: 10,
  selfCount: 1,
  ...overrides,
})

export const aFailedScrape = (code: FailureCode, overrides: Partial<Scrape> = {}): Scrape => ({
  ...aScrape(),
  ...unanswered,
  failure: failure(code),
  ms: null,
  ...overrides,
})

export const aTracker = (overrides: Partial<Tracker> = {}): Tracker => ({
  url: trackerUrl,
  tier: 0,
  protocol: "https",
  origin: "torrent",
  families: ["ipv4"],
  announces: [anAnnounce()],
  scrape: null,
  canary: null,
  ...overrides,
})

export const aSighting = (overrides: Partial<Sighting> = {}): Sighting => ({
  kind: "tracker",
  via: trackerUrl,
  at: at(0),
  ...overrides,
})

export const anAttempt = (overrides: Partial<Attempt> = {}): Attempt => ({
  at: at(500),
  atMs: 500,
  direction: "outgoing",
  transport: "tcp",
  encryption: "none",
  ok: true,
  failure: failure("idle"),
  ms: 10_000,
  ...overrides,
})

/** A whole piece at about 1 MiB/s, unless said otherwise. */
export const aSample = (piece: number, overrides: Partial<Sample> = {}): Sample => ({
  piece,
  atMs: 2_000,
  bytes: pieceBytes,
  ms: 250,
  verified: true,
  failure: null,
  capped: false,
  progress: [
    [125, pieceBytes / 2],
    [250, pieceBytes],
  ],
  ...overrides,
})

export const aWrongSample = (piece: number, overrides: Partial<Sample> = {}): Sample =>
  aSample(piece, { verified: false, failure: failure("hash-mismatch"), ...overrides })

export const aFailedSample = (piece: number, code: FailureCode, overrides: Partial<Sample> = {}): Sample =>
  aSample(piece, { bytes: 0, verified: null, failure: failure(code), progress: [], ...overrides })

const nothingOfTimeline = {
  connectMs: null,
  handshakeMs: null,
  bitfieldMs: null,
  unchokeMs: null,
  firstBlockMs: null,
  closedMs: null,
}

/** Named by the tracker, and nothing more: its last octet is all that a test says of it. */
export const aSightedPeer = (host: number, overrides: Partial<Peer> = {}): Peer => ({
  address: `203.0.113.${host}:6881`,
  alsoAt: [],
  sources: [aSighting()],
  attempts: [],
  stage: "sighted",
  outcome: "not-tried",
  failure: null,
  peerId: null,
  client: null,
  clientFamily: null,
  reserved: null,
  extensions: null,
  fast: null,
  claimSent: overrides.bitfield ? true : null,
  bitfield: null,
  haveCount: null,
  haveRatio: null,
  haveEvents: [],
  samples: [],
  goodputBytesPerSecond: null,
  downloadBytesPerSecond: null,
  pex: null,
  timeline: nothingOfTimeline,
  ...overrides,
})

export const aSilentPeer = (host: number, overrides: Partial<Peer> = {}): Peer =>
  aSightedPeer(host, {
    attempts: [anAttempt({ ok: false, failure: failure("timeout") })],
    stage: "dialled",
    outcome: "connect-timeout",
    failure: failure("timeout"),
    ...overrides,
  })

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)

/** Reached: holds these pieces, and sent the samples. */
export function aPeer(
  host: number,
  pieces: readonly number[],
  overrides: Partial<Peer> = {},
  of = pieceCount,
): Peer {
  const bits = emptyBitfield(of)
  for (const piece of pieces) setPiece(bits, piece)
  const haveCount = countPieces(bits)
  const samples = overrides.samples ?? []
  const wrong = samples.some(({ verified }) => verified === false)
  const right = samples.some(({ verified }) => verified === true)
  return aSightedPeer(host, {
    attempts: [anAttempt()],
    stage: right ? "verified" : wrong ? "served" : "claimed",
    outcome: wrong ? "bad-data" : "ok",
    peerId: `2d5452343036302d${host.toString(16).padStart(24, "0")}`,
    client: "Transmission 4.0.6",
    clientFamily: "Transmission",
    reserved: "0000000000100004",
    fast: true,
    bitfield: toBase64(bits),
    haveCount,
    haveRatio: haveCount / of,
    timeline: {
      connectMs: 40,
      handshakeMs: 90,
      bitfieldMs: 95,
      unchokeMs: samples.length > 0 ? 1_300 : null,
      firstBlockMs: right || wrong ? 1_400 : null,
      closedMs: 10_000,
    },
    ...overrides,
  })
}

export const aSeeder = (host: number, overrides: Partial<Peer> = {}): Peer =>
  aPeer(host, range(0, pieceCount), { samples: [aSample((host * 5) % pieceCount)], ...overrides })

export const aLeecher = (host: number, pieces: readonly number[], overrides: Partial<Peer> = {}): Peer =>
  aPeer(host, pieces, overrides)

/** Answered, and knows nobody. The address is given whole: many nodes share one test. */
export const aDhtNode = (address: string, overrides: Partial<DhtNode> = {}): DhtNode => ({
  address,
  id: "0".repeat(40),
  idFits: true,
  version: "4c540207",
  atMs: 1_000,
  ms: 80,
  queries: 1,
  replies: 1,
  failure: null,
  token: true,
  announced: null,
  peerCount: 0,
  seederFilter: null,
  leecherFilter: null,
  ...overrides,
})

export const aSilentDhtNode = (address: string): DhtNode =>
  aDhtNode(address, {
    id: null,
    idFits: null,
    version: null,
    ms: null,
    replies: 0,
    failure: failure("timeout"),
    token: false,
    peerCount: null,
  })

/** Of the example torrent's info hash; it converged. */
export const aDhtLookup = (overrides: Partial<DhtLookup> = {}): DhtLookup => ({
  purpose: "peers",
  family: "ipv4",
  target: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
  atMs: 1_000,
  ms: 4_000,
  queries: 60,
  replies: 40,
  end: "converged",
  closest: [],
  ...overrides,
})

export const aDht = (overrides: Partial<Dht> = {}): Dht => {
  const nodes = overrides.nodes ?? []
  return {
    ids: ["7".repeat(40)],
    bootstrap: [{ name: "router.example.org:6881", origin: "default", ok: true, failure: null }],
    queries: nodes.reduce((sum, { queries }) => sum + queries, 0),
    replies: nodes.reduce((sum, { replies }) => sum + replies, 0),
    lookups: [aDhtLookup()],
    nodes,
    peerCount: 0,
    scrape: null,
    ...overrides,
  }
}

/** A BEP 33 filter of so many made-up addresses: two of 2048 bits each. */
export function aFilter(addresses: readonly number[]): string {
  const filter = new Uint8Array(256)
  for (const address of addresses) {
    for (const factor of [2_654_435_761, 2_246_822_519]) {
      const bit = Math.imul(Math.imul(address + 1, factor) ^ (address >>> 7), 2_654_435_761) >>> 21
      filter[bit >> 3] = (filter[bit >> 3] ?? 0) | (1 << (bit & 7))
    }
  }
  return Buffer.from(filter).toString("base64")
}

export const dhtSighting = (via: string): Sighting => aSighting({ kind: "dht", via, at: at(3_000) })

export const pexSighting = (via: string, flags = 0): Sighting =>
  aSighting({ kind: "pex", via, at: at(20_000), flags })

/** Benchmarking addresses (RFC 2544): audits take them for public ones, unlike those for documentation. */
export const publicAddress = (network: number, host: number, port = 6881): string =>
  `198.18.${network}.${host}:${port}`

/** All sources were asked. */
export const everySource = { dht: "on", pex: "on", lsd: "on" } as const

/** Two honest seeders, one tracker that says so. */
export const anEvidence = (overrides: Partial<Evidence> = {}): Evidence => ({
  run: aRun(),
  torrent: aTorrent(),
  trackers: [aTracker()],
  dht: null,
  webSeeds: [],
  peers: [aSeeder(1), aSeeder(2)],
  ...overrides,
})
