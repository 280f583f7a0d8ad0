/** Leechers whose claims change from visit to visit, honestly or not. */
import { pick } from "./holdings.ts"
import { makePeerId } from "./identity.ts"
import { claimPieces, handshake, type Behaviour } from "./steps.ts"
import type { Visit } from "./visit.ts"

const firstPieces = (visit: Visit, ratio: number): Uint8Array => {
  const { pieceCount } = visit.host.payload
  return pick(pieceCount, (piece) => piece < ratio * pieceCount)
}

/** Shows a part, then tells by HAVE of the pieces up to another part. */
function claimAndGain(visit: Visit, from: number, to: number): void {
  const { pieceCount } = visit.host.payload
  claimPieces(visit, firstPieces(visit, from))
  for (let piece = 0; piece < pieceCount; piece++)
    if (piece >= from * pieceCount && piece < to * pieceCount) visit.wire.have(piece)
}

/** Its download goes forward and back from visit to visit, and forward within each, by a tenth: it never ends. */
export const rewinder =
  (ratios: readonly number[] = [0.7, 0.3]): Behaviour =>
  (steps) => {
    let visits = 0
    return {
      ...steps,
      claim(visit) {
        const ratio = ratios[visits++ % ratios.length] ?? 0
        claimAndGain(visit, ratio, ratio + 0.1)
      },
    }
  }

/**
 * Honest: restarted before its visit number `at` (from 0) with older resume data, so that it has a new peer id and fewer pieces;
 * another two visits later it has downloaded them again.
 */
export const restartsWithLess =
  (at: number, before = 0.75, after = 0.4): Behaviour =>
  (steps) => {
    let visits = 0
    const numbers = new WeakMap<Visit, number>()
    let again: Uint8Array | null = null
    return {
      ...steps,
      greet(visit, theirs) {
        const { host } = visit
        const number = visits++
        numbers.set(visit, number)
        if (number < at || Buffer.compare(theirs.infoHash, host.payload.infoHash) !== 0)
          return steps.greet(visit, theirs)
        again ??= makePeerId(host.client, host.network.randomBytes(20))
        return handshake(visit, host.payload.infoHash, again)
      },
      claim(visit) {
        const number = numbers.get(visit) ?? 0
        const fewer = number >= at && number < at + 2
        claimPieces(visit, firstPieces(visit, fewer ? after : before))
      },
    }
  }
