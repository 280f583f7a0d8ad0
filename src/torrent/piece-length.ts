/** Where one piece ends: in v1 at the end of all files as one, in v2-only torrents (BEP 52) at the end of its own file. */
import type { Torrent } from "../evidence.ts"
import { fileAt } from "./file-at.ts"

/** Bytes of one piece. v1 and hybrid: the last may be shorter; v2 only: the last of each file. */
export function pieceLength(torrent: Torrent, index: number): number {
  const { pieceBytes, sizeBytes } = torrent
  if (!isV2Only(torrent)) return Math.max(0, Math.min(pieceBytes, sizeBytes - index * pieceBytes))
  const file = fileAt(torrent.files, index)
  if (file === undefined || index > file.lastPiece) return 0
  return Math.min(pieceBytes, file.sizeBytes - (index - file.firstPiece) * pieceBytes)
}

export const isV2Only = ({ infoHashV1, infoHashV2 }: Torrent): boolean =>
  infoHashV1 === null && infoHashV2 !== null
