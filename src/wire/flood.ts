/** How much besides blocks an honest peer may say in a session: messages and bytes, with room at the start for claims. */
import { limits } from "../limits.ts"

const { maxMessagesPerSecond, freeBytes, freeBytesPerPiece, freeBytesPerSecond, assumedPieceCount } =
  limits.peer

export interface FloodGauge {
  /** False when that was too much. `seconds` since the handshake. */
  allows(messageBytes: number, seconds: () => number): boolean
}

/** A peer may announce every piece one by one at once, and twice. */
export function createFloodGauge(knownPieceCount: number | null): FloodGauge {
  const pieceCount = knownPieceCount ?? assumedPieceCount
  const freeMessages = maxMessagesPerSecond + 2 * pieceCount
  // Without metadata, that may come too.
  const metadataBytes = knownPieceCount === null ? limits.metadata.maxBytes : 0
  let messages = 0
  let bytes = 0
  return {
    allows(messageBytes, seconds) {
      messages++
      bytes += messageBytes
      const excessMessages = messages - freeMessages
      const excessBytes = bytes - freeBytes - metadataBytes - freeBytesPerPiece * pieceCount
      if (excessMessages <= 0 && excessBytes <= 0) return true
      const elapsed = seconds()
      return excessMessages <= elapsed * maxMessagesPerSecond && excessBytes <= elapsed * freeBytesPerSecond
    },
  }
}
