/** Blocks that come unexpected: late answers, paid for like any other, and what nobody asked for, dropped and bounded. */
import type { Throttle } from "./throttle.ts"

export interface Strays {
  /** A request was withdrawn or voided. Its answer may still be under way, so `bytes` of the budget stay set aside for it. */
  excuse(key: number, bytes: number): void
  /** It is refused: they are free again. False when no answer was due. */
  refuse(key: number): boolean
  /** It comes after all: they are spent. How many it may have, or null when no answer was due. */
  answer(key: number): number | null
  /** False when more came unasked than mistakes explain. */
  tolerates(bytes: number): boolean
  /** Nothing comes any more. */
  end(): void
}

const maxExcused = 4_096
const maxStrayBytes = 1_048_576

export function createStrays(throttle: Pick<Throttle, "refund">): Strays {
  const excused = new Map<number, { bytes: number; answers: number }>()
  let asideBytes = 0
  let strayBytes = 0

  function take(key: number): number | null {
    const due = excused.get(key)
    if (due === undefined) return null
    if (--due.answers === 0) excused.delete(key)
    asideBytes -= due.bytes
    return due.bytes
  }

  return {
    excuse(key, bytes) {
      const answers = (excused.get(key)?.answers ?? 0) + 1
      excused.delete(key)
      excused.set(key, { bytes, answers })
      asideBytes += bytes
      const [oldest] = excused.keys()
      if (excused.size > maxExcused && oldest !== undefined) excused.delete(oldest)
    },
    refuse(key) {
      const bytes = take(key)
      if (bytes !== null) throttle.refund(bytes)
      return bytes !== null
    },
    answer: take,
    tolerates(bytes) {
      strayBytes += bytes
      return strayBytes <= maxStrayBytes
    },
    end() {
      throttle.refund(asideBytes)
      asideBytes = 0
      excused.clear()
    },
  }
}
