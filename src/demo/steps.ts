/** What an honest peer does at each step of a visit (BEP 3, 6, 10). A behaviour replaces or wraps some of them. */
import type { Network } from "../network.ts"
import { countPieces, hasPiece } from "../torrent/bitfield.ts"
import type { HashRange } from "../torrent/merkle.ts"
import type { Client } from "./identity.ts"
import type { Payload } from "./payload.ts"
import type { Uplink } from "./uplink.ts"
import type { Visit } from "./visit.ts"

/** A peer, as its visits see it. */
export interface Host {
  readonly network: Network
  readonly payload: Payload
  readonly client: Client
  readonly peerId: Uint8Array
  readonly port: number
  readonly uplink: Uplink
  readonly fast: boolean
  readonly unchokeMs: number
  /** What it can serve, and what it says it has. */
  readonly holds: Uint8Array
  readonly claims: Uint8Array
}

export interface Block {
  piece: number
  offset: number
  length: number
  /** With an error: a reject where the fast extension is on, else silence. */
  respond(error: Error | null, bytes?: Uint8Array): void
}

export interface Greeting {
  infoHash: Uint8Array
  peerId: Uint8Array
}

export interface Steps {
  /** Someone connected. */
  accepted(visit: Visit): void
  /** Their handshake arrived. */
  greet(visit: Visit, theirs: Greeting): void
  /** Ours is sent: say what we have. */
  claim(visit: Visit): void
  interested(visit: Visit): void
  /** They request a block while unchoked; the result calls it off. */
  serve(visit: Visit, block: Block): (() => void) | undefined
  /** What to send for a block that we serve. */
  bytes(visit: Visit, block: Block): Uint8Array
  /** What to answer to a hash request for our file (BEP 52); null: rejected. */
  hashes(visit: Visit, range: HashRange): Uint8Array | null
}

export type Behaviour = (steps: Steps) => Steps

export const honest: Steps = {
  accepted() {},
  greet(visit, theirs) {
    const { infoHash } = visit.host.payload
    if (Buffer.compare(theirs.infoHash, infoHash) === 0) handshake(visit, infoHash, visit.host.peerId)
    else visit.close()
  },
  claim(visit) {
    claimPieces(visit, visit.host.claims)
  },
  interested(visit) {
    if (visit.host.unchokeMs > 0) visit.later(visit.host.unchokeMs, () => visit.wire.unchoke())
    else visit.wire.unchoke()
  },
  serve(visit, block) {
    const { holds, payload, uplink } = visit.host
    const { offset, length } = block
    const inside = offset >= 0 && length > 0 && offset + length <= payload.pieceLength(block.piece)
    if (!inside || !hasPiece(holds, block.piece)) {
      block.respond(new Error("not here"))
      return undefined
    }
    return uplink.enqueue(length, () => block.respond(null, visit.steps.bytes(visit, block)))
  },
  bytes: (visit, { piece, offset, length }) => visit.host.payload.read(piece, offset, length),
  hashes: (visit, range) => visit.host.payload.hashes?.answer(range) ?? null,
}

/** Our handshake, the extension handshake that the wire adds by itself, then the claim. */
export function handshake(visit: Visit, infoHash: Uint8Array, peerId: Uint8Array): void {
  const { client, port, fast } = visit.host
  visit.wire.extendedHandshake = { ...(client.v ? { v: client.v } : {}), p: port, reqq: 500 }
  visit.wire.handshake(infoHash, peerId, { fast })
  visit.steps.claim(visit)
  visit.claimed = true
}

/** As most clients do: have-all or have-none where both sides are fast (BEP 6), else a bitfield. */
export function claimPieces(visit: Visit, pieces: Uint8Array): void {
  const held = countPieces(pieces)
  if (visit.wire.hasFast && held === visit.host.payload.pieceCount) visit.wire.haveAll()
  else if (visit.wire.hasFast && held === 0) visit.wire.haveNone()
  else visit.wire.bitfield(Uint8Array.from(pieces))
}
