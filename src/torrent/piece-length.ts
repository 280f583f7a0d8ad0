/** Where one piece ends: in v1 at the end of all files as one, in v2-only torrents (BEP 52) at the end of its own file. */
import type { File, Torrent } from "../evidence.ts"

/** Bytes of one piece. v1 and hybrid: the last may be shorter; v2 only: the last of each file. */
export function pieceLength(torrent: Torrent, index: number): number {
  const { pieceBytes, sizeBytes } = torrent
  if (!isV2Only(torrent)) return Math.max(0, Math.min(pieceBytes, sizeBytes - index * pieceBytes))
  const file = fileAt(torrent.files, index)
  return file ? Math.min(pieceBytes, file.sizeBytes - (index - file.firstPiece) * pieceBytes) : 0
}

export const isV2Only = ({ infoHashV1, infoHashV2 }: Torrent): boolean =>
  infoHashV1 === null && infoHashV2 !== null

/** Of files that begin at piece boundaries, in the order of their pieces; empty ones lie in none. */
function fileAt(files: readonly File[], piece: number): File | null {
  let low = 0
  let high = files.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((files[middle]?.firstPiece ?? Infinity) <= piece) low = middle + 1
    else high = middle
  }
  const file = files[low - 1]
  return file && piece <= file.lastPiece ? file : null
}
