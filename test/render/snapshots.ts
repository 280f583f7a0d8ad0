/** Snapshots to draw: builders with overrides, and the swarm of the interface's own drawing. */
import type { Announce, Dht, Estimate, Peer, Sample, Sighting, Tracker } from "../../src/evidence.ts"
import { sourceCounts } from "../../src/measure/sources.ts"
import type { Finding, Snapshot } from "../../src/report.ts"

const at = "2026-03-14T09:15:00.000Z"
const MiB = 1024 ** 2

export const estimate = (value: number, low: number, high: number | null, n = 13): Estimate => ({
  value,
  low,
  high,
  n,
  confidence: 0.95,
  censored: false,
})

export const rate = (value: number, low: number, high: number): Estimate =>
  estimate(value * MiB, low * MiB, high * MiB, 13)

export const announce = (overrides: Partial<Announce> = {}): Announce => ({
  at,
  atMs: 5,
  ms: 182,
  event: "started",
  family: "ipv4",
  ok: true,
  failure: null,
  tries: 1,
  reused: false,
  seeders: 48,
  leechers: 10,
  downloads: null,
  selfCount: 1,
  intervalMs: 1_800_000,
  minIntervalMs: null,
  numwant: 200,
  peerCount: 41,
  warning: null,
  ...overrides,
})

export const silence = (tries: number): Announce =>
  announce({
    ok: false,
    failure: { code: "timeout", detail: null },
    tries,
    ms: null,
    seeders: null,
    leechers: null,
    peerCount: null,
  })

export const tracker = (overrides: Partial<Tracker> = {}): Tracker => ({
  url: "https://tracker.example.org/announce",
  tier: 0,
  protocol: "https",
  origin: "torrent",
  families: ["ipv4"],
  announces: [announce()],
  scrape: null,
  canary: null,
  ...overrides,
})

export const sightings = (letters: string): Sighting[] =>
  Array.from(letters).flatMap((letter): Sighting[] => {
    if (letter === "1") return [{ kind: "tracker", via: "https://tracker.example.org/announce", at }]
    if (letter === "2") return [{ kind: "tracker", via: "udp://bt2.example.org:6969", at }]
    if (letter === "H") return [{ kind: "dht", via: null, at }]
    if (letter === "X") return [{ kind: "pex", via: "203.0.113.7:51413", at }]
    if (letter === "L") return [{ kind: "lsd", via: null, at }]
    if (letter === "I") return [{ kind: "incoming", via: null, at }]
    return [{ kind: "manual", via: null, at }]
  })

export const samples = (good: number, bad: number): Sample[] =>
  Array.from({ length: good + bad }, (_, index) => ({
    piece: 800 + index,
    atMs: 9_000,
    bytes: 262_144,
    ms: 150,
    verified: index < good,
    failure: index < good ? null : { code: "hash-mismatch", detail: null },
    capped: false,
    progress: [],
  }))

export const peer = (overrides: Partial<Peer> = {}): Peer => ({
  address: "203.0.113.7:51413",
  alsoAt: [],
  sources: sightings("1"),
  attempts: [],
  stage: "sighted",
  outcome: "connect-timeout",
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
  timeline: {
    connectMs: null,
    handshakeMs: null,
    bitfieldMs: null,
    unchokeMs: null,
    firstBlockMs: null,
    closedMs: null,
  },
  ...overrides,
})

export const dht = (overrides: Partial<Dht> = {}): Dht => ({
  ids: ["0".repeat(40)],
  bootstrap: [{ name: "router.example:6881", origin: "default", ok: true, failure: null }],
  queries: 118,
  replies: 96,
  lookups: [
    {
      purpose: "peers",
      family: "ipv4",
      target: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
      atMs: 10,
      ms: 2_100,
      queries: 118,
      replies: 96,
      end: "converged",
      closest: [],
    },
  ],
  nodes: [],
  peerCount: 51,
  scrape: null,
  ...overrides,
})

/** With the counts that the report would have of these peers. */
export const withSources = (drawn: Snapshot): Snapshot => ({
  ...drawn,
  swarm: { ...drawn.swarm, sources: sourceCounts(drawn) },
})

const encrypted = (encryption: "none" | "mse-rc4", transport: "tcp" | "utp" = "tcp"): Peer["attempts"] => [
  { at, atMs: 900, direction: "outgoing", transport, encryption, ok: true, failure: null, ms: 20_000 },
]

const timeline = (connectMs: number, handshakeMs: number, unchokeMs: number, firstBlockMs: number) => ({
  connectMs,
  handshakeMs,
  bitfieldMs: handshakeMs + 2,
  unchokeMs,
  firstBlockMs,
  closedMs: 20_000,
})

