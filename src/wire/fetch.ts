/** One piece asked of one peer: which blocks are still to ask for, what came when, and the sample that it makes. */
import type { Sample } from "../evidence.ts"
import type { Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import { createAssembly, type Assembly } from "./assembly.ts"
import { createSeries, type Series } from "./series.ts"

const { blockBytes, maxProgressPoints } = limits.peer
const progressSpacingMs = 20

export interface Fetch {
  readonly piece: number
  readonly lengthBytes: number
  readonly assembly: Assembly
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

export const blockLength = (fetch: Fetch, block: number): number =>
  Math.min(blockBytes, fetch.lengthBytes - block * blockBytes)

export const createFetch = (of: {
  piece: number
  lengthBytes: number
  hash: Uint8Array
  nowMs: number
  settle: (sample: Sample) => void
}): Fetch => ({
  piece: of.piece,
  lengthBytes: of.lengthBytes,
  assembly: createAssembly(blockCount(of.lengthBytes), of.hash),
  progress: createSeries({
    maxPoints: maxProgressPoints,
    spacingMs: progressSpacingMs,
    timeOf: ([ms]) => ms,
  }),
  settle: of.settle,
  again: [],
  nextBlock: 0,
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
export const peekBlock = (fetch: Fetch): number | null =>
  fetch.again[0] ?? (fetch.nextBlock < blockCount(fetch.lengthBytes) ? fetch.nextBlock : null)

export function takeBlock(fetch: Fetch): void {
  if (fetch.again.shift() === undefined) fetch.nextBlock++
}

const tenths = (ms: number): number => Math.round(ms * 10) / 10

/** True when the piece is whole. */
export function addBlock(fetch: Fetch, block: number, bytes: Uint8Array, nowMs: number): boolean {
  fetch.bytes += bytes.length
  fetch.progress.add([tenths(nowMs - (fetch.firstAskMs ?? nowMs)), fetch.bytes])
  return fetch.assembly.add(block, bytes)
}

export function toSample(
  fetch: Fetch,
  end: { nowMs: number; startedMs: number; verified: boolean | null; failure: Failure | null },
): Sample {
  const sinceMs = fetch.firstAskMs ?? fetch.queuedMs
  return {
    piece: fetch.piece,
    atMs: tenths(sinceMs - end.startedMs),
    bytes: fetch.bytes,
    ms: tenths(end.nowMs - sinceMs),
    verified: end.verified,
    failure: end.failure,
    capped: fetch.capped,
    progress: fetch.progress.points,
  }
}
