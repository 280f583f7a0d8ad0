/** How much besides blocks an honest peer may say in a session: messages and bytes, with room at the start for claims. */
import { limits } from "../limits.ts"

const { maxMessagesPerSecond } = limits.peer
/** A million HAVEs are 9 MB. */
const fewBytes = 4_194_304
const freeBytesPerPiece = 32
const freeBytesPerSecond = 65_536

export interface FloodGauge {
  /** False when that was too much. `seconds` since the handshake. */
  allows(messageBytes: number, seconds: () => number): boolean
}

/** Without metadata; then the metadata itself may come, too. */
const assumedPieceCount = 100_000

/** A peer may announce every piece one by one at once, and twice. */
export function createFloodGauge(knownPieceCount: number | null): FloodGauge {
  const pieceCount = knownPieceCount ?? assumedPieceCount
  const freeMessages = maxMessagesPerSecond + 2 * pieceCount
  const freeBytes = knownPieceCount === null ? fewBytes + limits.metadata.maxBytes : fewBytes
  let messages = 0
  let bytes = 0
  return {
    allows(messageBytes, seconds) {
      messages++
      bytes += messageBytes
      const excessMessages = messages - freeMessages
      const excessBytes = bytes - freeBytes - freeBytesPerPiece * pieceCount
      if (excessMessages <= 0 && excessBytes <= 0) return true
      const elapsed = seconds()
      return excessMessages <= elapsed * maxMessagesPerSecond && excessBytes <= elapsed * freeBytesPerSecond
    },
  }
}
