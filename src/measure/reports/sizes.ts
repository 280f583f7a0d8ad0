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
  const padding = paddingOf(files)
  const high = Math.min(sizeBytes, missing * pieceBytes)
  return { low: Math.max(0, missing * pieceBytes - lastShort - padding), high }
}

const paddings = new WeakMap<Torrent["files"], number>()

/** Asked for every announce, and summed once. */
function paddingOf(files: Torrent["files"]): number {
  const known = paddings.get(files)
  if (known !== undefined) return known
  const padding = files.reduce((sum, file) => sum + (file.pad ? file.sizeBytes : 0), 0)
  paddings.set(files, padding)
  return padding
}

/** Pieces that a client has begun and not finished count as missing for its peers and, in part, as held in its reports. */
const begunPieces = 8

/** Of `bytes` in whole pieces, what was surely still missing before any of them was complete: half, less eight pieces. */
export const surely = ({ pieceBytes }: Pick<Torrent, "pieceBytes">, bytes: number): number =>
  Math.max(0, bytes / 2 - begunPieces * pieceBytes)

/** One that has a single file wants all of it or nothing. */
export function hasChoice({ files }: Pick<Torrent, "files">): boolean {
  const isReal = ({ pad, sizeBytes }: Torrent["files"][number]) => !pad && sizeBytes > 0
  return files.findIndex(isReal) !== files.findLastIndex(isReal)
}
