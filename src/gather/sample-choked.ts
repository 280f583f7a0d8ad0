/**
 * Claims of a peer that never unchokes us, tested all the same: BEP 6 lets it name pieces that it gives to whom it chokes. One
 * after the other, and no more than the BEP's own number of them. What it refuses after all is its right.
 */
import type { Sample } from "../evidence.ts"
import { emptyBitfield, hasPiece, setPiece } from "../torrent/bitfield.ts"
import type { Session } from "../wire/session.ts"
import type { SamplingRoom } from "./sample-peer.ts"
import type { Duty, Sampled } from "./sampling.ts"

/** BEP 6: k. */
const mostPieces = 10
/** After so many refusals the claim stays untested. */
const mostRefusals = 3
const lookEveryMs = 250

/** Until it unchokes us, or the time for that is over. */
export async function sampleChoked(of: {
  room: Pick<SamplingRoom, "plan" | "unchoked" | "signal" | "sleep">
  session: Pick<Session, "record">
  key: string
  samples: readonly Sample[]
  /** False when there is no budget for another. */
  askOne: (duty: Duty) => Promise<boolean>
  over: () => boolean
}): Promise<void> {
  const { room, session, key, samples, askOne, over } = of
  const { record } = session
  const until = { over: false }
  void room.unchoked.then(() => {
    until.over = true
  })
  let known = 0
  for (let asked = 0; !until.over && record.choked && !over() && asked < mostPieces;) {
    const duty = record.allowedFast.length > known ? dutyAmong() : null
    if (duty !== null) {
      asked++
      if (!(await askOne(duty))) return
      continue
    }
    known = record.allowedFast.length
    await Promise.race([room.unchoked, room.sleep(lookEveryMs, room.signal)])
  }

  function dutyAmong(): Duty | null {
    const refused = new Set(samples.filter(({ verified }) => verified === null).map(({ piece }) => piece))
    if (refused.size >= mostRefusals) return null
    const bits = emptyBitfield(8 * (record.pieces?.length ?? 0))
    for (const piece of record.allowedFast)
      if (record.pieces !== null && hasPiece(record.pieces, piece) && !refused.has(piece))
        setPiece(bits, piece)
    const peer: Sampled = { key, samples, bits: () => bits }
    const tested = samples.some(({ verified }) => verified !== null)
    const piece = room.plan.planned(peer) ?? (tested ? null : room.plan.any(peer))
    return room.plan.duty(peer) ?? (piece === null ? null : { piece, part: "any" })
  }
}
