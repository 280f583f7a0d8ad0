/** What one session saw, as plain data that grows while it lasts. */
import type { Attempt, Extensions, Peer, Sample, Silence } from "../evidence.ts"
import type { Failure } from "../failure.ts"
import type { Connection } from "../network.ts"

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
  /** BEP 52: agreed on in the handshake, so that it answers hash requests. */
  v2: boolean
  /** A bitfield, have-all, have-none or HAVE came; without one, `pieces` is our assumption that it holds none. */
  claimSent: boolean
  pieces: Uint8Array | null
  haveCount: number | null
  /** Where its reading begins, once it said itself what it holds; null until then. */
  start: ReadingStart | null
  /** Distinct pieces that it told of by HAVE. */
  gainedPieces: number
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
  /** The longest time in which it let what it owed us unanswered; set at the end. */
  silence: Silence | null
  rejects: number
  ignoredRequests: number
  /** Pieces that it claimed, and then did not any more (BEP 54). */
  withdrawnClaims: number
  /** Extension messages with an id that we gave to none. */
  ignoredExtensions: number
  /** BEP 11; null: it doesn't speak it, or we didn't ask. */
  pex: Peer["pex"]
  /** As TCP carried them, without its own overhead. */
  readonly bytes: { read: number; written: number }
  end: Failure | null
}

/** `atMs` counts from the start of the run. */
export interface ReadingStart {
  atMs: number
  count: number
  /** With what HAVEs added right behind it: some clients leave a few out of their bitfield, and tell of them at once. */
  pieces: Uint8Array
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
  v2: false,
  claimSent: false,
  pieces: null,
  haveCount: null,
  start: null,
  gainedPieces: 0,
  haveEvents: [],
  haveEventsThinned: false,
  choked: true,
  allowedFast: [],
  samples: [],
  payloadBytes: 0,
  strayBytes: 0,
  silence: null,
  rejects: 0,
  ignoredRequests: 0,
  withdrawnClaims: 0,
  ignoredExtensions: 0,
  pex: null,
  bytes: { read: 0, written: 0 },
  end: null,
})
