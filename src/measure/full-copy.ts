import type { Estimate, Evidence } from "../evidence.ts"
import { availability } from "./availability.ts"
import { holdingsOf } from "./holdings.ts"
import { membershipOf } from "./members.ts"
import { rateOf } from "./rates.ts"

/**
 * How long a full copy takes from here, from all measured peers at once: the longer of size ÷ Σ rates and, for each peer, the
 * bytes that only it among them holds ÷ its rate. The interval takes every rate at its slow end, then at its fast end, which
 * is wider than 95% when there are several. No upper end when nobody measured holds some piece; no lower one when a rate
 * was capped by us. Null when a piece is missing or nothing was measured. Assumes that they go on granting what they granted,
 * and a link of ours that carries the sum.
 */
export function fullCopyMs(evidence: Pick<Evidence, "torrent" | "peers">): Estimate | null {
  const { sizeBytes, pieceBytes, pieceCount } = evidence.torrent
  const holdings = holdingsOf(evidence)
  if (!holdings || holdings.rarest === 0) return null
  const sources = membershipOf(evidence).reached.flatMap(({ bits, have, holds, peer }) => {
    const rate = rateOf(peer)
    return rate && rate.value > 0 && have > 0 ? [{ bits, holds, rate }] : []
  })
  if (sources.length === 0) return null
  const measured = availability(
    sources.map(({ bits }) => bits),
    pieceCount,
  )
  const lastBytes = sizeBytes - (pieceCount - 1) * pieceBytes
  const bytesOf = (piece: number) => (piece === pieceCount - 1 ? lastBytes : pieceBytes)
  const loads = sources.map(({ holds, rate }) => ({
    rate,
    ownBytes: sum(onlyOf(holds, measured.copies).map(bytesOf)),
  }))
  const slowest = (end: (rate: Estimate) => number): number =>
    Math.max(
      sizeBytes / sum(loads.map(({ rate }) => end(rate))),
      ...loads.map(({ rate, ownBytes }) => (ownBytes === 0 ? 0 : ownBytes / end(rate))),
    ) * 1_000
  const high = measured.rarest === 0 ? Infinity : slowest(({ low }) => low)
  const low = slowest(({ high }) => high ?? Infinity)
  return {
    value: slowest(({ value }) => value),
    low,
    high: Number.isFinite(high) ? high : null,
    n: sources.length,
    confidence: 0.95,
    censored: loads.some(({ rate }) => rate.censored),
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

function onlyOf(holds: (piece: number) => boolean, copies: Uint32Array): number[] {
  const single: number[] = []
  copies.forEach((count, piece) => {
    if (count === 1 && holds(piece)) single.push(piece)
  })
  return single
}
