/** Which requests pieces take of a web seed: ranges of files (BEP 19), or the pieces themselves (BEP 17). */
import type { Torrent } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import type { FileRange, Layout } from "./layout.ts"
import { fileUrl, pieceUrl } from "./url.ts"

/** A request for one stretch of bytes. */
export interface Errand {
  readonly url: URL | null
  readonly path: string | null
  readonly offset: number
  readonly lengthBytes: number
  /** Null: BEP 17. */
  readonly fileBytes: number | null
  /** BEP 19 padding. */
  readonly pad: boolean
}

export interface Errands {
  of(firstPiece: number, count: number): Errand[]
  /** The start of a piece; null: all of it is padding. */
  toProbe(piece: number): Errand | null
}

const { blockBytes } = limits.peer

export function createErrands(
  of: {
    readonly url: string
    readonly bep: 17 | 19
    readonly torrent: Torrent
    readonly infoHash: Uint8Array | null
  },
  layout: Layout,
): Errands {
  const { url, torrent, infoHash } = of

  const toFile = ({ file, offset, lengthBytes }: FileRange): Errand => ({
    url: file.pad ? null : fileUrl(url, torrent, file),
    path: file.path,
    offset,
    lengthBytes,
    fileBytes: file.sizeBytes,
    pad: file.pad,
  })

  const toPiece = (piece: number, part: { offset: number; lengthBytes: number } | null): Errand => ({
    url: infoHash && pieceUrl(url, infoHash, piece, part),
    path: null,
    offset: 0,
    lengthBytes: part?.lengthBytes ?? layout.pieceBytes(piece),
    fileBytes: null,
    pad: false,
  })

  if (of.bep === 17)
    return {
      of: (firstPiece, count) => Array.from({ length: count }, (_, i) => toPiece(firstPiece + i, null)),
      toProbe(piece) {
        const lengthBytes = Math.min(blockBytes, layout.pieceBytes(piece))
        return toPiece(piece, { offset: 0, lengthBytes })
      },
    }
  const ranges = (firstPiece: number, count: number) => layout.rangesOf(firstPiece, count).map(toFile)
  return {
    of: ranges,
    toProbe(piece) {
      const first = ranges(piece, 1).find(({ pad }) => !pad)
      return first ? { ...first, lengthBytes: Math.min(blockBytes, first.lengthBytes) } : null
    },
  }
}
