/** A leecher is kept for a while, though nothing is asked of it: its HAVEs tell how fast it downloads. */
import type { Depth } from "../evidence.ts"
import type { Pace } from "../limits.ts"
import type { Network } from "../network.ts"
import { countPieces } from "../torrent/bitfield.ts"
import type { Session, SessionRecord } from "../wire/session.ts"
import type { Entry } from "./peer-book.ts"

export interface WatchContext {
  readonly network: Pick<Network, "sleep">
  readonly signal: AbortSignal
  readonly depth: Depth
  readonly pace: Pick<Pace, "watchMs">
  /** Of the torrent. */
  readonly pieceCount: number
  /** ms since the run started. */
  readonly now: () => number
  /** False: somebody waits for its socket. */
  readonly isWanted: () => boolean
}

const pollMs = 250

/** It said that it lacks pieces, and not that it wants none of them (BEP 21). */
const isLeeching = ({ start, pieces, extensions }: SessionRecord, pieceCount: number): boolean =>
  start !== null && pieces !== null && extensions?.uploadOnly !== true && countPieces(pieces) < pieceCount

/** In this visit and in those before. */
const watchedMs = ({ visits }: Entry, now: number): number =>
  visits.reduce((sum, { atMs, start, closedMs }) => {
    if (start === null) return sum
    return sum + Math.max(0, (closedMs === null ? now : atMs + closedMs) - start.atMs)
  }, 0)

/** Until it was watched for long enough, has everything, or its socket is wanted; who was sampled for longer isn't kept at all. */
export async function watch(entry: Entry, session: Session, context: WatchContext): Promise<void> {
  const { network, signal, depth, pace, now, isWanted } = context
  if (depth === "handshake") return
  const over = () =>
    session.record.end !== null ||
    signal.aborted ||
    !isLeeching(session.record, context.pieceCount) ||
    watchedMs(entry, now()) >= pace.watchMs ||
    !isWanted()
  if (over()) return
  // Nothing more is asked of it, and its slot is for others.
  session.loseInterest()
  while (!over()) await network.sleep(pollMs, signal)
}
