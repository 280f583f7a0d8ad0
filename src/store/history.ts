/** Every audit that was made: in SQLite in the state directory, or in a PostgreSQL database that machines share. */
import { existsSync } from "node:fs"
import type { AuditRow, Snapshot } from "../report.ts"
import { databaseAt, isPostgres, sqliteFileIn } from "./database.ts"

export interface KeptTarget {
  newest: AuditRow
  audits: number
  /** Oldest first, of the last seven days, at most 100: of each third of a day the worst, and the newest. */
  recent: readonly Pick<AuditRow, "startedAt" | "status" | "seedersReached" | "copies">[]
}

export interface KeptName {
  infoHash: string
  name: string
}

export interface KeptAudit {
  infoHash: string
  id: string
  startedAt: string
}

export type KeptWhole = KeptAudit & Pick<AuditRow, "depth" | "vantage">

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
  /** All that a text may mean: as `find`, and whatever is ambiguous. */
  named(text: string): Promise<KeptName[]>
  /** Every target's, most recently audited first. */
  names(): Promise<KeptName[]>
  /** Audits whose id begins so, newest first; fewer than 4 digits name none. */
  withId(beginning: string): Promise<KeptAudit[]>
  /** The beginning of an id, 4 digits or more, that no other audit of the target shares. */
  shortId(infoHash: string, id: string): Promise<string>
  /** Null: none, or only its line is left. Throws InputError `bad-snapshot` where what is there isn't a snapshot any more. */
  snapshot(infoHash: string, id: string): Promise<Snapshot | null>
  /** Those audits whose whole snapshot is there, newest first. */
  whole(infoHash: string): Promise<KeptWhole[]>
  /** How many audits were forgotten; `infoHash` null: of every target. */
  prune(before: Date, infoHash?: string | null): Promise<number>
  /** How many `prune` would forget. */
  countBefore(before: Date, infoHash?: string | null): Promise<number>
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
    vantage: run.vantage.label ?? null,
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

/**
 * `place`: the state directory, which is made (0700) with the database (0600) when something is first written; or the URL of a
 * PostgreSQL database, which is waited for where it `wasThere` before. Every method throws InputError: `cant-write` and `no-store` where it can't be used, `bad-snapshot` where it is
 * damaged, newer than we are, or not ours.
 */
export async function openHistory(place: string, options: { wasThere?: boolean } = {}): Promise<History> {
  // Kysely costs more than the rest of a start together: who has no history needn't wait for it.
  return isPostgres(place) || existsSync(sqliteFileIn(place)) ? kept(place, options) : unmade(place)
}

async function kept(place: string, options: { wasThere?: boolean } = {}): Promise<History> {
  const { historyIn } = await import("./history/kept.ts")
  return historyIn(await databaseAt(place, options))
}

/** Nothing is known, and nothing made, until the first word is written. */
function unmade(place: string): History {
  let made: Promise<History> | null = null
  const make = () => (made ??= kept(place))
  const asked = async <T>(otherwise: T, ask: (history: History) => Promise<T>): Promise<T> =>
    made === null && !existsSync(sqliteFileIn(place)) ? otherwise : ask(await make())
  return {
    add: async (snapshot) => (await make()).add(snapshot),
    tell: async (infoHash, told) => (await make()).tell(infoHash, told),
    targets: () => asked([], (history) => history.targets()),
    names: () => asked([], (history) => history.names()),
    named: (text) => asked([], (history) => history.named(text)),
    find: (target) => asked(null, (history) => history.find(target)),
    audits: (infoHash, most) => asked([], (history) => history.audits(infoHash, most)),
    withId: (beginning) => asked([], (history) => history.withId(beginning)),
    shortId: (infoHash, id) => asked(id.slice(0, 4), (history) => history.shortId(infoHash, id)),
    snapshot: (infoHash, id) => asked(null, (history) => history.snapshot(infoHash, id)),
    whole: (infoHash) => asked([], (history) => history.whole(infoHash)),
    prune: (before, infoHash) => asked(0, (history) => history.prune(before, infoHash)),
    countBefore: (before, infoHash) => asked(0, (history) => history.countBefore(before, infoHash)),
    told: (infoHash) => asked(null, (history) => history.told(infoHash)),
    close: async () => (await made)?.close(),
  }
}
