/** Chance that follows from bytes alone: the same input plays the same session. */

export interface Chance {
  bytes(count: number): Uint8Array
}

/** xorshift32 (Marsaglia 2003) from an FNV-1a hash. */
export function seeded(seed: Uint8Array): Chance {
  let hash = 0x811c9dc5
  for (const byte of seed) hash = Math.imul(hash ^ byte, 0x01000193)
  let x = hash | 1
  return {
    bytes(count) {
      const made = Buffer.alloc(count)
      for (let at = 0; at < count; at++) {
        x ^= x << 13
        x ^= x >>> 17
        x ^= x << 5
        made[at] = x >>> 8
      }
      return made
    },
  }
}