const served: Peer[] = [
  peer({
    address: "203.0.113.7:51413",
    client: "Transmission 4.0.6",
    haveRatio: 1,
    stage: "verified",
    outcome: "ok",
    sources: sightings("12HX"),
    attempts: encrypted("none"),
    samples: samples(4, 0),
    goodputBytesPerSecond: rate(1.8, 1.4, 2.2),
    timeline: timeline(41, 129, 1310, 1392),
    pex: { messages: 1, added: 20, dropped: 0 },
  }),
  peer({
    address: "[2001:db8::7]:6881",
    client: "qBittorrent 5.1.2",
    haveRatio: 1,
    stage: "verified",
    outcome: "ok",
    sources: sightings("HX"),
    pex: { messages: 1, added: 20, dropped: 0 },
    attempts: encrypted("mse-rc4"),
    samples: samples(3, 0),
    goodputBytesPerSecond: rate(1.7, 1.1, 2.3),
    timeline: timeline(88, 270, 2044, 2190),
  }),
  peer({
    address: "198.51.100.22:6881",
    client: "qBittorrent 5.1.2",
    haveRatio: 1,
    stage: "verified",
    outcome: "ok",
    sources: sightings("H"),
    pex: { messages: 1, added: 20, dropped: 0 },
    attempts: encrypted("none", "utp"),
    samples: samples(3, 0),
    goodputBytesPerSecond: rate(1.5, 1.2, 1.9),
    timeline: timeline(60, 140, 900, 1005),
  }),
  peer({
    address: "192.0.2.14:50000",
    client: "aria2 1.37.0",
    haveRatio: 0.62,
    stage: "verified",
    outcome: "ok",
    sources: sightings("1"),
    attempts: encrypted("none"),
    samples: samples(2, 0),
    goodputBytesPerSecond: { ...rate(1.2, 0.8, 1.7), censored: true },
    timeline: timeline(12, 620, 7000, 7100),
  }),
  peer({
    address: "203.0.113.9:6881",
    client: "libtorrent 2.0.11",
    haveRatio: 1,
    stage: "served",
    outcome: "bad-data",
    sources: sightings("12H"),
    attempts: encrypted("none"),
    samples: samples(0, 2),
    goodputBytesPerSecond: rate(0.9, 0.7, 1.1),
    timeline: timeline(33, 90, 95, 180),
  }),
]

const many = (count: number, host: string, overrides: Partial<Peer>): Peer[] =>
  Array.from({ length: count }, (_, index) => peer({ address: `${host}.${index + 1}:6881`, ...overrides }))

const idle = { stage: "claimed", outcome: "choked", haveRatio: 1, attempts: encrypted("none") } as const

export const finding = (overrides: Partial<Finding> = {}): Finding => ({
  audit: "dead-tracker",
  verdict: "warn",
  subject: "tracker:udp://old.example.net:1337",
  claimed: null,
  measured: null,
  because: "udp://old.example.net:1337 timed out 3 of 3 tries",
  advice: "Fix it or drop it from the torrent; new peers wait for it.",
  pValue: null,
  evidence: {},
  ...overrides,
})

const levels = "▇▇▇█▆▇█▇▇█▆█▇▆▇▇▇▆▇▇█▇▆█▇▇███▆██▇▆▇▆█▇▇▇▇█▇█▇██▇▇███▇▇▇██▇█▆█▇▇█"
const copies = Array.from(levels).flatMap((level) =>
  Array.from({ length: 16 }, () => ({ "▆": 20, "▇": 23, "█": 26 })[level] ?? 0),
)

const cellOfHash = "·✓·✓·✓·✓·✓·✓✓·✓·✓·✓··✓·✓·✓·✓·✓✓·✓··✓✓··✓✓··✓·✓✓·✓··✓·✓·✓·✓·✓✓·✓·"
const sampled = Array.from(cellOfHash).flatMap((mark, cell) => (mark === "✓" ? [cell * 236 + 100] : []))

export function snapshot(overrides: Partial<Snapshot> = {}): Snapshot {
  return {
    schemaVersion: "1.0",
    tool: { name: "torrent-audit", version: "0.1.0" },
    run: {
      id: "a1f3",
      startedAt: at,
      durationMs: 171_000,
      depth: "sample",
      pace: "normal",
      seed: "7c2e",
      complete: true,
      stopReason: "complete",
      thresholds: { minSeeders: null, minAvailability: null, strict: false },
      limits: {
        timeoutMs: 180_000,
        maxPeers: 200,
        maxDownloadBytes: 256 * MiB,
        samplePieces: 32,
        sockets: 40,
        dialsPerSecond: 10,
        totalBytesPerSecond: 5 * MiB,
        peerBytesPerSecond: 2 * MiB,
        unchokeMs: 40_000,
        blockMs: 20_000,
      },
      capsHit: [],
      vantage: { ipv4: true, ipv6: false, inbound: null, port: 6881, self: [] },
      usage: {
        downloadedBytes: 9 * MiB,
        uploadedBytes: 52_000,
        payloadBytes: 8 * MiB,
        cpuMs: 900,
        peakRssBytes: 90 * MiB,
      },
    },
    torrent: {
      name: "example-os-13.1-amd64.iso",
      infoHashV1: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
      infoHashV2: null,
      private: false,
      sizeBytes: 15_104 * 262_144,
      pieceBytes: 262_144,
      pieceCount: 15_104,
      files: [
        {
          path: "example-os-13.1-amd64.iso",
          sizeBytes: 15_104 * 262_144,
          firstPiece: 0,
          lastPiece: 15_103,
          pad: false,
        },
      ],
    },
    trackers: [],
    dht: null,
    webSeeds: [],
    peers: [],
    verdict: { status: "ok", exitCode: 0, downloadable: "yes", because: "Reached peers hold every piece." },
    swarm: {
      seeders: {
        claimed: null,
        reached: 0,
        served: 0,
        verified: 0,
        possible: 0,
        estimate: null,
        claim: "untestable",
      },
      leechers: {
        claimed: null,
        reached: 0,
        served: 0,
        verified: 0,
        possible: 0,
        estimate: null,
        claim: "untestable",
      },
      population: null,
      reachRatio: null,
      funnel: {
        sighted: 0,
        dialled: 0,
        connected: 0,
        identified: 0,
        claimed: 0,
        unchoked: 0,
        served: 0,
        verified: 0,
      },
      availability: null,
      files: [],
      goodputBytesPerSecond: { median: null, total: null },
      fullCopyMs: null,
      completionsPerHour: null,
      sampledPieces: { verified: [], failed: [], unservableRatioHigh: null },
    },
    findings: [],
    error: null,
    ...overrides,
  }
}

