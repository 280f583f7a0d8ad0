/** How the run went: its limits, where it stood, what it cost. */
import * as z from "zod"
import { paceNames } from "../limits.ts"
import { count, endpoint, failureSchema, ms, time, vantageLabel } from "./basics.ts"
import { depths, encryptions } from "./words.ts"

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
  "dht-queries",
  "dht-nodes",
  "dht-peers",
  "dht-replies",
  "pex-peers",
  "pex-hops",
  "lsd-peers",
  "web-seeds",
  "utp-connections",
  "second-asks",
  "echoes",
  "per-host",
] as const
export type CapName = (typeof capNames)[number]

/** seeders, leechers: peers reached; copies: distributed copies; reach: percent; rate: KiB/s, the median of peers; full-copy: s. */
export const metrics = [
  "seeders",
  "leechers",
  "copies",
  "reach",
  "missing-pieces",
  "rate",
  "full-copy",
  "dead-trackers",
] as const
export type Metric = (typeof metrics)[number]

const bound = z.number().nullable()

/** A range of the Nagios plugins: `10:20` is { low: 10, high: 20, inside: false }, `@` sets `inside`. */
export const limit = z
  .object({
    metric: z.enum(metrics),
    low: bound.meta({ description: "included; null: no lower end" }),
    high: bound.meta({ description: "included; null: no upper end" }),
    inside: z.boolean().meta({ description: "broken within the range, not outside of it" }),
  })
  .meta({ description: "of -w or -c, since 1.5" })
export type Limit = z.infer<typeof limit>

const held = z.array(limit).max(100).optional()

export const thresholds = z
  .object({
    minSeeders: count.nullable(),
    minAvailability: z.number().min(0).nullable(),
    strict: z.boolean(),
    warning: held,
    critical: held,
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

const sourceUse = z
  .enum(["on", "off", "private"])
  .meta({ description: "off: not wanted; private: the torrent forbids it (BEP 27)" })

export const metadata = z
  .object({
    from: endpoint.nullable().meta({ description: "who sent the metadata that fits the info hash" }),
    ms: ms.nullable().meta({ description: "from the start of the run" }),
    tries: z.array(
      z.object({
        address: endpoint,
        atMs: ms,
        ms: ms,
        ok: z.boolean(),
        bytes: count,
        failure: failureSchema.nullable(),
      }),
    ),
  })
  .meta({
    description: "BEP 9, for a magnet link or a bare info hash; null: the .torrent was given; since 1.2",
  })
export type MetadataSearch = z.infer<typeof metadata>

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
  capsHit: z.array(z.object({ cap: z.enum(capNames), atMs: ms, dropped: count })).max(1_000),
  trials: z.array(trial).max(1_000).optional().meta({ description: "since 1.1" }),
  discovery: z
    .object({ dht: sourceUse, pex: sourceUse, lsd: sourceUse, webSeeds: sourceUse.optional() })
    .optional()
    .meta({ description: "which further sources were asked; since 1.2" }),
  metadata: metadata.nullable().optional(),
  contact: z
    .object({
      encryption: z.enum(encryptions),
      utp: z.boolean().meta({ description: "a socket for uTP (BEP 29) was open" }),
      proxy: z.boolean().meta({ description: "everything went through a SOCKS5 proxy" }),
      off: z
        .array(z.string())
        .meta({ description: "what the proxy could not carry, so that it was not tried" }),
    })
    .optional()
    .meta({ description: "by which ways peers were dialled; since 1.3" }),
  reference: z
    .object({
      right: count,
      wrong: count.meta({ description: "pieces whose bytes there are not the torrent's" }),
      missing: count.meta({ description: "pieces that are not there in full" }),
    })
    .nullable()
    .optional()
    .meta({ description: "the publisher's own copy, in pieces; null: none was given; since 1.3" }),
  redaction: z
    .object({
      mode: z.enum(["prefix", "full"]),
      key: z
        .string()
        .regex(/^[0-9a-f]{16}$/)
        .nullable()
        .meta({ description: "of the key, by which it can be told from others; null: not known" }),
    })
    .optional()
    .meta({ description: "how the addresses were renamed; not given: not at all, or not said; since 1.6" }),
  vantage: z.object({
    label: vantageLabel
      .optional()
      .meta({ description: "what the user calls the place; not given: nothing; since 1.6" }),
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
