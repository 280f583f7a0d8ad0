/**
 * BEP 52: hashes of a v2 torrent's Merkle trees, asked of a peer.
 *
 * hash request: <49><id 21><range>      hashes: <49+32n><id 22><range><n hashes>      hash reject: <49><id 23><range>
 * range: <pieces root 32><base layer 4><index 4><length 4><proof layers 4>
 */
import { limits } from "../limits.ts"
import { hashesIn, merkleHashBytes } from "../torrent/merkle.ts"
import type { HashRequest } from "../torrent/v2-pieces.ts"

export const hashMessageIds = { request: 21, hashes: 22, reject: 23 } as const

export const hashRangeBytes = merkleHashBytes + 16
const { maxHashes } = limits.hashes

export function encodeHashRange({
  piecesRoot,
  baseLayer,
  index,
  length,
  proofLayers,
}: HashRequest): Uint8Array {
  const bytes = Buffer.alloc(hashRangeBytes)
  bytes.set(piecesRoot)
  for (const [at, value] of [baseLayer, index, length, proofLayers].entries())
    bytes.writeUInt32BE(value, merkleHashBytes + 4 * at)
  return bytes
}

/** An answer, not yet compared with any question: `range` is repeated from the request. */
export interface HashAnswer {
  /** Lower-case hex. */
  readonly range: string
  /** 32 bytes each, a copy; null: rejected. */
  readonly hashes: Uint8Array | null
}

/** `message` with its id: `hashes` or `hash reject`. Null for a length that neither can have. */
export function decodeHashAnswer(message: Uint8Array): HashAnswer | null {
  const body = Buffer.from(message.buffer, message.byteOffset + 1, message.length - 1)
  if (body.length < hashRangeBytes) return null
  const range = body.toString("hex", 0, hashRangeBytes)
  const rest = body.length - hashRangeBytes
  if (message[0] === hashMessageIds.reject) return rest === 0 ? { range, hashes: null } : null
  if (rest === 0 || rest % merkleHashBytes !== 0 || rest > maxHashes * merkleHashBytes) return null
  return { range, hashes: new Uint8Array(body.subarray(hashRangeBytes)) }
}

/** As many as were asked for, and no more uncles than the layers have. */
export const answers = (request: HashRequest, hashes: Uint8Array): boolean =>
  hashes.length === hashesIn(request) * merkleHashBytes
