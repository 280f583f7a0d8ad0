/**
 * What a peer says it holds: bitfield, have-all, have-none, HAVE (BEP 3, BEP 6), and `lt_donthave` (BEP 54), which takes one
 * HAVE back: <extension message><piece index 4>.
 */
import type { Peer } from "../evidence.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import { clearPiece, countPieces, emptyBitfield, hasPiece, setPiece } from "../torrent/bitfield.ts"
import { createAlarm } from "./alarm.ts"
import type { SessionRecord } from "./record.ts"
import { createSeries } from "./series.ts"

export interface Claims {
  /** See `Session.claimed`. */
  readonly settled: Promise<boolean>
  /** The handshake is through: the peer may now say what it holds. */
  open(nowMs: number, speaksExtensions: boolean): void
  /** A bitfield, or what have-all and have-none stand for. */
  claim(pieces: Uint8Array, nowMs: number): void
  have(piece: number, nowMs: number): void
  /** False: it did not claim that piece. */
  dontHave(piece: number, nowMs: number): boolean
  /** It said what may only follow a claim. */
  pastClaim(nowMs: number): void
  /** Its extension handshake came. */
  introduced(nowMs: number): void
  end(): void
}

const haveSpacingMs = 100
/** Within that, HAVEs still belong to the bitfield before them (a «lazy» one). */
const lazyMs = 2_000

export const readPieceIndex = (payload: Uint8Array): number | null =>
  payload.length === 4 ? new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0) : null

/** Keeps `claimSent`, `bitfieldMs`, `pieces`, `haveCount`, `start`, `gainedPieces` and `haveEvents` of a record. */
export function createClaims(
  record: SessionRecord,
  options: {
    network: Pick<Network, "now" | "after">
    pieceCount: number
    /** Of the run. */
    startedMs: number
    /** Of the dial or the accept. */
    openedMs: number
    claimMs: number
  },
): Claims {
  const { network, pieceCount, startedMs, openedMs, claimMs } = options
  const settled = Promise.withResolvers<boolean>()
  const alarm = createAlarm(network, () => conclude(network.now()))
  let claimedAtMs: number | null = null
  let held = 0
  let speaksExtensions = false
  let past = false
  let concluded = false
  /** Told of by HAVE; made for the first one. */
  let gained: Uint8Array | null = null
  const events = createSeries<Peer["haveEvents"][number]>({
    maxPoints: limits.peer.maxHaveEvents,
    spacingMs: haveSpacingMs,
    timeOf: ({ atMs }) => atMs,
    inSteps: true,
  })
  record.haveEvents = events.points

  function take(pieces: Uint8Array, nowMs: number): void {
    const atMs = nowMs - startedMs
    claimedAtMs = atMs
    held = countPieces(pieces)
    record.pieces = pieces
    record.haveCount = held
    if (record.claimSent) record.start = { atMs, count: held, pieces }
    if (events.points.length > 0) events.add({ atMs, count: held })
  }

  function gain(piece: number, nowMs: number): void {
    gained ??= emptyBitfield(pieceCount)
    if (!hasPiece(gained, piece)) record.gainedPieces++
    setPiece(gained, piece)
    if (record.start && nowMs - startedMs - record.start.atMs <= lazyMs) setPiece(record.start.pieces, piece)
  }

  /** `held` is about to change. */
  function change(pieces: Uint8Array, by: 1 | -1, piece: number, nowMs: number): void {
    const atMs = nowMs - startedMs
    if (events.points.length === 0) events.add({ atMs: claimedAtMs ?? atMs, count: held })
    if (record.start?.pieces === pieces) record.start.pieces = pieces.slice()
    if (by === 1) setPiece(pieces, piece)
    else clearPiece(pieces, piece)
    held += by
    record.haveCount = held
    events.add({ atMs, count: held })
    record.haveEventsThinned = events.thinned
  }

  function settle(nowMs: number): void {
    if (concluded || (record.bitfieldMs === null && !past)) return
    if (!speaksExtensions || record.extensions !== null) conclude(nowMs)
    else alarm.set(nowMs + limits.peer.extensionMs)
  }

  function conclude(nowMs: number): void {
    concluded = true
    alarm.clear()
    if (record.pieces === null) take(emptyBitfield(pieceCount), nowMs)
    settled.resolve(true)
  }

  return {
    settled: settled.promise,
    open(nowMs, extensions) {
      speaksExtensions = extensions
      alarm.set(nowMs + claimMs)
    },
    claim(pieces, nowMs) {
      record.bitfieldMs ??= nowMs - openedMs
      record.claimSent = true
      take(pieces, nowMs)
      settle(nowMs)
    },
    have(piece, nowMs) {
      record.claimSent = true
      if (record.pieces === null) take(emptyBitfield(pieceCount), nowMs)
      const { pieces } = record
      if (pieces === null || hasPiece(pieces, piece)) return
      record.start ??= { atMs: claimedAtMs ?? nowMs - startedMs, count: held, pieces }
      change(pieces, 1, piece, nowMs)
      gain(piece, nowMs)
    },
    dontHave(piece, nowMs) {
      if (record.pieces === null || !hasPiece(record.pieces, piece)) return false
      change(record.pieces, -1, piece, nowMs)
      return true
    },
    pastClaim(nowMs) {
      if (past) return
      past = true
      settle(nowMs)
    },
    introduced: settle,
    end() {
      alarm.clear()
      settled.resolve(false)
    },
  }
}
