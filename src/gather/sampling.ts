/**
 * What to ask of whom. Every piece is taken whole from one peer, so that wrong bytes have one author; what
 * failed is asked again, of the same peer and of another. No clock and no sockets here.
 */
import type { Sample } from "../evidence.ts"
import { hasPiece, pieces } from "../torrent/bitfield.ts"
import type { Random } from "./random.ts"

/** A peer that unchoked us, as far as sampling needs to know it. */
export interface Sampled {
  readonly key: string
  readonly bits: () => Uint8Array | null
  readonly samples: readonly Sample[]
}

export interface SamplingPlan {
  /** Distinct pieces wanted swarm-wide, and those of them verified by now. */
  readonly wanted: number
  verifiedCount(): number
  /** The next piece that this peer owes: its first, a repeat of what failed, or another peer's failed one. */
  duty(peer: Sampled): number | null
  /** A piece of the swarm-wide plan that nobody verified yet and this peer claims. */
  planned(peer: Sampled): number | null
  /** Any piece this peer claims, the least asked first: for goodput. */
  any(peer: Sampled): number | null
  asked(peer: Sampled, piece: number): void
  answered(peer: Sampled, sample: Sample): void
  /** True while another peer's failure still waits for a second opinion that this peer could give. */
  awaits(peer: Sampled): boolean
}

/** Failures that say something about the peer's claim, not about us or its upload slots. */
const suspicious = (sample: Sample): boolean =>
  sample.verified === false || sample.failure?.code === "rejected" || sample.failure?.code === "snubbed"

const conclusive = (sample: Sample): boolean => sample.verified !== null || suspicious(sample)

/** A piece that failed is asked of the same peer this often in all. */
const asksPerFailure = 2
/** After a failure the peer is tried on, so that one bad piece and a liar differ: until this many failed, or this many were tried. */
const failuresPerSuspect = 3
const piecesPerSuspect = 12

export function samplingPlan(options: {
  pieceCount: number
  wanted: number
  random: Random
  copies: (piece: number) => number
}): SamplingPlan {
  const { pieceCount, random, copies } = options
  const wanted = Math.min(options.wanted, pieceCount)
  const plan = stratified(pieceCount, wanted, random)
  const stratumOf = (piece: number) => Math.floor((piece * wanted) / pieceCount)
  const verifiedBy = new Map<number, Set<string>>()
  const coveredStrata = new Set<number>()
  const inFlight = new Map<number, Set<string>>()
  const askedOf = new Map<string, Map<number, number>>()
  /** Pieces with wrong bytes or a refusal, and of whom. */
  const disputes = new Map<number, Set<string>>()
  /** Whom asking again for a second opinion would not help. */
  const refused = new Map<number, Set<string>>()

  const timesAsked = (peer: Sampled, piece: number) => askedOf.get(peer.key)?.get(piece) ?? 0
  const claims = (peer: Sampled, piece: number) => {
    const bits = peer.bits()
    return bits !== null && hasPiece(bits, piece)
  }

  /** Seeded pick among the peer's claims, the least often asked of it first. */
  function pick(peer: Sampled, accept: (piece: number) => boolean): number | null {
    const bits = peer.bits()
    if (bits === null) return null
    let best: number | null = null
    let bestAsked = Infinity
    let seen = 0
    for (const piece of pieces(bits, pieceCount)) {
      if (!accept(piece)) continue
      const asked = timesAsked(peer, piece)
      if (asked < bestAsked) [best, bestAsked, seen] = [piece, asked, 1]
      else if (asked === bestAsked && random.below(++seen) === 0) best = piece
    }
    return best
  }

  function openDispute(peer: Sampled): number | null {
    for (const [piece, suspects] of disputes) {
      const witnesses = verifiedBy.get(piece)
      if (witnesses && [...witnesses].some((key) => !suspects.has(key))) continue
      if (refused.get(piece)?.has(peer.key) || inFlight.get(piece)?.has(peer.key)) continue
      if (claims(peer, piece)) return piece
    }
    return null
  }

  function planned(peer: Sampled): number | null {
    let best: number | null = null
    for (const [stratum, piece] of plan.entries()) {
      if (coveredStrata.has(stratum) || inFlight.has(piece) || timesAsked(peer, piece) > 0) continue
      if (claims(peer, piece) && (best === null || copies(piece) < copies(best))) best = piece
    }
    if (best !== null || wanted === pieceCount) return best
    return pick(
      peer,
      (piece) =>
        !coveredStrata.has(stratumOf(piece)) && !inFlight.has(piece) && timesAsked(peer, piece) === 0,
    )
  }

  return {
    wanted,
    verifiedCount: () => coveredStrata.size,
    planned,
    any: (peer) => pick(peer, (piece) => !inFlight.get(piece)?.has(peer.key)),

    duty(peer) {
      const failed = peer.samples.filter(suspicious)
      const failedPieces = new Set(failed.map(({ piece }) => piece))
      for (const piece of failedPieces) {
        const good = peer.samples.some((sample) => sample.piece === piece && sample.verified === true)
        if (!good && timesAsked(peer, piece) < asksPerFailure && claims(peer, piece)) return piece
      }
      const dispute = openDispute(peer)
      if (dispute !== null) return dispute
      const tried = new Set(peer.samples.filter(conclusive).map(({ piece }) => piece)).size
      const suspect = failed.length > 0 && failedPieces.size < failuresPerSuspect && tried < piecesPerSuspect
      const first = !askedOf.has(peer.key)
      return first || suspect ? (planned(peer) ?? pick(peer, (piece) => timesAsked(peer, piece) === 0)) : null
    },

    asked(peer, piece) {
      const counts = askedOf.get(peer.key) ?? new Map<number, number>()
      askedOf.set(peer.key, counts.set(piece, (counts.get(piece) ?? 0) + 1))
      inFlight.set(piece, (inFlight.get(piece) ?? new Set()).add(peer.key))
    },

    answered(peer, sample) {
      const { piece } = sample
      const holders = inFlight.get(piece)
      holders?.delete(peer.key)
      if (holders?.size === 0) inFlight.delete(piece)
      const dispute = disputes.get(piece)
      if (sample.verified === true) {
        verifiedBy.set(piece, (verifiedBy.get(piece) ?? new Set()).add(peer.key))
        coveredStrata.add(stratumOf(piece))
      } else if (suspicious(sample)) {
        disputes.set(piece, (dispute ?? new Set()).add(peer.key))
      }
      if (sample.verified !== true && sample.failure?.code !== "aborted")
        refused.set(piece, (refused.get(piece) ?? new Set()).add(peer.key))
    },

    awaits: (peer) => openDispute(peer) !== null,
  }
}

/** One piece from each of `wanted` equal strata, in order: no long stretch stays unlooked at. */
function stratified(pieceCount: number, wanted: number, random: Random): number[] {
  return Array.from({ length: wanted }, (_, stratum) => {
    const from = Math.ceil((stratum * pieceCount) / wanted)
    const to = Math.ceil(((stratum + 1) * pieceCount) / wanted)
    return from + random.below(to - from)
  })
}
