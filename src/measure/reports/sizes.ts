/** How much of the torrent a count of pieces stands for, at least and at most. */
import type { Torrent } from "../../evidence.ts"

/**
 * Of missing pieces, one may be the last and shorter one, and BEP 47 padding may be in them, which some clients never count as
 * missing.
 */
export function missingBytes(
  { pieceCount, pieceBytes, sizeBytes, files }: Torrent,
  count: number,
): { low: number; high: number } {
  const missing = Math.max(0, pieceCount - count)
  const lastShort = pieceCount * pieceBytes - sizeBytes
  const padding = files.reduce((sum, file) => sum + (file.pad ? file.sizeBytes : 0), 0)
  const high = Math.min(sizeBytes, missing * pieceBytes)
  return { low: Math.max(0, missing * pieceBytes - lastShort - padding), high }
}

/** Pieces that a client has begun and not finished count as missing for its peers and, in part, as held in its reports. */
const begunPieces = 8

/** Of `bytes` in whole pieces, what was surely still missing before any of them was complete: half, less eight pieces. */
export const surely = ({ pieceBytes }: Pick<Torrent, "pieceBytes">, bytes: number): number =>
  Math.max(0, bytes / 2 - begunPieces * pieceBytes)

/** One that has a single file wants all of it or nothing. */
export const hasChoice = ({ files }: Pick<Torrent, "files">): boolean =>
  files.filter(({ pad, sizeBytes }) => !pad && sizeBytes > 0).length > 1
