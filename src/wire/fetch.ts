/** One piece, or one block of it, asked of one peer: which blocks are still to ask for, what came when, and the sample that it makes. */
import type { Sample } from "../evidence.ts"
import { limits } from "../limits.ts"
import type { Proof, Verdict } from "./proof.ts"
import { createSeries, type Series } from "./series.ts"

const { blockBytes, maxProgressPoints } = limits.peer
const progressSpacingMs = 20

/** A single block of a piece. */
export interface LoneBlock {
  readonly block: number
  readonly bytes: number
  /** How long it may take; not given: as any block. */
  readonly patienceMs?: number
  /** Given up so long after it was asked for, whatever was asked for before: for when other answers must overtake this one. */
  readonly deadlineMs?: number
}

export interface Fetch {
  readonly piece: number
  /** Null: the whole piece. */
  readonly lone: LoneBlock | null
  /** Of all that is to be asked for. */
  readonly lengthBytes: number
  readonly proof: Proof
  readonly progress: Series<[ms: number, bytes: number]>
  readonly settle: (sample: Sample) => void
  /** Blocks to ask for again come before the next new one. */
  readonly again: number[]
  nextBlock: number
  /** Requests that a choke voided. */
  voided: number
  bytes: number
  /** Set aside of the budget for what is in the air or still to be asked for the first time. */
  asideBytes: number
  /** When its first request left, on the network's clock. */
  firstAskMs: number | null
  readonly queuedMs: number
  /** Since when a choke keeps us from asking. */
  stuckSinceMs: number | null
  /** Since when a block stands rejected while we were unchoked. */
  rejectedSinceMs: number | null
  /** Choked after its first request left. */
  wasChoked: boolean
  /** When even a very slow peer would have sent it, and all that was asked for before it; null while our own caps hold it back. */
  dueMs: number | null
  capped: boolean
}

export const blockCount = (lengthBytes: number): number => Math.ceil(lengthBytes / blockBytes)

export const blockLength = ({ lone, lengthBytes }: Fetch, block: number): number =>
  lone === null ? Math.min(blockBytes, lengthBytes - block * blockBytes) : lone.bytes

export const createFetch = (of: {
  piece: number
  lone: LoneBlock | null
  lengthBytes: number
  proof: Proof
  nowMs: number
  settle: (sample: Sample) => void
}): Fetch => ({
  piece: of.piece,
  lone: of.lone,
  lengthBytes: of.lengthBytes,
  proof: of.proof,
  progress: createSeries({
    maxPoints: maxProgressPoints,
    spacingMs: progressSpacingMs,
    timeOf: ([ms]) => ms,
  }),
  settle: of.settle,
  again: [],
  nextBlock: of.lone?.block ?? 0,
  voided: 0,
  bytes: 0,
  asideBytes: of.lengthBytes,
  firstAskMs: null,
  queuedMs: of.nowMs,
  stuckSinceMs: null,
  rejectedSinceMs: null,
  wasChoked: false,
  dueMs: null,
  capped: false,
})

/** The block to ask for next, or null when all have been asked for. */
export const peekBlock = ({ again, nextBlock, lone, lengthBytes }: Fetch): number | null =>
  again[0] ?? (nextBlock < (lone?.block ?? 0) + blockCount(lengthBytes) ? nextBlock : null)

export function takeBlock(fetch: Fetch): void {
  if (fetch.again.shift() === undefined) fetch.nextBlock++
}

const tenths = (ms: number): number => Math.round(ms * 10) / 10

/** True when all of it came. */
export function addBlock(fetch: Fetch, block: number, bytes: Uint8Array, nowMs: number): boolean {
  fetch.bytes += bytes.length
  fetch.progress.add([tenths(nowMs - (fetch.firstAskMs ?? nowMs)), fetch.bytes])
  return fetch.proof.add(block, bytes)
}

export function toSample(fetch: Fetch, end: { nowMs: number; startedMs: number } & Verdict): Sample {
  const sinceMs = fetch.firstAskMs ?? fetch.queuedMs
  return {
    piece: fetch.piece,
    atMs: tenths(sinceMs - end.startedMs),
    bytes: fetch.bytes,
    ms: tenths(end.nowMs - sinceMs),
    verified: end.verified,
    ...(fetch.lone && { offset: fetch.lone.block * blockBytes, proof: fetch.proof.kind }),
    failure: end.failure,
    capped: fetch.capped,
    progress: fetch.progress.points,
  }
}
