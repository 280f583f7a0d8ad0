/** BEP 3 bitfields: piece 0 is the high bit of the first byte; the spare bits at the end are zero. */

export const bitfieldBytes = (pieceCount: number): number => Math.ceil(pieceCount / 8)

export const emptyBitfield = (pieceCount: number): Uint8Array => new Uint8Array(bitfieldBytes(pieceCount))

export const fullBitfield = (pieceCount: number): Uint8Array =>
  clearSpareBits(emptyBitfield(pieceCount).fill(0xff), pieceCount)

/** False for an index that the bitfield doesn't reach. */
export const hasPiece = (bits: Uint8Array, piece: number): boolean =>
  ((bits[Math.floor(piece / 8)] ?? 0) & (0x80 >> (piece & 7))) !== 0

/** Ignores an index that the bitfield doesn't reach: a stranger sent it. */
export function setPiece(bits: Uint8Array, piece: number): void {
  const at = Math.floor(piece / 8)
  const byte = bits[at]
  if (byte !== undefined) bits[at] = byte | (0x80 >> (piece & 7))
}

export function clearPiece(bits: Uint8Array, piece: number): void {
  const at = Math.floor(piece / 8)
  const byte = bits[at]
  if (byte !== undefined) bits[at] = byte & ~(0x80 >> (piece & 7))
}

const onesIn = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length)

export function countPieces(bits: Uint8Array): number {
  let count = 0
  for (const byte of bits) count += onesIn[byte] ?? 0
  return count
}

/** Whether all that the first holds is in the second, too. */
export function isWithin(some: Uint8Array, all: Uint8Array): boolean {
  for (let i = 0; i < some.length; i++) if (((some[i] ?? 0) & ~(all[i] ?? 0)) !== 0) return false
  return true
}

/** In place; also returned. */
export function clearSpareBits(bits: Uint8Array, pieceCount: number): Uint8Array {
  const full = Math.floor(pieceCount / 8)
  const partial = bits[full]
  if (partial !== undefined) bits[full] = partial & (0xff00 >> (pieceCount & 7))
  bits.fill(0, full + 1)
  return bits
}

export function* pieces(bits: Uint8Array, pieceCount: number): Generator<number> {
  for (let at = 0; at < bits.length; at++) {
    const byte = bits[at] ?? 0
    if (byte === 0) continue
    for (let bit = 0; bit < 8; bit++) {
      const piece = at * 8 + bit
      if (piece < pieceCount && byte & (0x80 >> bit)) yield piece
    }
  }
}

export const toBase64 = (bits: Uint8Array): string =>
  Buffer.from(bits.buffer, bits.byteOffset, bits.length).toString("base64")

/** Null unless it is exactly what `toBase64` writes for a bitfield of that many pieces, spare bits zero. */
export function fromBase64(text: string, pieceCount: number): Uint8Array | null {
  const bits = new Uint8Array(Buffer.from(text, "base64"))
  if (bits.length !== bitfieldBytes(pieceCount) || toBase64(bits) !== text) return null
  const claimed = countPieces(bits)
  return countPieces(clearSpareBits(bits, pieceCount)) === claimed ? bits : null
}
