/**
 * What to ask of whom. A piece is taken whole from one peer, or a single block of it where that can be proven, so that wrong
 * bytes have one author; what failed is asked again, of the same peer and of another. No clock and no sockets here.
 */
import type { Sample } from "../evidence.ts"
import { hasPiece } from "../torrent/bitfield.ts"
import type { Random } from "./random.ts"
import { walk, type Walk } from "./walk.ts"

/** A peer that unchoked us, as far as sampling needs to know it. */
export interface Sampled {
  readonly key: string
  /** The pieces that may be asked of it. */
  readonly bits: () => Uint8Array | null
  readonly samples: readonly Sample[]
}

/** Of a piece: whichever part proves a claim at the least cost, or all of it, or the block from that byte on. */
export interface Duty {
  readonly piece: number
  readonly part: "any" | "whole" | number
}

export interface SamplingPlan {
  /** Distinct pieces wanted swarm-wide, and those of them verified by now. */
  readonly wanted: number
  verifiedCount(): number
  /** What this peer owes next: its first sample, a repeat of what failed, or another peer's failed one. */
  duty(peer: Sampled): Duty | null
  /** A piece of the swarm-wide plan that nobody verified yet and this peer claims. */
  planned(peer: Sampled): number | null
  /** Any piece this peer claims, the least asked first: for goodput. */
  any(peer: Sampled): number | null
  asked(peer: Sampled, piece: number): void
  answered(peer: Sampled, sample: Sample): void
  /** We stopped it, for no fault of the piece or the peer: it may be asked as if it had not been. */
  calledOff(peer: Sampled, piece: number): void
  /** A piece that it claims and was never asked for, not among those. */
  untested(peer: Sampled, except: ReadonlySet<number>): number | null
  /** It left a claimed piece unanswered: another's opinion of it is wanted. */
  doubted(peer: Sampled, piece: number): void
  /** It was silent about these again and again, while it served others: it is asked for them no more. */
  withheld(peer: Sampled, pieces: readonly number[]): void
  /** Changes when a failure asks for a second opinion, or gets one. */
  readonly disputes: number
  /** True while another peer's failure still waits for a second opinion that this peer could give. */
  awaits(peer: Sampled): boolean
}

/** Failures that say something about the peer's claim, not about us or its upload slots. */
const suspicious = (sample: Sample): boolean =>
  sample.verified === false || sample.failure?.code === "rejected" || sample.failure?.code === "snubbed"

const conclusive = (sample: Sample): boolean => sample.verified !== null || suspicious(sample)

const piecesIn = (samples: readonly Sample[]): number => new Set(samples.map(({ piece }) => piece)).size

const partOf = ({ piece, offset }: Sample): Duty => ({ piece, part: offset ?? "whole" })
const nameOf = ({ piece, part }: Duty): string => `${piece} ${part}`

