/** Where the bytes of a piece lie: BEP 3's one row of files, BEP 47's padding, BEP 52's files that begin with a piece each. */
import type { File, Torrent } from "../../evidence.ts"

/** Bytes of one file. Padding is zeros that nobody need be asked for. */
export interface FileRange {
  readonly file: File
  readonly offset: number
  readonly lengthBytes: number
}

export interface Layout {
  pieceBytes(piece: number): number
  /** In order, and each file once. */
  rangesOf(firstPiece: number, count: number): FileRange[]
}

export function layoutOf(torrent: Torrent): Layout {
  return torrent.infoHashV1 === null ? byFile(torrent) : inOneRow(torrent)
}

function inOneRow({ files, pieceBytes, sizeBytes }: Torrent): Layout {
  const starts = new Float64Array(files.length)
  let end = 0
  for (const [i, file] of files.entries()) {
    starts[i] = end
    end += file.sizeBytes
  }
  return {
    pieceBytes: (piece) => Math.max(0, Math.min(pieceBytes, sizeBytes - piece * pieceBytes)),
    rangesOf(firstPiece, count) {
      const from = firstPiece * pieceBytes
      const to = Math.min(sizeBytes, (firstPiece + count) * pieceBytes)
      const ranges: FileRange[] = []
      for (let i = lastAtMost(starts, from); i < files.length && (starts[i] ?? 0) < to; i++) {
        const file = files[i]
        if (!file) break
        const start = starts[i] ?? 0
        const offset = Math.max(0, from - start)
        const lengthBytes = Math.min(file.sizeBytes, to - start) - offset
        if (lengthBytes > 0) ranges.push({ file, offset, lengthBytes })
      }
      return ranges
    },
  }
}

function byFile({ files, pieceBytes }: Torrent): Layout {
  const filled = files.filter(({ sizeBytes, pad }) => sizeBytes > 0 && !pad)
  const starts = Float64Array.from(filled, ({ firstPiece }) => firstPiece)
  const layout: Layout = {
    pieceBytes: (piece) => layout.rangesOf(piece, 1)[0]?.lengthBytes ?? 0,
    rangesOf(firstPiece, count) {
      const ranges: FileRange[] = []
      for (let i = lastAtMost(starts, firstPiece); i < filled.length; i++) {
        const file = filled[i]
        if (!file || file.firstPiece >= firstPiece + count) break
        const offset = Math.max(0, firstPiece - file.firstPiece) * pieceBytes
        const end = Math.min(file.sizeBytes, (firstPiece + count - file.firstPiece) * pieceBytes)
        if (end > offset) ranges.push({ file, offset, lengthBytes: end - offset })
      }
      return ranges
    },
  }
  return layout
}

/** The index of the last start that is not above `value`; empty files share theirs with the next one. 0 when there is none. */
function lastAtMost(starts: Float64Array, value: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] ?? 0) <= value) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}