const times = (n: number, letters: string): string[] => Array.from({ length: n }, () => letters)

/** Who names the others of the drawing, so that its table of sources comes out. */
const namedBy = [
  ...times(9, "12HX"),
  ...times(18, "12H"),
  ...times(5, "12X"),
  ...times(2, "1H"),
  ...times(2, "2X"),
  ...times(4, "1"),
  ...times(3, "2"),
  ...times(18, "H"),
  ...times(5, "X"),
]

/** The swarm of the drawing. */
export function rich(): Snapshot {
  const base = snapshot()
  return withSources({
    ...base,
    trackers: [
      tracker(),
      tracker({
        url: "udp://bt2.example.org:6969",
        tier: 1,
        protocol: "udp",
        announces: [announce({ ms: 38, seeders: 46, leechers: 9, peerCount: 39 })],
      }),
      tracker({ url: "udp://old.example.net:1337", tier: 2, protocol: "udp", announces: [silence(3)] }),
    ],
    dht: dht(),
    peers: [
      ...served,
      ...[
        ...many(14, "10.0.0", { ...idle, pex: { messages: 1, added: 3, dropped: 0 } }),
        ...many(8, "10.0.1", { ...idle, haveRatio: 0.4 }),
        ...many(22, "10.0.2", {}),
        ...many(14, "10.0.3", { outcome: "connect-refused" }),
        ...many(2, "10.0.4", { stage: "connected", outcome: "connection-reset" }),
        ...many(4, "10.0.5", { stage: "connected", outcome: "handshake-timeout" }),
        ...many(2, "169.254.0", { outcome: "filtered" }),
      ].map((each, index) => ({ ...each, sources: sightings(namedBy[index] ?? "") })),
    ],
    verdict: {
      status: "warning",
      exitCode: 1,
      downloadable: "yes",
      because: "Reached peers hold every piece and 32 pieces were verified.",
    },
    swarm: {
      ...base.swarm,
      seeders: {
        claimed: 48,
        reached: 19,
        served: 12,
        verified: 11,
        possible: 61,
        estimate: null,
        claim: "plausible",
      },
      leechers: {
        claimed: 9,
        reached: 8,
        served: 2,
        verified: 2,
        possible: 50,
        estimate: null,
        claim: "plausible",
      },
      reachRatio: 0.39,
      funnel: {
        sighted: 71,
        dialled: 69,
        connected: 31,
        identified: 27,
        claimed: 27,
        unchoked: 14,
        served: 14,
        verified: 13,
      },
      availability: {
        rarest: 20,
        distributedCopies: 20.83,
        missingPieces: [],
        histogram: [{ copies: 20, pieces: 15_104 }],
        copies,
      },
      goodputBytesPerSecond: { median: rate(1.2, 0.7, 1.8), total: 12 * MiB },
      fullCopyMs: estimate(12.3 * 60_000, 8 * 60_000, 21 * 60_000),
      sampledPieces: { verified: sampled, failed: [], unservableRatioHigh: 0.0894 },
    },
    findings: [
      finding(),
      finding({
        audit: "corrupt-data",
        subject: "peer:203.0.113.9:6881",
        because: "203.0.113.9 sent wrong bytes for piece 812, twice; another peer sent the right ones",
        advice: "If this is your seed, recheck its disk; otherwise clients ban it.",
      }),
      finding({
        audit: "no-seeder",
        verdict: "pass",
        subject: "swarm",
        because: "19 seeders reached",
        advice: null,
      }),
      finding({
        audit: "all-choked",
        verdict: "pass",
        subject: "swarm",
        because: "14 of 27 reached peers unchoked us",
        advice: null,
      }),
    ],
  })
}
