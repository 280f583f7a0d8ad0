/**
 * What was seen. These validators are the public contract: the types and the shipped JSON Schema come from them.
 * Sizes `…Bytes`, rates `…BytesPerSecond`, durations `…Ms`, shares `…Ratio` (0–1), times `…At`/`at` (ISO 8601 UTC, ms, `Z`).
 * `atMs` counts from `run.startedAt`. Not measured is `null`, never absent and never 0.
 */
import * as z from "zod"
import { failureCodes } from "./failure.ts"
import { paceNames } from "./limits.ts"

const count = z.int().min(0)
const ms = z.number().min(0)
const ratio = z.number().min(0).max(1)
const time = z.iso.datetime({ precision: 3 })

/** "host:port", IPv6 in brackets; in a redacted snapshot a token in place of the address. */
export const endpoint = z.string().max(100).meta({ description: "host:port, IPv6 in brackets" })
export type Endpoint = z.infer<typeof endpoint>

/** Lowercase hex: 40 (v1, SHA-1) or 64 (v2, SHA-256) digits, of `info` as received. */
export type InfoHash = string

export const familySchema = z.enum(["ipv4", "ipv6"])
export type Family = z.infer<typeof familySchema>

export const failureSchema = z.object({ code: z.enum(failureCodes), detail: z.string().max(200).nullable() })

/** An estimate: never a bare number. `censored`: a cap of ours was hit, so the truth may be higher. */
export const estimate = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number().nullable().meta({ description: "null: no upper bound is known" }),
  n: count.meta({ description: "independent observations behind it" }),
  confidence: ratio,
  censored: z.boolean(),
})
export type Estimate = z.infer<typeof estimate>

export const depths = ["scrape", "discover", "handshake", "sample", "full"] as const
export type Depth = (typeof depths)[number]

export const stopReasons = ["complete", "timeout", "budget", "interrupted", "terminated"] as const

/** Caps of ours that were hit; each is also shown. */
export const capNames = [
  "max-peers",
  "max-download",
  "timeout",
  "sockets",
  "incoming",
  "tracker-peers",
  "have-events",
  "samples",
  "file-descriptors",
] as const
export type CapName = (typeof capNames)[number]

export const thresholds = z
  .object({
    minSeeders: count.nullable(),
    minAvailability: z.number().min(0).nullable(),
    strict: z.boolean(),
  })
  .meta({ description: "what the user asked the verdict to hold the swarm to" })
export type Thresholds = z.infer<typeof thresholds>

const span = z.tuple([ms, ms]).meta({ description: "[from, to], ms since the start of the run" })
export type Span = z.infer<typeof span>

export const trial = z
  .object({
    between: z
      .enum(["hosts", "neighbours"])
      .meta({ description: "peers of several hosts, or of one: what they may share differs" }),
    peers: z.array(endpoint).min(2).max(64),
    togetherMs: span,
    aloneMs: span.meta({ description: "the first of `peers` went on, the others did not" }),
  })
  .meta({ description: "peers asked for pieces together, and one of them alone: do they share a link?" })
export type Trial = z.infer<typeof trial>

export const run = z.object({
  id: z.string(),
  startedAt: time,
  durationMs: ms,
  depth: z.enum(depths),
  pace: z.enum(paceNames),
  seed: z.string().meta({ description: "of every random choice about what to sample" }),
  complete: z.boolean(),
  stopReason: z.enum(stopReasons),
  thresholds,
  limits: z.object({
    timeoutMs: ms,
    maxPeers: count,
    maxDownloadBytes: count,
    samplePieces: count,
    sockets: count,
    dialsPerSecond: z.number().nullable().meta({ description: "null: uncapped" }),
    totalBytesPerSecond: z.number().nullable(),
    peerBytesPerSecond: z.number().nullable(),
    unchokeMs: ms,
    blockMs: ms,
  }),
  capsHit: z.array(z.object({ cap: z.enum(capNames), atMs: ms, dropped: count })),
  trials: z.array(trial).max(1_000).optional().meta({ description: "since 1.1" }),
  vantage: z.object({
    ipv4: z.boolean().meta({ description: "something answered over IPv4" }),
    ipv6: z.boolean(),
    inbound: z.boolean().nullable().meta({ description: "somebody reached our listening port" }),
    port: count.nullable(),
    self: z.array(endpoint),
  }),
  usage: z.object({
    downloadedBytes: count,
    uploadedBytes: count,
    payloadBytes: count,
    cpuMs: ms,
    peakRssBytes: count,
  }),
})
export type Run = z.infer<typeof run>

