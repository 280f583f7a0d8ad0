import type { Peer, Sample } from "../evidence.ts"

export interface SampledPieces {
  /** At least one peer sent it right. */
  verified: number[]
  /** Asked for, never right, and at least once wrong, refused or withheld while unchoked. */
  failed: number[]
  /** 95% upper bound on the share of pieces that nobody who answers can serve; null when nothing was sampled. */
  unservableRatioHigh: number | null
}

/** A choke, a close or a budget of ours says nothing about the piece. */
export const speaksAgainst = ({ verified, failure }: Sample): boolean =>
  verified === false ||
  failure?.code === "rejected" ||
  failure?.code === "snubbed" ||
  failure?.code === "short-block"

export function sampledPieces(peers: readonly Peer[], pieceCount: number): SampledPieces {
  const right = new Set<number>()
  const doubted = new Set<number>()
  for (const sample of peers.flatMap(({ samples }) => samples)) {
    if (sample.verified === true) right.add(sample.piece)
    else if (speaksAgainst(sample)) doubted.add(sample.piece)
  }
  const verified = [...right].sort((a, b) => a - b)
  const failed = [...doubted].filter((piece) => !right.has(piece)).sort((a, b) => a - b)
  return {
    verified,
    failed,
    unservableRatioHigh:
      right.size >= pieceCount ? 0 : shareHigh(failed.length, verified.length + failed.length),
  }
}

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
