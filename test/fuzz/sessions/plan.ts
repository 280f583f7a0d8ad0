/** Bytes as what somebody does: read one after the other, zeros where they end. */

export interface Plan {
  /** Nothing is left. */
  readonly over: boolean
  byte(): number
  u16(): number
  u32(): number
  /** 0 to `most`, `most` included. */
  upTo(most: number): number
  /** As many as are left, at most. */
  take(count: number): Uint8Array
  pick<T>(from: readonly [T, ...T[]]): T
  flag(): boolean
}

export function planOf(bytes: Uint8Array): Plan {
  let at = 0
  const byte = () => bytes[at++] ?? 0
  const u16 = () => (byte() << 8) | byte()
  const upTo = (most: number) => (most < 256 ? byte() : u16()) % (most + 1)
  return {
    get over() {
      return at >= bytes.length
    },
    byte,
    u16,
    u32: () => ((u16() << 16) | u16()) >>> 0,
    upTo,
    take(count) {
      const taken = bytes.subarray(at, at + count)
      at += count
      return taken
    },
    pick: <T>(from: readonly [T, ...T[]]) => from[byte() % from.length] ?? from[0],
    flag: () => (byte() & 1) === 1,
  }
}