/** What failed is asked of the same peer this often in all. */
const asksPerFailure = 2
/** From its first failure on the peer is tried, so that one bad piece and a liar differ: until this many failed, or this many were tried. */
const failuresPerSuspect = 3
const piecesPerSuspect = 12
/** Who withholds that many will withhold more: nothing that others wait for is asked of it. */
const piecesPerWithholder = 2
/** Among so many open strata the rarest piece is looked for: looking through all of them each time would take n². */
const mostCandidates = 64

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
  /** Strata of which nobody has given a right piece yet. */
  const open = Array.from({ length: wanted }, (_, stratum) => stratum)
  const walks = new Map<string, Walk>()
  const inFlight = new Map<number, Set<string>>()
  /** Strata of which a piece is on its way, and how many. */
  const onTheirWay = new Map<number, number>()
  const move = (piece: number, by: number) =>
    onTheirWay.set(stratumOf(piece), (onTheirWay.get(stratumOf(piece)) ?? 0) + by)
  const askedOf = new Map<string, Map<number, number>>()
  /** Of each piece, who gave it right, or which blocks of it. */
  const verifiedBy = new Map<number, Map<string, Set<Duty["part"]>>>()
  /** Wrong bytes or a refusal: of which part, and of whom. */
  const disputes = new Map<string, { readonly about: Duty; readonly suspects: Set<string> }>()
  let disputeCount = 0
  /** By part: whom asking again for a second opinion would not help. */
  const refused = new Map<string, Set<string>>()
  /** By peer: claimed pieces that it will not serve. */
  const withheldBy = new Map<string, Set<number>>()

  const timesAsked = (peer: Sampled, piece: number) => askedOf.get(peer.key)?.get(piece) ?? 0
  const claims = (peer: Sampled, piece: number) => {
    const bits = peer.bits()
    return bits !== null && hasPiece(bits, piece) && withheldBy.get(peer.key)?.has(piece) !== true
  }
  const withholds = (peer: Sampled) => (withheldBy.get(peer.key)?.size ?? 0) >= piecesPerWithholder

  const walkOf = (peer: Sampled): Walk => {
    const known = walks.get(peer.key)
    if (known) return known
    const made = walk(pieceCount, random)
    walks.set(peer.key, made)
    return made
  }

  const unasked = (peer: Sampled) =>
    walkOf(peer).next((piece) => timesAsked(peer, piece) === 0 && claims(peer, piece))

  function openDispute(peer: Sampled): Duty | null {
    for (const [name, { about, suspects }] of disputes) {
      if (witnessesOf(about).some((key) => !suspects.has(key))) continue
      if (refused.get(name)?.has(peer.key) || inFlight.get(about.piece)?.has(peer.key)) continue
      if (claims(peer, about.piece)) return about
    }
    return null
  }

  /** A whole piece is a witness for each of its blocks. */
  function witnessesOf({ piece, part }: Duty): string[] {
    const gave = [...(verifiedBy.get(piece) ?? [])]
    return gave.filter(([, parts]) => parts.has("whole") || parts.has(part)).map(([key]) => key)
  }

  /** Of a few open strata of which nothing is on its way, the rarest piece: the planned one, or another that this peer claims. */
  function planned(peer: Sampled): number | null {
    if (isHopeless(peer) || withholds(peer)) return null
    let best: number | null = null
    let candidates = 0
    const from = random.below(Math.max(1, open.length))
    for (let i = 0; i < open.length && candidates < mostCandidates; i++) {
      const stratum = open[(from + i) % open.length] ?? 0
      if ((onTheirWay.get(stratum) ?? 0) > 0) continue
      const piece = pieceIn(stratum, (piece) => timesAsked(peer, piece) === 0 && claims(peer, piece))
      if (piece === null) continue
      candidates++
      if (best === null || copies(piece) < copies(best)) best = piece
    }
    return best
  }

  function pieceIn(stratum: number, accept: (piece: number) => boolean): number | null {
    const first = plan[stratum] ?? 0
    if (accept(first)) return first
    const [from, to] = bounds(stratum, wanted, pieceCount)
    for (let piece = from; piece < to; piece++) if (accept(piece)) return piece
    return null
  }

  /**
   * Nothing but wrong bytes ever came from it, and the more that is asked of it, the more others must be asked. A refusal costs
   * nothing, and who refuses some pieces may serve others.
   */
  const isHopeless = ({ samples }: Sampled): boolean =>
    samples.every(({ verified }) => verified !== true) &&
    piecesIn(samples.filter(({ verified }) => verified === false)) >= failuresPerSuspect

  function dispute(peer: Sampled, about: Duty): void {
    const name = nameOf(about)
    const known = disputes.get(name) ?? { about, suspects: new Set() }
    known.suspects.add(peer.key)
    disputes.set(name, known)
    disputeCount++
  }

  /** It failed, was not made good, and may be asked of the same peer once more. */
  function isToRepeat(peer: Sampled, about: Duty): boolean {
    const same = peer.samples.filter((sample) => nameOf(partOf(sample)) === nameOf(about))
    const good = witnessesOf(about).includes(peer.key)
    return !good && same.length < asksPerFailure && claims(peer, about.piece)
  }

  function isToTryOn({ samples }: Sampled, firstFailed: Sample, failedPieces: number): boolean {
    const since = samples.slice(samples.indexOf(firstFailed)).filter(conclusive)
    return failedPieces < failuresPerSuspect && piecesIn(since) < piecesPerSuspect
  }

  function cover(piece: number): void {
    const at = open.indexOf(stratumOf(piece))
    if (at < 0) return
    open[at] = open.at(-1) ?? 0
    open.pop()
  }

  return {
    wanted,
    verifiedCount: () => wanted - open.length,
    planned,
    any: (peer) => walkOf(peer).next((piece) => claims(peer, piece) && !inFlight.get(piece)?.has(peer.key)),

    duty(peer) {
      if (withholds(peer)) return null
      const failed = peer.samples.filter((sample) => suspicious(sample) && claims(peer, sample.piece))
      const again = failed.map(partOf).find((about) => isToRepeat(peer, about))
      if (again) return again
      const disputed = openDispute(peer)
      if (disputed !== null) return disputed
      const suspect = failed[0] !== undefined && isToTryOn(peer, failed[0], piecesIn(failed))
      const first = !askedOf.has(peer.key)
      const piece = first || suspect ? (planned(peer) ?? unasked(peer)) : null
      return piece === null ? null : { piece, part: "any" }
    },

    asked(peer, piece) {
      const counts = askedOf.get(peer.key) ?? new Map<number, number>()
      askedOf.set(peer.key, counts.set(piece, (counts.get(piece) ?? 0) + 1))
      inFlight.set(piece, (inFlight.get(piece) ?? new Set()).add(peer.key))
      move(piece, 1)
    },

    answered(peer, sample) {
      const { piece } = sample
      const holders = inFlight.get(piece)
      holders?.delete(peer.key)
      if (holders?.size === 0) inFlight.delete(piece)
      move(piece, -1)
      const about = partOf(sample)
      const name = nameOf(about)
      if (sample.verified === true) {
        const gave = verifiedBy.get(piece) ?? new Map<string, Set<Duty["part"]>>()
        verifiedBy.set(piece, gave.set(peer.key, (gave.get(peer.key) ?? new Set()).add(about.part)))
        cover(piece)
      } else if (suspicious(sample)) dispute(peer, about)
      // A part that came without a proof is no failure.
      if (sample.failure !== null && sample.failure.code !== "aborted")
        refused.set(name, (refused.get(name) ?? new Set()).add(peer.key))
    },

    calledOff(peer, piece) {
      askedOf.get(peer.key)?.set(piece, Math.max(0, timesAsked(peer, piece) - 1))
    },

    untested: (peer, except) =>
      walkOf(peer).next(
        (piece) => timesAsked(peer, piece) === 0 && claims(peer, piece) && !except.has(piece),
      ),

    doubted(peer, piece) {
      const others = [...(verifiedBy.get(piece)?.keys() ?? [])].filter((key) => key !== peer.key)
      // A single block of it, where that can be proven, is enough.
      if (others.length === 0) dispute(peer, { piece, part: 0 })
    },

    withheld(peer, pieces) {
      withheldBy.set(peer.key, new Set([...(withheldBy.get(peer.key) ?? []), ...pieces]))
    },

    get disputes() {
      return disputeCount
    },
    awaits: (peer) => !withholds(peer) && openDispute(peer) !== null,
  }
}

/** First and past-the-last piece of a stratum. */
const bounds = (stratum: number, wanted: number, pieceCount: number): [number, number] => [
  Math.ceil((stratum * pieceCount) / wanted),
  Math.ceil(((stratum + 1) * pieceCount) / wanted),
]

/** One piece from each of `wanted` equal strata, in order: no long stretch stays unlooked at. */
const stratified = (pieceCount: number, wanted: number, random: Random): number[] =>
  Array.from({ length: wanted }, (_, stratum) => {
    const [from, to] = bounds(stratum, wanted, pieceCount)
    return from + random.below(to - from)
  })
