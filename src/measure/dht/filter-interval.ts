/** BEP 33: how many addresses a Bloom filter with so many ones may hold, exactly. */
const bits = 2048
const hashes = 2
const tail = 0.025
/** Chances below this change no bound. */
const negligible = 1e-12

/**
 * 95% interval by test inversion: every N for which neither so many ones nor so few would be a 2.5% surprise. 2N balls into 2048 bins,
 * the occupancy distribution followed ball by ball; between the extremes it agrees with the normal approximation,
 * SE = √(m(eᵗ − t − 1))/k, t = kN/m. `high` is null when every bit is set.
 */
export function filterInterval(ones: number): { low: number; high: number | null } {
  const old = known.get(ones)
  if (old) return old
  const chances = new Float64Array(bits + 2)
  chances[0] = 1
  let [from, to] = [0, 0]
  let low: number | null = null
  for (let size = 0; ; size++) {
    const below = sumOf(chances, from, Math.min(to, ones))
    const above = sumOf(chances, Math.max(from, ones), to)
    if (above > tail) low ??= size
    const isOver = ones === bits ? low !== null : below <= tail
    if (isOver) {
      const interval = { low: low ?? size, high: ones === bits ? null : Math.max(low ?? 0, size - 1) }
      known.set(ones, interval)
      return interval
    }
    for (let ball = 0; ball < hashes; ball++) {
      for (let set = Math.min(to + 1, bits); set >= from; set--) {
        const hit = ((chances[set] ?? 0) * set) / bits
        const missed = set > from ? ((chances[set - 1] ?? 0) * (bits - set + 1)) / bits : 0
        chances[set] = hit + missed
      }
      if (to < bits) to++
      while ((chances[from] ?? 0) < negligible) chances[from++] = 0
      while ((chances[to] ?? 0) < negligible) chances[to--] = 0
    }
  }
}

/** The 2,049 answers, as they are asked for. */
const known = new Map<number, { low: number; high: number | null }>()

function sumOf(chances: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let at = from; at <= to; at++) sum += chances[at] ?? 0
  return sum
}
