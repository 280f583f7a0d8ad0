/** How many there are of each, and in all; what there is none of takes no room. */
export interface Tally {
  readonly sum: number
  of(key: string): number
  add(key: string): void
  remove(key: string): void
}

export function createTally(): Tally {
  const counts = new Map<string, number>()
  let sum = 0
  return {
    get sum() {
      return sum
    },
    of: (key) => counts.get(key) ?? 0,
    add(key) {
      counts.set(key, (counts.get(key) ?? 0) + 1)
      sum++
    },
    remove(key) {
      const left = (counts.get(key) ?? 0) - 1
      if (left < 0) return
      if (left > 0) counts.set(key, left)
      else counts.delete(key)
      sum--
    },
  }
}
