/** What one session saw, as plain data that grows while it lasts. */
import type { Attempt, Extensions, Peer, Sample } from "../evidence.ts"
import type { Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection } from "../network.ts"
import { countPieces, hasPiece, setPiece } from "../torrent/bitfield.ts"
import { createSeries } from "./series.ts"

/** `atMs` counts from the start of the run, the other times from the dial or accept; null until it happened. */
export interface SessionRecord {
  readonly transport: Attempt["transport"]
  readonly encryption: Attempt["encryption"]
  readonly atMs: number
  connectMs: number | null
  handshakeMs: number | null
  bitfieldMs: number | null
  unchokeMs: number | null
  firstBlockMs: number | null
  closedMs: number | null
  /** Lower-case hex. */
  peerId: string | null
  reserved: string | null
  client: string | null
  clientFamily: string | null
  extensions: Extensions | null
  fast: boolean | null
  /** A bitfield, have-all, have-none or HAVE came; without one, `pieces` is our assumption that it holds none. */
  claimSent: boolean
  pieces: Uint8Array | null
  haveCount: number | null
  /** Starts with what was claimed before the first HAVE; close ones are one event. */
  haveEvents: Peer["haveEvents"]
  /** There were too many for the record, so that they stand further apart. */
  haveEventsThinned: boolean
  choked: boolean
  readonly allowedFast: number[]
  /** Of pieces that were asked for; the first `limits.peer.maxSamples`. */
  readonly samples: Sample[]
  /** Of blocks that we asked for, wanted to the end or not. */
  payloadBytes: number
  /** Of blocks that we did not ask for, or no longer wanted when they came. */
  strayBytes: number
  rejects: number
  ignoredRequests: number
  /** Extension messages with an id that we gave to none. */
  ignoredExtensions: number
  /** BEP 11; null: it doesn't speak it, or we didn't ask. */
  pex: Peer["pex"]
  /** As TCP carried them, without its own overhead. */
  readonly bytes: { read: number; written: number }
  end: Failure | null
}

export const createRecord = (
  { transport, encryption }: Pick<Connection, "transport" | "encryption">,
  atMs: number,
  connectMs: number | null,
): SessionRecord => ({
  transport,
  encryption,
  atMs,
  connectMs,
  handshakeMs: null,
  bitfieldMs: null,
  unchokeMs: null,
  firstBlockMs: null,
  closedMs: null,
  peerId: null,
  reserved: null,
  client: null,
  clientFamily: null,
  extensions: null,
  fast: null,
  claimSent: false,
  pieces: null,
  haveCount: null,
  haveEvents: [],
  haveEventsThinned: false,
  choked: true,
  allowedFast: [],
  samples: [],
  payloadBytes: 0,
  strayBytes: 0,
  rejects: 0,
  ignoredRequests: 0,
  ignoredExtensions: 0,
  pex: null,
  bytes: { read: 0, written: 0 },
  end: null,
})

const haveSpacingMs = 100

export interface Claims {
  /** A bitfield, or what have-all and have-none stand for. `atMs` counts from the start of the run. */
  claim(pieces: Uint8Array, atMs: number): void
  have(piece: number, atMs: number): void
}

/** Keeps `pieces`, `haveCount` and `haveEvents` of a record. */
export function recordClaims(record: SessionRecord, pieceCount: number): Claims {
  let claimedAtMs: number | null = null
  let held = 0
  const events = createSeries<Peer["haveEvents"][number]>({
    maxPoints: limits.peer.maxHaveEvents,
    spacingMs: haveSpacingMs,
    timeOf: ({ atMs }) => atMs,
  })
  record.haveEvents = events.points

  function claim(pieces: Uint8Array, atMs: number): void {
    claimedAtMs = atMs
    held = countPieces(pieces)
    record.pieces = pieces
    record.haveCount = held
    if (events.points.length > 0) events.add({ atMs, count: held })
  }

  return {
    claim,
    have(piece, atMs) {
      if (record.pieces === null) claim(new Uint8Array(Math.ceil(pieceCount / 8)), atMs)
      if (record.pieces === null || hasPiece(record.pieces, piece)) return
      if (events.points.length === 0) events.add({ atMs: claimedAtMs ?? atMs, count: held })
      setPiece(record.pieces, piece)
      record.haveCount = ++held
      events.add({ atMs, count: held })
      record.haveEventsThinned = events.thinned
    },
  }
}
