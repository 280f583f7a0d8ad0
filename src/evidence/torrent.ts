import * as z from "zod"
import { limits } from "../limits.ts"
import { count, longestText } from "./basics.ts"

export const file = z.object({
  path: z.string().max(longestText).meta({ description: "joined with /" }),
  sizeBytes: count,
  firstPiece: count,
  lastPiece: z.int().min(-1).meta({ description: "inclusive; firstPiece − 1 for an empty file" }),
  pad: z.boolean().meta({ description: "BEP 47 padding, never asked for by name" }),
  piecesRoot: z
    .string()
    .length(64)
    .optional()
    .meta({ description: "BEP 52, lower-case hex; not given: v1, or an empty file; since 1.3" }),
})
export type File = z.infer<typeof file>

export const torrent = z.object({
  name: z.string().max(longestText),
  infoHashV1: z.string().length(40).nullable(),
  infoHashV2: z.string().length(64).nullable(),
  private: z.boolean(),
  sizeBytes: count,
  pieceBytes: count,
  pieceCount: count.max(limits.metainfo.maxPieces),
  files: z.array(file).max(limits.metainfo.maxFiles),
})
export type Torrent = z.infer<typeof torrent>
