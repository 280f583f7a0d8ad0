/** Bytes of consecutive pieces as they come from one web seed, made into samples: one per piece, as peers' are. */
import type { Sample } from "../../evidence.ts"
import type { Failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { createSeries, type Series } from "../series.ts"
import { pieceHash, type PieceHash, type PieceHashes } from "./piece-hash.ts"

export interface IntakeOptions {
  readonly firstPiece: number
  readonly count: number
  readonly hashes: PieceHashes
  pieceBytes(piece: number): number
  /** ms since the run started. */
  readonly now: () => number
  onSample(sample: Sample): void
}

export interface Intake {
  /** A request leaves: what comes from now on was asked for now. */
  asked(): void
  /** `own`: padding, which nobody sent. */
  add(bytes: Uint8Array, own?: boolean): void
  /** A cap of ours held it back. */
  capped(): void
  /** The piece on its way, as it stands; null: none. */
  unfinished(failure: Failure | null): Sample | null
}

const progressSpacingMs = 20

export function createIntake(options: IntakeOptions): Intake {
  const { firstPiece, count, now } = options
  let piece = firstPiece
  let askedMs = now()
  let current = begin()

  interface Current {
    hash: PieceHash
    leftBytes: number
    receivedBytes: number
    atMs: number | null
    progress: Series<[number, number]>
    capped: boolean
  }

  function begin(): Current {
    return {
      hash: pieceHash(options.hashes, piece),
      leftBytes: options.pieceBytes(piece),
      receivedBytes: 0,
      atMs: null,
      progress: createSeries({
        maxPoints: limits.peer.maxProgressPoints,
        spacingMs: progressSpacingMs,
        timeOf: ([ms]) => ms,
      }),
      capped: false,
    }
  }

  function sampleOf(verified: boolean | null, failure: Failure | null): Sample {
    const atMs = current.atMs ?? askedMs
    return {
      piece,
      atMs: tenths(atMs),
      bytes: current.receivedBytes,
      ms: tenths(now() - atMs),
      verified,
      failure,
      capped: current.capped,
      progress: [...current.progress.points],
    }
  }

  function whole(): void {
    const verified = current.hash.verify()
    options.onSample(sampleOf(verified, verified === false ? { code: "hash-mismatch", detail: null } : null))
    piece++
    if (piece < firstPiece + count) current = begin()
  }

  return {
    asked() {
      askedMs = now()
      current.atMs ??= askedMs
    },
    add(bytes, own = false) {
      for (let at = 0; at < bytes.length && piece < firstPiece + count;) {
        const part = bytes.subarray(at, at + current.leftBytes)
        at += part.length
        current.atMs ??= askedMs
        current.hash.add(part)
        current.leftBytes -= part.length
        if (!own) {
          current.receivedBytes += part.length
          current.progress.add([tenths(now() - current.atMs), current.receivedBytes])
        }
        if (current.leftBytes === 0) whole()
      }
    },
    capped() {
      current.capped = true
    },
    unfinished: (failure) =>
      piece < firstPiece + count && (current.atMs !== null || failure !== null)
        ? sampleOf(null, failure)
        : null,
  }
}

const tenths = (ms: number): number => Math.round(ms * 10) / 10
