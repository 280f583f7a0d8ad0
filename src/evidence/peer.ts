/** Who was named by whom, and what visiting them showed. */
import * as z from "zod"
import { count, endpoint, estimate, failureSchema, longestText, ms, ratio, time } from "./basics.ts"
import { place } from "./place.ts"

export const sourceKinds = ["tracker", "dht", "pex", "lsd", "incoming", "manual"] as const
export type SourceKind = (typeof sourceKinds)[number]

export const sighting = z.object({
  kind: z.enum(sourceKinds),
  via: z
    .string()
    .max(longestText)
    .nullable()
    .meta({ description: "tracker URL, or the endpoint of the peer or DHT node that told us" }),
  at: time,
  flags: z.int().min(0).max(255).optional().meta({
    description:
      "PEX (BEP 11), since 1.2: 1 prefers encryption, 2 seeder, 4 uTP, 8 holepunch, 16 the speaker dialled it",
  }),
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
  relay: endpoint
    .optional()
    .meta({ description: "BEP 55: the peer through which both sides were told to dial; since 1.3" }),
})
export type Attempt = z.infer<typeof attempt>

export const sample = z.object({
  piece: count,
  atMs: ms.meta({ description: "its first request left" }),
  bytes: count,
  ms: ms,
  verified: z
    .boolean()
    .nullable()
    .meta({ description: "right or wrong; null: never whole, or no proof came" }),
  offset: count
    .optional()
    .meta({ description: "a single block was asked for, from this byte of the piece on; since 1.3" }),
  proof: z.enum(["piece", "merkle", "reference"]).optional().meta({
    description:
      "what `verified` rests on: the piece's hash (also when not given), a BEP 52 Merkle proof, the publisher's own copy; since 1.3",
  }),
  failure: failureSchema.nullable(),
  capped: z.boolean().meta({ description: "a rate cap of ours held requests back" }),
  progress: z
    .array(z.tuple([ms, count]))
    .max(64)
    .meta({ description: "[ms since atMs, bytes of this piece so far]" }),
})
export type Sample = z.infer<typeof sample>

export const reading = z
  .object({
    fromMs: ms.meta({ description: "it had said what it holds; since the start of the run" }),
    toMs: ms.meta({ description: "the visit ended" }),
    fromCount: count,
    toCount: count,
    gained: count.meta({ description: "distinct pieces that it told of by HAVE" }),
    withdrawn: count.meta({ description: "pieces that it took back (BEP 54)" }),
    gone: count.nullable().meta({
      description: "pieces claimed in the reading before and not at the start of this one; null: the first",
    }),
    peerId: z.string().length(40).nullable(),
    events: z
      .array(z.object({ atMs: ms, count }))
      .max(256)
      .meta({ description: "pieces held after each burst of HAVE" }),
  })
  .meta({ description: "one visit that told what the peer holds; since 1.4" })
export type Reading = z.infer<typeof reading>

export const silence = z
  .object({
    fromMs: ms.meta({ description: "the first request that had no answer; since the start of the run" }),
    toMs: ms.meta({ description: "the last moment at which one of ours was in the air" }),
    waitedMs: ms.meta({ description: "between them, unchoked and with a request in the air" }),
    heardMs: ms
      .nullable()
      .meta({ description: "the last byte of anything on that connection; since the start of the run" }),
    begunBytes: count.meta({ description: "of a message that it began and had not finished" }),
  })
  .meta({
    description: "it had unchoked us, and answered neither with a block nor with a reject; since 1.4",
  })
export type Silence = z.infer<typeof silence>

export const echo = z
  .object({
    at: time,
    atMs: ms,
    ms: ms,
    echoed: z.boolean().meta({ description: "it completed a handshake on that info hash" }),
    failure: failureSchema.nullable(),
  })
  .meta({
    description: "its answer to a handshake on a random info hash, which nobody ever published; since 1.4",
  })
export type Echo = z.infer<typeof echo>

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
    names: z.array(z.string().max(1_000)).max(1_000).meta({ description: "keys of m (BEP 10)" }),
    v: z.string().max(1_000).nullable(),
    port: count.nullable().meta({ description: "p: where it says it listens" }),
    reqq: count.nullable(),
    uploadOnly: z.boolean().nullable().meta({ description: "BEP 21" }),
    uploadOnlyChanged: z
      .boolean()
      .optional()
      .meta({ description: "it said otherwise earlier in that session; since 1.3" }),
    metadataBytes: count.nullable(),
    yourIp: z.boolean().meta({ description: "it told us our address" }),
  })
  .meta({ description: "of the last extension handshake" })
export type Extensions = z.infer<typeof extensions>

export const peer = z.object({
  address: endpoint,
  alsoAt: z.array(endpoint).max(1_000),
  sources: z.array(sighting).max(100_000),
  attempts: z.array(attempt).max(100_000),
  stage: z.enum(stages).meta({ description: "the furthest stage reached" }),
  outcome: z.enum(outcomes),
  failure: failureSchema.nullable(),
  peerId: z.string().length(40).nullable(),
  client: z.string().max(1_000).nullable(),
  clientFamily: z.string().max(1_000).nullable(),
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
    .max(10_000)
    .meta({ description: "pieces held after each burst of HAVE" }),
  readings: z.array(reading).max(64).optional(),
  silences: z
    .array(silence)
    .max(64)
    .optional()
    .meta({ description: "the longest of each connection that lasted as long as the block deadline" }),
  echo: echo.nullable().optional(),
  samples: z.array(sample).max(10_000),
  goodputBytesPerSecond: estimate.nullable(),
  downloadBytesPerSecond: estimate.nullable().meta({
    description: "what it downloads from others, by its HAVEs; null: they tell no rate",
  }),
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
  place: place.optional(),
})
export type Peer = z.infer<typeof peer>
