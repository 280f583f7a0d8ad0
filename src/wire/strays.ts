/** Blocks that we did not ask for, or no longer want: dropped, and bounded where nothing of ours explains them. */
export interface Strays {
  /** A request was withdrawn or voided: its answer may still be under way. */
  excuse(key: number): void
  /** Answered after all, or refused. True when it was excused. */
  forget(key: number): boolean
  /** False when more came than mistakes explain. `key` is null for a block that no request of ours can have. */
  tolerates(key: number | null, bytes: number): boolean
}

const maxExcused = 4_096
const maxStrayBytes = 1_048_576

export function createStrays(): Strays {
  const excused = new Set<number>()
  let strayBytes = 0
  return {
    excuse(key) {
      excused.add(key)
      const [oldest] = excused
      if (excused.size > maxExcused && oldest !== undefined) excused.delete(oldest)
    },
    forget: (key) => excused.delete(key),
    tolerates(key, bytes) {
      if (key === null || !excused.delete(key)) strayBytes += bytes
      return strayBytes <= maxStrayBytes
    },
  }
}