export const file = z.object({
  path: z.string().meta({ description: "joined with /" }),
  sizeBytes: count,
  firstPiece: count,
  lastPiece: z.int().min(-1).meta({ description: "inclusive; firstPiece − 1 for an empty file" }),
  pad: z.boolean().meta({ description: "BEP 47 padding, never asked for by name" }),
})
export type File = z.infer<typeof file>

export const torrent = z.object({
  name: z.string(),
  infoHashV1: z.string().length(40).nullable(),
  infoHashV2: z.string().length(64).nullable(),
  private: z.boolean(),
  sizeBytes: count,
  pieceBytes: count,
  pieceCount: count,
  files: z.array(file),
})
export type Torrent = z.infer<typeof torrent>

export const announce = z.object({
  at: time,
  atMs: ms,
  ms: ms.nullable().meta({ description: "reply time; null when nothing was sent" }),
  event: z.enum(["started", "update", "stopped"]),
  family: familySchema.nullable(),
  ok: z.boolean(),
  failure: failureSchema.nullable(),
  tries: count.meta({ description: "requests sent for it, retransmissions included" }),
  reused: z.boolean().meta({ description: "an earlier run's answer: asking again was not due" }),
  seeders: count.nullable().meta({ description: "as claimed; we are in `leechers` `selfCount` times" }),
  leechers: count.nullable(),
  downloads: count.nullable(),
  selfCount: count.meta({ description: "registrations of ours that the counts include" }),
  intervalMs: ms.nullable(),
  minIntervalMs: ms.nullable(),
  numwant: count,
  peerCount: count.nullable().meta({ description: "distinct peers in this reply, ourselves not counted" }),
  warning: z.string().nullable(),
})
export type Announce = z.infer<typeof announce>

export const scrape = z.object({
  at: time,
  atMs: ms,
  ms: ms.nullable(),
  family: familySchema.nullable(),
  ok: z.boolean(),
  failure: failureSchema.nullable(),
  tries: count,
  seeders: count.nullable(),
  leechers: count.nullable(),
  downloads: count.nullable(),
  selfCount: count,
})
export type Scrape = z.infer<typeof scrape>

export const trackerProtocols = ["http", "https", "udp", "ws", "wss", "unknown"] as const

export const tracker = z.object({
  url: z.string().meta({ description: "passkeys masked" }),
  tier: count,
  protocol: z.enum(trackerProtocols),
  origin: z.enum(["torrent", "user"]),
  families: z.array(familySchema).meta({ description: "families that its name resolves to" }),
  announces: z.array(announce),
  scrape: scrape.nullable(),
  canary: z.null(),
})
export type Tracker = z.infer<typeof tracker>

export const sourceKinds = ["tracker", "dht", "pex", "lsd", "incoming", "manual"] as const
export type SourceKind = (typeof sourceKinds)[number]

export const sighting = z.object({
  kind: z.enum(sourceKinds),
  via: z.string().nullable().meta({ description: "tracker URL, or the endpoint of the peer that told us" }),
  at: time,
})
export type Sighting = z.infer<typeof sighting>

export const attempt = z.object({
  at: time,
  atMs: ms,
  direction: z.enum(["outgoing", "incoming"]),
  transport: z.enum(["tcp", "utp"]),
  encryption: z.enum(["none", "mse-plaintext", "mse-rc4"]),
  ok: z.boolean().meta({ description: "handshaken on the right info hash" }),
  failure: failureSchema.nullable().meta({ description: "why it failed, or why it ended" }),
  ms: ms.meta({ description: "from dial to the end" }),
})
export type Attempt = z.infer<typeof attempt>

