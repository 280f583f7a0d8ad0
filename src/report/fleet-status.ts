/** What `fleet status` says: every torrent from every vantage point. The overview page and the metrics are made of it. */
import type { AuditRow } from "../report.ts"

export interface FleetStatus {
  /** ISO 8601 UTC, as every time here. */
  at: string
  torrents: readonly FleetTorrent[]
  vantages: readonly FleetVantage[]
  queue: FleetQueue
}

export interface FleetTorrent {
  infoHash: string
  name: string
  /** Cron expression of five fields, UTC. */
  cron: string
  /** In order of their labels; empty: no worker has come yet. */
  views: readonly FleetView[]
}

/** One torrent from one vantage point. */
export interface FleetView {
  vantage: string
  /** Null: not audited yet. */
  newest: AuditRow | null
  /** The last that began at least a day ago, the newest apart; null: none. */
  dayBefore: AuditRow | null
  /** As `KeptTarget.recent`: of each third of a day the worst, the last seven days, oldest first. */
  recent: readonly FleetPoint[]
  audits: number
  /** Null: the cron expression names no moment any more. */
  nextDueAt: string | null
  /** The newest due audit, where it came to nothing. */
  failed: { dueAt: string; attempts: number; code: string; message: string } | null
}

/** Depth and completeness: only what was looked at alike makes a trend. */
export type FleetPoint = Pick<
  AuditRow,
  "startedAt" | "status" | "depth" | "complete" | "seedersClaimed" | "seedersReached" | "copies"
>

export interface FleetVantage {
  label: string
  workers: readonly FleetWorker[]
  /** Null: none yet. */
  lastAuditAt: string | null
  auditsLastDay: number
}

export interface FleetWorker {
  id: string
  host: string
  pid: number
  version: string
  startedAt: string
  seenAt: string
  /** It holds its lease. */
  alive: boolean
  running: number
}

export interface FleetQueue {
  waiting: number
  running: number
  /** Of the waiting: tried before. */
  retrying: number
  /** Null: nothing waits. */
  oldestDueAt: string | null
  doneLastDay: number
  failedLastDay: number
}
