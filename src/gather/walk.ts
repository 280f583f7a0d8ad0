/** All pieces in a seeded order of their own, without a list of them: every piece once, then again. */
import type { Random } from "./random.ts"

export interface Walk {
  /** The next piece that is accepted, or null after one whole round without any. */
  next(accept: (piece: number) => boolean): number | null
}

/** Steps of one length that shares no divisor with the count visit every piece; the golden ratio spreads them. */
export function walk(pieceCount: number, random: Random): Walk {
  let at = random.below(pieceCount)
  const step = coprimeNear(
    Math.floor(pieceCount * 0.618) + random.below(Math.max(1, pieceCount >> 4)),
    pieceCount,
  )
  return {
    next(accept) {
      for (let tried = 0; tried < pieceCount; tried++) {
        at = (at + step) % pieceCount
        if (accept(at)) return at
      }
      return null
    },
  }
}

function coprimeNear(wanted: number, count: number): number {
  let step = Math.max(1, wanted)
  while (greatestCommonDivisor(step, count) !== 1) step++
  return step
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)
