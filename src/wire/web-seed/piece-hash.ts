/** One piece while it arrives, in order: hashed and forgotten. SHA-1 (BEP 3), or a Merkle root (BEP 52) where there is no v1. */
import { createHash } from "node:crypto"
import { leafBytes, leafHash, merkleHashBytes, merkleRoot, sameHash } from "../../torrent/merkle.ts"
import { pieceRoot, pieceWidth, type V2Pieces } from "../../torrent/v2-pieces.ts"

export interface PieceHashes {
  /** 20 bytes per piece; none for a torrent that is v2 only. */
  readonly v1: Uint8Array
  readonly v2: V2Pieces | null
}

export interface PieceHash {
  add(bytes: Uint8Array): void
  /** Null where nothing is known to hold it against. */
  verify(): boolean | null
}

const sha1Bytes = 20

export function pieceHash({ v1, v2 }: PieceHashes, piece: number): PieceHash {
  const expected = v1.subarray(piece * sha1Bytes, (piece + 1) * sha1Bytes)
  if (expected.length === sha1Bytes) {
    const hash = createHash("sha1")
    return { add: (bytes) => void hash.update(bytes), verify: () => hash.digest().equals(expected) }
  }
  const root = v2 && pieceRoot(v2, piece)
  if (!v2 || !root) return { add: () => {}, verify: () => null }
  const leaves: Uint8Array[] = []
  let rest = Buffer.alloc(0)
  return {
    add(bytes) {
      rest = Buffer.concat([rest, bytes])
      for (; rest.length >= leafBytes; rest = rest.subarray(leafBytes))
        leaves.push(leafHash(rest.subarray(0, leafBytes)))
    },
    verify() {
      if (rest.length > 0) leaves.push(leafHash(rest))
      const joined = new Uint8Array(leaves.length * merkleHashBytes)
      for (const [i, leaf] of leaves.entries()) joined.set(leaf, i * merkleHashBytes)
      return sameHash(merkleRoot(joined, pieceWidth(v2, piece)), root)
    },
  }
}
