import { hasPiece, setPiece } from "../torrent/bitfield.ts"
import type { Host } from "./steps.ts"
import type { Visit } from "./visit.ts"

/** At higher rates, several pieces are gained in one tick. */
const tickMs = 20

/** A leecher's progress at a steady rate, from its start: pieces in order of index, each told to everyone who is there. */
export function gainPieces(host: Host, visits: Iterable<Visit>, perSecond: number): () => void {
  if (perSecond <= 0) return () => {}
  const startMs = host.network.now()
  let gained = 0
  let piece = 0

  const timer = setInterval(
    () => {
      const due = ((host.network.now() - startMs) * perSecond) / 1000
      for (; gained + 1 <= due; gained++) {
        while (piece < host.payload.pieceCount && hasPiece(host.holds, piece)) piece++
        if (piece === host.payload.pieceCount) return clearInterval(timer)
        setPiece(host.holds, piece)
        setPiece(host.claims, piece)
        for (const visit of visits) if (visit.claimed) visit.wire.have(piece)
      }
    },
    Math.max(tickMs, 1000 / perSecond),
  )
  return () => clearInterval(timer)
}
