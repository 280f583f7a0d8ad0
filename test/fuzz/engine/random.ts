/** Chance that a seed repeats: mulberry32. */
export interface Random {
  /** 0 ≤ n < bound; 0 where the bound is 0. */
  below(bound: number): number
  pick<T>(list: readonly T[]): T | undefined
}

export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => (bound < 2 ? 0 : next() % bound)
  return { below, pick: (list) => list[below(list.length)] }
}
