/**
 * What happens while a run lasts, for whoever wants to follow it: `--format ndjson`. `at` is when it happened, by our clock. Names
 * and units are those of the snapshot, with which a stream ends.
 */
import type { FailureCode } from "../failure.ts"
import type { Announce, Scrape } from "./tracker.ts"
import type { Sample, Stage } from "./peer.ts"
import type { Progress } from "./progress.ts"

interface Happened {
  /** ISO 8601 UTC, ms. */
  at: string
}

export interface PhaseEvent extends Happened {
  type: "phase"
  phase: Progress["phase"]
}

/** An answer, or that none came. */
export interface TrackerEvent
  extends Happened, Pick<Announce | Scrape, "ok" | "ms" | "family" | "seeders" | "leechers" | "downloads"> {
  type: "tracker"
  url: string
  question: Announce["event"] | "scrape"
  failure: FailureCode | null
  /** Of an announce: distinct peers that it named. */
  peerCount: number | null
}

/** A peer got further, or a dial of it failed. */
export interface PeerEvent extends Happened {
  type: "peer"
  address: string
  stage: Stage
  /** Of the dial or visit that has just ended. */
  failure: FailureCode | null
  client: string | null
  haveCount: number | null
}

/** A piece was asked for, and came or not; `address` null: of the web seed `url`. */
export interface PieceEvent extends Happened, Pick<Sample, "piece" | "bytes" | "ms" | "verified"> {
  type: "piece"
  address: string | null
  url: string | null
  failure: FailureCode | null
}

/** Every few seconds. */
export interface ProgressEvent extends Happened {
  type: "progress"
  progress: Progress
}

export type RunEvent = PhaseEvent | TrackerEvent | PeerEvent | PieceEvent | ProgressEvent
