import type { Evidence, Peer } from "../evidence.ts"
import { countPieces, fromBase64, hasPiece } from "../torrent/bitfield.ts"

/** A peer that told us what it holds: reached. */
export interface Member {
  peer: Peer
  bits: Uint8Array
  have: number
  holds: (piece: number) => boolean
  /** Holds every piece, by its own word. */
  seeder: boolean
  /** Sent us a whole piece. */
  served: boolean
  /** Sent whole pieces, all of them right. */
  verified: boolean
}

export interface Membership {
  reached: readonly Member[]
  /** Sighted, but never told us: might hold anything. */
  unknown: readonly Peer[]
  /** Our own rules keep us away from them. */
  filtered: readonly Peer[]
}

/** Decoding thousands of bitfields once for every audit would be most of the work; a list of peers is decoded once. */
const decoded = new WeakMap<readonly Peer[], { pieceCount: number; membership: Membership }>()

/** Who is in the swarm. We ourselves and peers of other info hashes are nowhere. The list must not change afterwards. */
export function membershipOf({ peers, torrent }: Pick<Evidence, "peers" | "torrent">): Membership {
  const { pieceCount } = torrent
  const known = decoded.get(peers)
  if (known?.pieceCount === pieceCount) return known.membership
  const membership = sorted(peers, pieceCount)
  decoded.set(peers, { pieceCount, membership })
  return membership
}

function sorted(peers: readonly Peer[], pieceCount: number): Membership {
  const reached: Member[] = []
  const unknown: Peer[] = []
  const filtered: Peer[] = []
  for (const peer of peers) {
    if (peer.outcome === "self" || peer.outcome === "wrong-info-hash") continue
    const member = memberOf(peer, pieceCount)
    if (member) reached.push(member)
    else if (peer.outcome === "filtered") filtered.push(peer)
    else unknown.push(peer)
  }
  return { reached, unknown, filtered }
}

function memberOf(peer: Peer, pieceCount: number): Member | null {
  const bits = peer.bitfield === null ? null : fromBase64(peer.bitfield, pieceCount)
  if (!bits) return null
  const have = countPieces(bits)
  const whole = peer.samples.filter(({ verified }) => verified !== null)
  return {
    peer,
    bits,
    have,
    holds: (piece) => hasPiece(bits, piece),
    seeder: have === pieceCount,
    served: whole.length > 0,
    verified: whole.length > 0 && whole.every(({ verified }) => verified === true),
  }
}