export const sample = z.object({
  piece: count,
  atMs: ms.meta({ description: "its first request left" }),
  bytes: count,
  ms: ms,
  verified: z.boolean().nullable().meta({ description: "SHA-1 right or wrong; null: never whole" }),
  failure: failureSchema.nullable(),
  capped: z.boolean().meta({ description: "a rate cap of ours held requests back" }),
  progress: z
    .array(z.tuple([ms, count]))
    .max(64)
    .meta({ description: "[ms since atMs, bytes of this piece so far]" }),
})
export type Sample = z.infer<typeof sample>

export const stages = [
  "sighted",
  "dialled",
  "connected",
  "identified",
  "claimed",
  "unchoked",
  "served",
  "verified",
] as const
export type Stage = (typeof stages)[number]

export const outcomes = [
  "ok",
  "choked",
  "snubbed",
  "rejected",
  "bad-data",
  "connect-timeout",
  "connect-refused",
  "connection-reset",
  "connection-closed",
  "unreachable",
  "handshake-timeout",
  "protocol-error",
  "wrong-info-hash",
  "self",
  "filtered",
  "not-tried",
  "unknown",
] as const
export type PeerOutcome = (typeof outcomes)[number]

export const extensions = z
  .object({
    names: z.array(z.string()).meta({ description: "keys of m (BEP 10)" }),
    v: z.string().nullable(),
    port: count.nullable().meta({ description: "p: where it says it listens" }),
    reqq: count.nullable(),
    uploadOnly: z.boolean().nullable().meta({ description: "BEP 21" }),
    metadataBytes: count.nullable(),
    yourIp: z.boolean().meta({ description: "it told us our address" }),
  })
  .meta({ description: "of the last extension handshake" })
export type Extensions = z.infer<typeof extensions>

export const peer = z.object({
  address: endpoint,
  alsoAt: z.array(endpoint),
  sources: z.array(sighting),
  attempts: z.array(attempt),
  stage: z.enum(stages).meta({ description: "the furthest stage reached" }),
  outcome: z.enum(outcomes),
  failure: failureSchema.nullable(),
  peerId: z.string().length(40).nullable(),
  client: z.string().nullable(),
  clientFamily: z.string().nullable(),
  reserved: z.string().length(16).nullable(),
  extensions: extensions.nullable(),
  fast: z.boolean().nullable().meta({ description: "BEP 6 on both sides" }),
  claimSent: z.boolean().nullable().meta({
    description:
      "it said what it holds; false: it was waited for and said nothing, which BEP 3 reads as nothing",
  }),
  bitfield: z.string().nullable().meta({
    description:
      "base64, BEP 3 bit order, spare bits zero, have-all and have-none expanded, every HAVE applied",
  }),
  haveCount: count.nullable(),
  haveRatio: ratio.nullable(),
  haveEvents: z
    .array(z.object({ atMs: ms, count }))
    .meta({ description: "pieces held after each burst of HAVE" }),
  samples: z.array(sample),
  goodputBytesPerSecond: estimate.nullable(),
  downloadBytesPerSecond: estimate.nullable(),
  pex: z.object({ messages: count, added: count, dropped: count }).nullable(),
  timeline: z
    .object({
      connectMs: ms.nullable(),
      handshakeMs: ms.nullable(),
      bitfieldMs: ms.nullable(),
      unchokeMs: ms.nullable(),
      firstBlockMs: ms.nullable(),
      closedMs: ms.nullable(),
    })
    .meta({ description: "ms from the dial (or accept) of the visit that got furthest" }),
})
export type Peer = z.infer<typeof peer>

export const webSeed = z.object({ url: z.string() })

export const evidence = z.object({
  run,
  torrent,
  trackers: z.array(tracker),
  dht: z.null(),
  webSeeds: z.array(webSeed),
  peers: z.array(peer),
})
export type Evidence = z.infer<typeof evidence>

/** What a renderer may show while evidence is gathered; `now` counts from the start of the run, in ms. */
export interface Progress {
  now: number
  timeoutMs: number
  name: string
  sizeBytes: number
  phase: "trackers" | "peers" | "farewell"
  trackers: { answered: number; total: number; peers: number }
  peers: { known: number; dialled: number; handshaken: number; refused: number; timedOut: number }
  /** Distinct pieces verified, of those wanted. */
  pieces: { verified: number; wanted: number; bytes: number; bytesPerSecond: number }
}
