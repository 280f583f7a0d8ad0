import type { Evidence, Peer } from "../evidence.ts"
import { countPieces, fromBase64, hasPiece } from "../torrent/bitfield.ts"

/** A peer that told us what it holds: reached. */
export interface Member {
  peer: Peer
  bits: Uint8Array
  have: number
  holds: (piece: number) => boolean
  /** Holds every piece, by its own word: it claims them, or super-seeds. */
  seeder: boolean
  /** It says that it only uploads (BEP 21), and yet shows less than everything: all of it by and by, or the part that it wants. */
  uploader: "super-seeder" | "partial-seed" | null
  /** Shows less than everything, and may hold it all the same: see `mayHoldAll`. */
  reticent: boolean
  /** Sent us a whole piece. */
  served: boolean
  /** Sent whole pieces, all of them right. */
  verified: boolean
}

export interface Membership {
  reached: readonly Member[]
  /** Sighted, but never told us: might hold anything. Silence after a handshake tells no more. */
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
  const bits =
    peer.bitfield === null || peer.claimSent === false ? null : fromBase64(peer.bitfield, pieceCount)
  if (!bits) return null
  const have = countPieces(bits)
  const uploader = uploaderOf(peer, have, pieceCount)
  const whole = peer.samples.filter(({ verified }) => verified !== null)
  return {
    peer,
    bits,
    have,
    holds: (piece) => hasPiece(bits, piece),
    seeder: have === pieceCount || uploader === "super-seeder",
    uploader,
    reticent: have < pieceCount && mayHoldAll(peer, have),
    served: whole.length > 0,
    verified: whole.length > 0 && whole.every(({ verified }) => verified === true),
  }
}

/**
 * Who wants nothing more and began by showing nothing holds all: clients super-seed (BEP 16) only when they have every piece. One
 * that showed a part from the start, or wanted more until it had that part, has finished with the files that it wants.
 */
function uploaderOf({ extensions, haveEvents }: Peer, have: number, pieceCount: number): Member["uploader"] {
  if (extensions?.uploadOnly !== true || have === 0 || have === pieceCount) return null
  const staged = haveEvents[0]?.count === 0 && extensions.uploadOnlyChanged !== true
  return staged ? "super-seeder" : "partial-seed"
}

/** A super-seeder shows a piece or two at a time, and the next ones only as those spread. */
const mostStaged = 8

/**
 * A peer that says it only uploads (BEP 21) wants no more pieces, whatever it shows. One that began with nothing and tells of a
 * few, one by one, is a super-seeder (BEP 16) or a leecher that has just begun: they look the same.
 */
function mayHoldAll({ extensions, haveEvents }: Peer, have: number): boolean {
  const staged = haveEvents[0]?.count === 0 && have > 0 && have <= mostStaged
  return extensions?.uploadOnly === true || staged
}
