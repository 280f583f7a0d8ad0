/** One peer's rate and cost against its true uplink, and many of them together. */
import { quantile } from "./quantile.ts"
import type { Party } from "./truth.ts"
import type { PeerView } from "./view.ts"

/** What a simple test would do: download for so long. */
const fixedDownloadMs = 10_000
const shortestLookMs = 5_000
const fewestPieces = 2

export interface RateScore {
  readonly trueBytesPerSecond: number
  /** Held against the bounds. */
  readonly counts: boolean
  /** null: not measured. */
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly censored: boolean
  /** Signed, of the truth; null: not measured, or said to be a lower bound. */
  readonly error: number | null
  /** The truth is within low and high; null: not measured. */
  readonly covered: boolean | null
  readonly bytes: number
  /** The kernel's count of what it sent meanwhile; null: not known. */
  readonly sentBytes: number | null
  /** Of what ten seconds at the true rate would have taken. */
  readonly costShare: number
  /** Five seconds at the true rate hold at least two pieces: below that, whole pieces dictate the cost. */
  readonly roomy: boolean
}

export function rateScoreOf(peer: PeerView | undefined, party: Party, pieceBytes: number): RateScore | null {
  const truth = party.uplinkBytesPerSecond
  if (truth === null) return null
  const rate = peer?.bytesPerSecond ?? null
  const bytes = peer?.bytes ?? 0
  return {
    trueBytesPerSecond: truth,
    counts: party.honest && party.rateIsKnown,
    value: rate?.value ?? null,
    low: rate?.low ?? null,
    high: rate?.high ?? null,
    censored: rate?.censored ?? false,
    error: rate === null || rate.censored ? null : rate.value / truth - 1,
    covered: rate && rate.low <= truth && truth <= (rate.high ?? Infinity),
    bytes,
    sentBytes: party.sentBytes,
    costShare: bytes / ((truth * fixedDownloadMs) / 1_000),
    roomy: (truth * shortestLookMs) / 1_000 >= fewestPieces * pieceBytes,
  }
}

export interface RatesTogether {
  /** Peers whose rate could be measured. */
  readonly peers: number
  readonly measured: number
  readonly censored: number
  readonly medianError: number | null
  readonly medianAbsoluteError: number | null
  readonly p90AbsoluteError: number | null
  /** Share of the measured whose interval holds the truth. */
  readonly coverage: number | null
  readonly roomyCostShare: number | null
  readonly otherCostShare: number | null
}

/** Only rates that count. */
export function together(all: readonly RateScore[]): RatesTogether {
  const rates = all.filter(({ counts }) => counts)
  const measured = rates.filter(({ value }) => value !== null)
  const errors = measured.flatMap(({ error }) => (error === null ? [] : [error]))
  const sizes = errors.map(Math.abs)
  const costs = (roomy: boolean) =>
    measured.filter((rate) => rate.roomy === roomy).map(({ costShare }) => costShare)
  return {
    peers: rates.length,
    measured: measured.length,
    censored: measured.filter(({ censored }) => censored).length,
    medianError: quantile(errors, 0.5),
    medianAbsoluteError: quantile(sizes, 0.5),
    p90AbsoluteError: quantile(sizes, 0.9),
    coverage:
      measured.length === 0 ? null : measured.filter(({ covered }) => covered).length / measured.length,
    roomyCostShare: quantile(costs(true), 0.5),
    otherCostShare: quantile(costs(false), 0.5),
  }
}
