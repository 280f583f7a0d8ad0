/** Which pieces a peer has, as data. */
import { emptyBitfield, setPiece } from "../torrent/bitfield.ts"

export function pick(pieceCount: number, wanted: (piece: number) => boolean): Uint8Array {
  const bits = emptyBitfield(pieceCount)
  for (let piece = 0; piece < pieceCount; piece++) if (wanted(piece)) setPiece(bits, piece)
  return bits
}

/** `ratio` of the pieces, evenly spread; another `from` gives other pieces. */
export const share = (pieceCount: number, ratio: number, from = 0): Uint8Array =>
  pick(pieceCount, (piece) => Math.floor((piece + from + 1) * ratio) > Math.floor((piece + from) * ratio))
