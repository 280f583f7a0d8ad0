import type { Evidence, Peer, Sample } from "../evidence.ts"
import { availability } from "./availability.ts"
import { holdingsOf } from "./holdings.ts"
import { membershipOf } from "./members.ts"
import { picksOfWebSeeds, verifiedByWebSeeds, wholeWebSeeds } from "./web-seeds.ts"

export interface SampledPieces {
  /** At least one peer or web seed sent it right. */
  verified: number[]
  /** Asked of peers, never right, and at least once wrong, refused or withheld while unchoked. */
  failed: number[]
  /**
   * 95% upper bound on the share of pieces that nobody who answers can serve, those that nobody holds among them; null when
   * nothing was sampled, or when some pieces could not be: only peers that choke us hold them.
   */
  unservableRatioHigh: number | null
}

/** A choke, a close, slowness or a budget of ours says nothing about the piece. */
export const speaksAgainst = ({ verified, failure, bytes }: Sample): boolean =>
  verified === false ||
  (failure?.code === "timeout" && bytes === 0) ||
  failure?.code === "rejected" ||
  failure?.code === "snubbed" ||
  failure?.code === "short-block"

type Sampled = Pick<Evidence, "peers" | "torrent"> & Partial<Pick<Evidence, "webSeeds">>

export function sampledPieces(evidence: Sampled): SampledPieces {
  const { peers, torrent } = evidence
  const right = new Set([...verifiedIn(peers), ...verifiedByWebSeeds(evidence)])
  const verified = [...right].sort((a, b) => a - b)
  const failed = unservedPieces(peers).failed.filter((piece) => !right.has(piece))
  const whole = new Set([...verifiedIn(peers, isWhole), ...verifiedByWebSeeds(evidence)])
  const picks = new Set([...verifiedIn(peers.filter(letsUsChoose)), ...picksOfWebSeeds(evidence)])
  return {
    verified,
    failed,
    unservableRatioHigh:
      whole.size >= torrent.pieceCount ? 0 : ratioHigh(evidence, picks.size, failed.length),
  }
}

/** Pieces that nobody sent right: all that somebody failed to send, and those of them that failed at least twice. */
export function unservedPieces(peers: readonly Peer[]): { failed: number[]; repeatedly: number[] } {
  const right = verifiedIn(peers)
  const times = new Map<number, number>()
  for (const sample of peers.flatMap(({ samples }) => samples)) {
    if (!right.has(sample.piece) && speaksAgainst(sample))
      times.set(sample.piece, (times.get(sample.piece) ?? 0) + 1)
  }
  const failed = [...times.keys()].sort((a, b) => a - b)
  return { failed, repeatedly: failed.filter((piece) => (times.get(piece) ?? 0) > 1) }
}

const verifiedIn = (peers: readonly Peer[], which: (sample: Sample) => boolean = () => true): Set<number> =>
  new Set(
    peers.flatMap(({ samples }) =>
      samples.filter((sample) => sample.verified === true && which(sample)).map(({ piece }) => piece),
    ),
  )

/** A block proves a claim, and not the rest of its piece. */
const isWhole = ({ offset }: Sample): boolean => offset === undefined

/** Samples speak for the pieces that could have been among them; those that nobody holds can't be served at all. */
function ratioHigh(evidence: Sampled, verified: number, failed: number): number | null {
  const { pieceCount } = evidence.torrent
  const high = shareHigh(failed, verified + failed)
  if (wholeWebSeeds(evidence).length > 0) return high
  const holdings = holdingsOf(evidence)
  if (high === null || holdings === null) return null
  const generous = membershipOf(evidence).reached.filter(({ peer }) => letsUsChoose(peer))
  const { missingPieces: beyondSamples } = availability(
    generous.map(({ bits }) => bits),
    pieceCount,
  )
  const missing = holdings.missingPieces.length
  if (beyondSamples.length > missing) return null
  return (missing + high * (pieceCount - missing)) / pieceCount
}

/** What came by allowed-fast (BEP 6) was the peer's choice, not ours. */
const letsUsChoose = ({ outcome, timeline, samples }: Peer): boolean =>
  outcome !== "choked" && (timeline.unchokeMs !== null || samples.length > 0)

/**
 * One-sided exact 95% upper bound on a share of which `hits` of `n` random picks were found: the p with P(X ≤ hits) = 5%
 * (Clopper & Pearson 1934). For no hits 1 − 0.05^(1/n), close to 3/n. Assumes picks at random, one from each stratum.
 */
export function shareHigh(hits: number, n: number): number | null {
  if (n === 0) return null
  if (hits === 0) return 1 - 0.05 ** (1 / n)
  let [low, high] = [hits / n, 1]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (atMost(hits, n, middle) > 0.05) low = middle
    else high = middle
  }
  return high
}

/** P(X ≤ hits) for n tries at p. */
function atMost(hits: number, n: number, p: number): number {
  if (p >= 1) return hits >= n ? 1 : 0
  let logTerm = n * Math.log1p(-p)
  let sum = Math.exp(logTerm)
  for (let k = 1; k <= hits; k++) {
    logTerm += Math.log((n - k + 1) / k) + Math.log(p) - Math.log1p(-p)
    sum += Math.exp(logTerm)
  }
  return sum
}
