import type { File } from "../evidence.ts"

export interface FileAvailability {
  path: string
  rarest: number
  missingPieces: number[]
}

/** Availability of every file that has bytes of its own, worst first: by rarest piece, then by how much is missing. */
export function fileAvailability(files: readonly File[], copies: Uint32Array): FileAvailability[] {
  return files
    .filter(({ pad, sizeBytes }) => !pad && sizeBytes > 0)
    .map(({ path, firstPiece, lastPiece }) => {
      let rarest = Infinity
      const missingPieces: number[] = []
      for (let piece = firstPiece; piece <= Math.min(lastPiece, copies.length - 1); piece++) {
        const count = copies[piece] ?? 0
        rarest = Math.min(rarest, count)
        if (count === 0) missingPieces.push(piece)
      }
      return { path, rarest: Number.isFinite(rarest) ? rarest : 0, missingPieces }
    })
    .sort((a, b) => a.rarest - b.rarest || b.missingPieces.length - a.missingPieces.length)
}
