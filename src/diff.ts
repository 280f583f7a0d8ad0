/** Two snapshots of one torrent → what changed between them, and whether that can be told at all; pure. */
import type { Snapshot } from "./report.ts"

export interface Change {
  /** `seeders reached`, `▲ dead-tracker udp://…` without its mark: what a line of the drawing names. */
  what: string
  kind: "count" | "finding" | "verdict" | "torrent"
  before: string | null
  after: string | null
  direction: "better" | "worse" | "neither"
}

export interface Diff {
  comparable: boolean
  /** Why it is, or is not: depth, vantage and reach of both. */
  because: string
  changes: readonly Change[]
  /** Comparable, and something became worse. */
  regression: boolean
}

export function diffOf(_before: Snapshot, _after: Snapshot): Diff {
  throw new Error("no diff yet")
}
