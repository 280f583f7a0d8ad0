/** The metadata of one peer while it arrives: which pieces to ask for, what came, and whether it is what the info hash names. */
import { createHash } from "node:crypto"
import { fail, succeed, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"

export interface MetadataPieces {
  readonly sizeBytes: number
  readonly receivedBytes: number
  /** Asked for, and not answered yet. */
  readonly inTheAir: number
  /** The next piece to ask for, which is then in the air; null: none is left, or enough are. */
  next(): number | null
  /** True if it was asked for and fits; false if nobody waits for it. The bytes are copied. */
  add(piece: number, bytes: Uint8Array): Outcome<boolean>
  /** True if it was asked for. */
  waitsFor(piece: number): boolean
  readonly complete: boolean
  /** All of it, if this is its SHA-1, or its SHA-256 (BEP 52), whole or the first 20 bytes. */
  verify(infoHash: Uint8Array): Outcome<Uint8Array>
}

const { pieceBytes, pipeline } = limits.metadata
/** As handshakes carry it. */
const swarmHashBytes = 20

/** Takes memory as pieces come, not as somebody says how many there will be. */
export function createMetadataPieces(sizeBytes: number): MetadataPieces {
  const count = Math.ceil(sizeBytes / pieceBytes)
  const pieces = new Map<number, Uint8Array>()
  const asked = new Set<number>()
  let unasked = 0
  let receivedBytes = 0

  const lengthOf = (piece: number): number => Math.min(pieceBytes, sizeBytes - piece * pieceBytes)

  return {
    sizeBytes,
    get receivedBytes() {
      return receivedBytes
    },
    get inTheAir() {
      return asked.size
    },
    next() {
      if (unasked >= count || asked.size >= pipeline) return null
      asked.add(unasked)
      return unasked++
    },
    add(piece, bytes) {
      if (piece < 0 || piece >= count) return fail("protocol-error", `metadata piece ${piece} of ${count}`)
      if (!asked.has(piece)) return succeed(false)
      if (bytes.length !== lengthOf(piece))
        return fail("protocol-error", `metadata piece of ${bytes.length} bytes`)
      asked.delete(piece)
      pieces.set(piece, new Uint8Array(bytes)) // a Buffer's `slice` would be a view
      receivedBytes += bytes.length
      return succeed(true)
    },
    waitsFor: (piece) => asked.has(piece),
    get complete() {
      return pieces.size === count
    },
    verify(infoHash) {
      const info = new Uint8Array(sizeBytes)
      for (const [piece, bytes] of pieces) info.set(bytes, piece * pieceBytes)
      const right =
        infoHash.length >= swarmHashBytes &&
        ["sha1", "sha256"].some((algorithm) =>
          createHash(algorithm).update(info).digest().subarray(0, infoHash.length).equals(infoHash),
        )
      return right ? succeed(info) : fail("hash-mismatch", `metadata of ${sizeBytes} bytes`)
    },
  }
}
