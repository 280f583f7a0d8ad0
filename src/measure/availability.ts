export interface Availability {
  /** Copies of each piece. */
  copies: Uint32Array
  rarest: number
  /** Copies of the rarest piece, plus the share of pieces with more. */
  distributedCopies: number
  missingPieces: number[]
  /** Ascending by copies. */
  histogram: { copies: number; pieces: number }[]
}

export function availability(bitfields: readonly Uint8Array[], pieceCount: number): Availability {
  const copies = new Uint32Array(pieceCount)
  for (const bits of bitfields) {
    for (let at = 0; at < bits.length; at++) {
      const byte = bits[at] ?? 0
      if (byte === 0) continue
      for (let piece = at * 8, bit = 0x80; bit > 0; piece++, bit >>= 1) {
        if (byte & bit && piece < pieceCount) copies[piece] = (copies[piece] ?? 0) + 1
      }
    }
  }
  const piecesByCopies = new Map<number, number>()
  const missingPieces: number[] = []
  copies.forEach((count, piece) => {
    piecesByCopies.set(count, (piecesByCopies.get(count) ?? 0) + 1)
    if (count === 0) missingPieces.push(piece)
  })
  const histogram = [...piecesByCopies]
    .map(([count, pieces]) => ({ copies: count, pieces }))
    .sort((a, b) => a.copies - b.copies)
  const rarest = histogram[0]?.copies ?? 0
  const above = pieceCount === 0 ? 0 : 1 - (histogram[0]?.pieces ?? 0) / pieceCount
  return { copies, rarest, distributedCopies: rarest + above, missingPieces, histogram }
}

/** Fewest copies in each of at most `maxBins` equal bins: a mean would hide the one missing piece. */
export function fewestPerBin(copies: Uint32Array, maxBins: number): number[] {
  const bins = Math.min(maxBins, copies.length)
  return Array.from({ length: bins }, (_, bin) => {
    const end = Math.floor(((bin + 1) * copies.length) / bins)
    let fewest = Infinity
    for (let piece = Math.floor((bin * copies.length) / bins); piece < end; piece++) {
      fewest = Math.min(fewest, copies[piece] ?? 0)
    }
    return fewest
  })
}
