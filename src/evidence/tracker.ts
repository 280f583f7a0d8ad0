/** What trackers answered: BEP 3, 7, 15, 23, 48. */
import * as z from "zod"
import { count, failureSchema, familySchema, longestText, ms, time } from "./basics.ts"

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
  peerCount: count.nullable().meta({
    description:
      "distinct peers in this reply, ourselves not counted; null: no reply, or one over a WebSocket, which names none",
  }),
  warning: z.string().max(longestText).nullable(),
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

export const canary = z
  .object({
    at: time,
    atMs: ms,
    ms: ms.nullable(),
    ok: z.boolean(),
    failure: failureSchema.nullable(),
    seeders: count.nullable(),
    leechers: count.nullable().meta({ description: "as claimed: we are in it once" }),
    peerCount: count.nullable().meta({ description: "distinct peers named, ourselves not counted" }),
  })
  .meta({ description: "its answer to an announce of a random info hash, which nobody else can know" })
export type Canary = z.infer<typeof canary>

export const trackerProtocols = ["http", "https", "udp", "ws", "wss", "unknown"] as const

export const tracker = z.object({
  url: z.string().max(longestText).meta({ description: "passkeys masked" }),
  tier: count,
  protocol: z.enum(trackerProtocols),
  origin: z.enum(["torrent", "user"]),
  families: z.array(familySchema).max(10).meta({ description: "families that its name resolves to" }),
  announces: z.array(announce).max(1_000),
  scrape: scrape.nullable(),
  canary: canary.nullable(),
})
export type Tracker = z.infer<typeof tracker>
