/** What web seeds did: servers that hold the torrent's files (BEP 19), or that answer for its pieces (BEP 17). */
import * as z from "zod"
import { count, estimate, failureSchema, longestText, ms, time } from "./basics.ts"
import { sample } from "./peer.ts"

const url = z.string().max(longestText).meta({ description: "credentials and parameters masked" })
const headerText = z.string().max(100).nullable()

export const webSeedAttempt = z
  .object({
    at: time,
    atMs: ms,
    ms: ms,
    path: z.string().nullable().meta({ description: "the file, as the torrent calls it; null: BEP 17" }),
    piece: count.meta({ description: "of which these bytes are the start, or a part" }),
    offset: count.meta({ description: "first byte asked for, in the file; in the piece for BEP 17" }),
    wantedBytes: count,
    receivedBytes: count.meta({ description: "of those that were wanted" }),
    status: z.int().min(0).max(999).nullable().meta({ description: "null: no answer" }),
    totalBytes: count.nullable().meta({ description: "how long the file is there, as it says" }),
    ok: z.boolean().meta({ description: "the answer was what had been asked for" }),
    failure: failureSchema.nullable(),
  })
  .meta({ description: "one request, its redirects included" })
export type WebSeedAttempt = z.infer<typeof webSeedAttempt>

export const webSeedRedirect = z.object({
  from: url,
  to: url,
  status: z.int().min(300).max(399),
  failure: failureSchema
    .nullable()
    .meta({ description: "null: followed; bad-redirect: nobody should; filtered: our own limits forbid it" }),
})
export type WebSeedRedirect = z.infer<typeof webSeedRedirect>

/** All but `url` since 1.3, and left out where it was not to be asked. */
export const webSeed = z.object({
  url,
  bep: z.union([z.literal(17), z.literal(19)]).optional(),
  ok: z.boolean().optional().meta({ description: "some request was answered as it should be" }),
  failure: failureSchema.nullable().optional().meta({ description: "the last one, or why it was not asked" }),
  attempts: z.array(webSeedAttempt).max(1_000).optional(),
  redirects: z.array(webSeedRedirect).max(100).optional().meta({ description: "each once" }),
  finalUrl: url.nullable().optional().meta({ description: "where a redirect led that was followed" }),
  rangeSupported: z.boolean().nullable().optional(),
  lengthsRight: z.boolean().nullable().optional().meta({ description: "of the files it was asked for" }),
  server: headerText.optional(),
  lastModified: headerText.optional(),
  etag: headerText.optional(),
  samples: z.array(sample).optional(),
  goodputBytesPerSecond: estimate.nullable().optional(),
})
export type WebSeed = z.infer<typeof webSeed>

/** One that was to be asked. */
export type AskedWebSeed = { [K in keyof WebSeed]-?: Exclude<WebSeed[K], undefined> }
