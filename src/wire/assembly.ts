/** One piece while it arrives: hashed as far as it is contiguous and forgotten at once; only blocks that overtook others are held. */
import { createHash } from "node:crypto"

export interface Assembly {
  /** Blocks that overtook an earlier one, and so are held in memory. */
  readonly held: number
  /** True when that was the last block. The block is copied if it has to wait. */
  add(block: number, bytes: Uint8Array): boolean
  /** SHA-1 of the whole piece is the expected one. */
  verify(): boolean
}

export function createAssembly(blockCount: number, expected: Uint8Array): Assembly {
  const hash = createHash("sha1")
  const held = new Map<number, Uint8Array>()
  let next = 0
  return {
    get held() {
      return held.size
    },
    add(block, bytes) {
      if (block !== next) {
        held.set(block, new Uint8Array(bytes)) // a Buffer's `slice` would be a view
        return false
      }
      for (let due: Uint8Array | undefined = bytes; due; due = held.get(next)) {
        hash.update(due)
        held.delete(next++)
      }
      return next === blockCount
    },
    verify: () => hash.digest().equals(expected),
  }
}
