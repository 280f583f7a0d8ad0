/** Chance that can be repeated: every choice about what to sample comes from the recorded seed. */
import { sha1 } from "../network.ts"

export interface Random {
  /** 0 ≤ x < 1 */
  next(): number
  /** 0 ≤ x < bound, whole. */
  below(bound: number): number
}

/** xorshift128 (Marsaglia 2003), its state taken from the SHA-1 of the seed. */
export function seededRandom(seed: string): Random {
  const digest = sha1(new TextEncoder().encode(seed))
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength)
  let [a, b, c, d] = [view.getUint32(0) | 1, view.getUint32(4), view.getUint32(8), view.getUint32(12)]
  const next = () => {
    let t = d
    const s = a
    d = c
    c = b
    b = s
    t ^= t << 11
    t ^= t >>> 8
    a = t ^ s ^ (s >>> 19)
    return (a >>> 0) / 0x1_0000_0000
  }
  return { next, below: (bound) => Math.floor(next() * bound) }
}
