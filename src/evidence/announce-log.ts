/** What clients reported to a tracker, from the tracker operator's own log (since 1.4): BEP 3's `uploaded`, `downloaded`, `left`. */
import * as z from "zod"
import { count, endpoint, time } from "./basics.ts"

export const announceReport = z.object({
  at: time,
  address: endpoint,
  peerId: z.string().length(40).nullable().meta({ description: "hex" }),
  event: z.enum(["started", "update", "completed", "stopped"]),
  uploadedBytes: count.nullable(),
  downloadedBytes: count.nullable(),
  leftBytes: count.nullable(),
})
export type AnnounceReport = z.infer<typeof announceReport>

export const announceLog = z
  .object({
    reports: z.array(announceReport).max(100_000).meta({ description: "of this swarm, oldest first" }),
    lines: count.meta({ description: "read, of any swarm" }),
    unreadable: count.meta({ description: "lines that are no announce" }),
    dropped: count.meta({ description: "reports beyond the cap" }),
  })
  .meta({ description: "null or absent: none was given; since 1.4" })
export type AnnounceLog = z.infer<typeof announceLog>
