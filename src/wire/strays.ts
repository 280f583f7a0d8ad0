/** Blocks that come unexpected: late answers, paid for like any other, and what nobody asked for, dropped and bounded. */
import { limits } from "../limits.ts"
import type { Throttle } from "./throttle.ts"

export interface Strays {
  /** A request was withdrawn or voided. Its answer may still be under way, so `bytes` of the budget stay set aside for it. */
  excuse(key: number, bytes: number): void
  /** It is refused: they are free again. False when no answer was due. */
  refuse(key: number): boolean
  /** It comes after all: they are spent. How many it may have, or null when no answer was due. */
  answer(key: number, bytes: number): number | null
  /** An answer of that length is due. */
  owes(key: number, bytes: number): boolean
  /** False when more came unasked than mistakes explain. */
  tolerates(bytes: number): boolean
  /** Nothing comes any more. */
  end(): void
}

const { maxExcused, maxStrayBytes } = limits.peer

export function createStrays(throttle: Pick<Throttle, "refund">): Strays {
  /** By request, how many bytes each answer may have that is due: the first one asked for first. */
  const excused = new Map<number, number[]>()
  let asideBytes = 0
  let count = 0
  let strayBytes = 0

  function take(key: number, length: number | null): number | null {
    const due = excused.get(key)
    if (due === undefined) return null
    const [bytes = 0] = due.splice(Math.max(0, length === null ? 0 : due.indexOf(length)), 1)
    if (due.length === 0) excused.delete(key)
    asideBytes -= bytes
    count--
    return bytes
  }

  function refuse(key: number): boolean {
    const bytes = take(key, null)
    if (bytes !== null) throttle.refund(bytes)
    return bytes !== null
  }

  return {
    excuse(key, bytes) {
      const due = excused.get(key) ?? []
      due.push(bytes)
      excused.delete(key)
      excused.set(key, due)
      asideBytes += bytes
      count++
      const [oldest] = excused.keys()
      if (count > maxExcused && oldest !== undefined) refuse(oldest)
    },
    refuse,
    answer: take,
    owes: (key, bytes) => excused.get(key)?.includes(bytes) === true,
    tolerates(bytes) {
      strayBytes += bytes
      return strayBytes <= maxStrayBytes
    },
    end() {
      throttle.refund(asideBytes)
      asideBytes = 0
      count = 0
      excused.clear()
    },
  }
}
