/**
 * What was seen. These validators are the public contract: the types and the shipped JSON Schema come from them.
 * Sizes `…Bytes`, rates `…BytesPerSecond`, durations `…Ms`, shares `…Ratio` (0–1), times `…At`/`at` (ISO 8601 UTC, ms, `Z`).
 * `atMs` counts from `run.startedAt`. Not measured is `null`, never absent and never 0.
 */
import * as z from "zod"
import { announceLog } from "./evidence/announce-log.ts"
import { dht } from "./evidence/dht.ts"
import { earlier } from "./evidence/earlier.ts"
import { peer } from "./evidence/peer.ts"
import { run } from "./evidence/run.ts"
import { torrent } from "./evidence/torrent.ts"
import { tracker } from "./evidence/tracker.ts"
import { webSeed } from "./evidence/web-seed.ts"

export * from "./evidence/announce-log.ts"
export * from "./evidence/basics.ts"
export * from "./evidence/dht.ts"
export * from "./evidence/earlier.ts"
export * from "./evidence/events.ts"
export * from "./evidence/peer.ts"
export * from "./evidence/place.ts"
export * from "./evidence/progress.ts"
export * from "./evidence/run.ts"
export * from "./evidence/torrent.ts"
export * from "./evidence/tracker.ts"
export * from "./evidence/web-seed.ts"
export * from "./evidence/words.ts"

export const evidence = z.object({
  run,
  torrent,
  trackers: z.array(tracker).max(1_000),
  dht: dht.nullable(),
  webSeeds: z.array(webSeed).max(1_000),
  peers: z.array(peer),
  earlier: earlier.nullable().optional(),
  announceLog: announceLog.nullable().optional(),
})
export type Evidence = z.infer<typeof evidence>

/** What was seen, of a document that also holds what was concluded. */
export const evidenceOf = ({
  run,
  torrent,
  trackers,
  dht,
  webSeeds,
  peers,
  ...more
}: Evidence): Evidence => ({
  run,
  torrent,
  trackers,
  dht,
  webSeeds,
  peers,
  ...(more.earlier !== undefined && { earlier: more.earlier }),
  ...(more.announceLog !== undefined && { announceLog: more.announceLog }),
})
