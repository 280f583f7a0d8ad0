/** What earlier runs saw of the same swarm, so that what changes over hours can be judged (since 1.4). */
import * as z from "zod"
import { count, endpoint, ms, time } from "./basics.ts"

export const peerReading = z.object({
  at: time,
  peerId: z.string().length(40).nullable(),
  client: z.string().nullable(),
  uploadOnly: z.boolean().nullable(),
  haveCount: count,
  fromCount: count.optional().meta({ description: "what it claimed when that visit began" }),
  bitfield: z
    .string()
    .nullable()
    .meta({ description: "as in `peers`; null: it held every piece, or none, or there was no room" }),
})
export type PeerReading = z.infer<typeof peerReading>

export const trackerReading = z.object({
  at: time,
  by: z.enum(["announce", "scrape"]),
  seeders: count.nullable(),
  leechers: count.nullable(),
  downloads: count.nullable(),
  selfCount: count,
  minIntervalMs: ms.nullable(),
  listed: z
    .array(endpoint)
    .max(200)
    .nullable()
    .meta({ description: "whom an announce named; null: a scrape, or not all are known" }),
})
export type TrackerReading = z.infer<typeof trackerReading>

export const earlier = z
  .object({
    runs: z.array(z.object({ at: time, durationMs: ms })).max(200),
    peers: z.array(z.object({ address: endpoint, readings: z.array(peerReading).max(64) })),
    trackers: z.array(z.object({ url: z.string(), readings: z.array(trackerReading).max(64) })).max(10_000),
  })
  .meta({ description: "oldest first, of runs before this one; null or absent: none is known; since 1.4" })
export type Earlier = z.infer<typeof earlier>
