/** What the tables hold. Queries over them are those that SQLite and PostgreSQL share. */

/** Of PostgreSQL: ours, and the job queue's. */
export const schemaName = "torrent_audit"
export const jobsSchema = "torrent_audit_jobs"

interface TargetTable {
  /** v1 where the torrent has one. */
  info_hash: string
  /** Of a hybrid. */
  info_hash_v2: string | null
  name: string
}

export interface AuditTable {
  info_hash: string
  /** ISO 8601 UTC with ms: as text they are in order. */
  started_at: string
  id: string
  vantage: string | null
  duration_ms: number
  depth: string
  complete: number
  status: string
  downloadable: string
  seeders_claimed: number | null
  seeders_reached: number
  seeders_verified: number
  leechers_claimed: number | null
  leechers_reached: number
  copies: number | null
  reach_ratio: number | null
  median_bytes_per_second: number | null
  /** JSON: `[["dead-tracker", "tracker:udp://…", "warn"], …]` */
  problems: string
}

interface SnapshotTable {
  info_hash: string
  started_at: string
  id: string
  bytes: number
  /** How `body` is packed: see body.ts. */
  format: number
  body: Uint8Array
}

interface ToldTable {
  info_hash: string
  at: string
  fingerprint: string
  status: string
}

export interface FleetTargetTable {
  /** v1 where it is known. */
  info_hash: string
  name: string
  /** The .torrent's bytes; null: it is a magnet. */
  metainfo: Uint8Array | null
  magnet: string | null
  /** JSON: the options that go with it, as flags. */
  flags: string
  /** JSON, labels; null: every vantage point that there is. */
  vantages: string | null
  cron: string
  /** When it is due next; null: never. */
  next_at: string | null
  added_at: string
}

interface FleetVantageTable {
  label: string
  added_at: string
}

export interface FleetWorkerTable {
  id: string
  vantage: string
  host: string
  pid: number
  version: string
  /** JSON: by which names the job queue knows it. */
  locks: string
  started_at: string
  seen_at: string
}

/** An audit that is or was due: once for each moment, target and vantage point, whatever happens. */
export interface DueAuditTable {
  info_hash: string
  vantage: string
  due_at: string
  /** Not before: the back-off of a retry, the tracker's turn. */
  run_at: string
  state: "waiting" | "running" | "done" | "failed"
  attempts: number
  /** 1: it waited for its trackers' turn, which it has at `run_at`. */
  has_turn: number
  /** Who runs or ran it. */
  worker: string | null
  ended_at: string | null
  audit_id: string | null
  failure_code: string | null
  failure_message: string | null
}

/** The newest audit of a target from a vantage point. */
interface StandingTable {
  info_hash: string
  vantage: string
  audits: number
  started_at: string
  id: string
}

interface TrackerAnswerTable {
  vantage: string
  info_hash: string
  key: string
  not_before: string
  /** JSON. */
  answer: string
}

/** When a tracker's host may be asked again, by whomever. */
interface TrackerTurnTable {
  host: string
  next_ms: number
}

interface SettingTable {
  name: string
  value: string
}

export interface Tables {
  target: TargetTable
  audit: AuditTable
  snapshot: SnapshotTable
  told: ToldTable
  fleet_target: FleetTargetTable
  fleet_vantage: FleetVantageTable
  fleet_worker: FleetWorkerTable
  due_audit: DueAuditTable
  standing: StandingTable
  tracker_answer: TrackerAnswerTable
  tracker_turn: TrackerTurnTable
  setting: SettingTable
}
