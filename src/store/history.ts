/** Every audit that was made here, in SQLite in the state directory. */
import type { AuditRow, Snapshot } from "../report.ts"

export interface KeptTarget {
  newest: AuditRow
  audits: number
  /** Oldest first, of the last seven days, at most 100. */
  recent: readonly Pick<AuditRow, "startedAt" | "status" | "seedersReached" | "copies">[]
}

/** The state that was last told of a target, for `--only-changes`. */
export interface Told {
  at: string
  /** Of the status and the problems; what changes it is worth telling. */
  fingerprint: string
  status: AuditRow["status"]
}

export interface History {
  /** The whole snapshot or, at any crash, nothing of it. One that is already there (`run.id`, target) stays as it was. */
  add(snapshot: Snapshot): Promise<void>
  /** Most recently audited first. */
  targets(): Promise<KeptTarget[]>
  /** Newest first. */
  audits(infoHash: string, most?: number): Promise<AuditRow[]>
  /** A whole info hash of either version, a beginning of it that is unique (4 digits or more), or the exact name; null: none. */
  find(target: string): Promise<string | null>
  snapshot(infoHash: string, id: string): Promise<Snapshot | null>
  /** How many audits were forgotten; `infoHash` null: of every target. */
  prune(before: Date, infoHash?: string | null): Promise<number>
  told(infoHash: string): Promise<Told | null>
  tell(infoHash: string, told: Told): Promise<void>
  close(): Promise<void>
}

/** Of a snapshot; pure. Null where the torrent's info hash is not known. */
export function auditRow(snapshot: Snapshot): AuditRow | null {
  const { run, torrent, verdict, swarm, findings } = snapshot
  const infoHash = torrent.infoHashV1 ?? torrent.infoHashV2
  if (infoHash === null) return null
  return {
    id: run.id,
    infoHash,
    name: torrent.name,
    startedAt: run.startedAt,
    durationMs: run.durationMs,
    depth: run.depth,
    complete: run.complete,
    status: verdict.status,
    downloadable: verdict.downloadable,
    seedersClaimed: swarm.seeders.claimed,
    seedersReached: swarm.seeders.reached,
    seedersVerified: swarm.seeders.verified,
    leechersClaimed: swarm.leechers.claimed,
    leechersReached: swarm.leechers.reached,
    copies: swarm.availability?.distributedCopies ?? null,
    reachRatio: swarm.reachRatio,
    medianBytesPerSecond: swarm.goodputBytesPerSecond.median?.value ?? null,
    problems: findings.flatMap(({ audit, subject, verdict: found }) =>
      found === "warn" || found === "fail" ? [{ audit, subject, verdict: found }] : [],
    ),
  }
}

/** Makes the directory (0700) and the database (0600) when they are first needed. Throws InputError `cant-write` where it can't. */
export function openHistory(_directory: string): Promise<History> {
  return Promise.reject(new Error("no history yet"))
}
