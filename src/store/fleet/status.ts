/** All of a fleet at once: a few questions, however many torrents there are. */
import type { Kysely } from "kysely"
import { limits } from "../../limits.ts"
import type { AuditRow, FleetQueue, FleetStatus, FleetVantage, FleetView, FleetWorker } from "../../report.ts"
import { number, text, textOrNull } from "../database/columns.ts"
import type { Tables } from "../database/tables.ts"
import { recentOf } from "../history/recent.ts"
import { rowOf } from "../history/rows.ts"
import { labelsIn } from "./targets.ts"

type Queries = Kysely<Tables>

const dayMs = 24 * 3_600_000

export async function statusOf(queries: Queries, now: Date): Promise<FleetStatus> {
  const ago = (ms: number) => new Date(now.getTime() - ms).toISOString()
  const targets = await queries
    .selectFrom("fleet_target")
    .select(["info_hash", "name", "cron", "vantages", "next_at"])
    .orderBy("name")
    .orderBy("info_hash")
    .execute()
  const vantages = await vantagesOf(queries, ago)
  const everywhere = vantages.map(({ label }) => label)
  const newest = await newestOf(queries)
  const earlier = await dayBeforeOf(queries, ago(dayMs))
  const recent = await recentOf(queries, ago(limits.history.recentMs), { byVantage: true, keyOf })
  const failed = await failedOf(queries, ago(limits.history.recentMs))
  const view = (infoHash: string, vantage: string, nextDueAt: string | null): FleetView => {
    const key = keyOf(infoHash, vantage)
    const stands = newest.get(key)
    const failure = failed.get(key)
    const isNews = failure !== undefined && failure.dueAt > (stands?.row.startedAt ?? "")
    return {
      vantage,
      newest: stands?.row ?? null,
      dayBefore: earlier.get(key) ?? null,
      recent: recent.get(key) ?? [],
      audits: stands?.audits ?? 0,
      nextDueAt,
      failed: isNews ? failure : null,
    }
  }
  return {
    at: now.toISOString(),
    torrents: targets.map((each) => {
      const infoHash = text(each.info_hash)
      const labels = labelsIn(textOrNull(each.vantages)) ?? everywhere
      return {
        infoHash,
        name: text(each.name),
        cron: text(each.cron),
        views: labels.toSorted().map((label) => view(infoHash, label, textOrNull(each.next_at))),
      }
    }),
    vantages,
    queue: await queueOf(queries, now.toISOString(), ago(dayMs)),
  }
}

const keyOf = (infoHash: unknown, vantage: unknown): string => `${text(infoHash)}@${text(vantage)}`

async function newestOf(queries: Queries): Promise<Map<string, { row: AuditRow; audits: number }>> {
  const found = await queries
    .selectFrom("standing")
    .innerJoin("audit", (join) =>
      join
        .onRef("audit.info_hash", "=", "standing.info_hash")
        .onRef("audit.started_at", "=", "standing.started_at")
        .onRef("audit.id", "=", "standing.id"),
    )
    .innerJoin("target", "target.info_hash", "audit.info_hash")
    .selectAll("audit")
    .select(["target.name", "standing.audits"])
    .execute()
  return new Map(
    found.map((each) => [
      keyOf(each.info_hash, each.vantage),
      { row: rowOf(each), audits: number(each.audits) },
    ]),
  )
}

/** Of each target and place, the last audit before that moment, and not the newest itself. */
async function dayBeforeOf(queries: Queries, before: string): Promise<Map<string, AuditRow>> {
  const latest = queries
    .selectFrom("standing")
    .select((select) => [
      "standing.info_hash",
      "standing.vantage",
      select
        .selectFrom("audit as past")
        .select((past) => past.fn.max("past.started_at").as("latest"))
        .whereRef("past.info_hash", "=", "standing.info_hash")
        .whereRef("past.vantage", "=", "standing.vantage")
        .whereRef("past.started_at", "<", "standing.started_at")
        .where("past.started_at", "<=", before)
        .as("latest"),
    ])
    .as("earlier")
  const found = await queries
    .selectFrom(latest)
    .innerJoin("audit", (join) =>
      join
        .onRef("audit.info_hash", "=", "earlier.info_hash")
        .onRef("audit.vantage", "=", "earlier.vantage")
        .onRef("audit.started_at", "=", "earlier.latest"),
    )
    .innerJoin("target", "target.info_hash", "audit.info_hash")
    .selectAll("audit")
    .select("target.name")
    .execute()
  return new Map(found.map((each) => [keyOf(each.info_hash, each.vantage), rowOf(each)]))
}

type Failed = NonNullable<FleetView["failed"]>

async function failedOf(queries: Queries, from: string): Promise<Map<string, Failed>> {
  const found = await queries
    .selectFrom("due_audit")
    .select(["info_hash", "vantage", "due_at", "attempts", "failure_code", "failure_message"])
    .where("state", "=", "failed")
    .where("ended_at", ">=", from)
    .orderBy("due_at")
    .execute()
  return new Map(
    found.map((each) => [
      keyOf(each.info_hash, each.vantage),
      {
        dueAt: text(each.due_at),
        attempts: number(each.attempts),
        code: textOrNull(each.failure_code) ?? "unknown",
        message: textOrNull(each.failure_message) ?? "",
      },
    ]),
  )
}

type Ago = (ms: number) => string

async function vantagesOf(queries: Queries, ago: Ago): Promise<FleetVantage[]> {
  const labels = await queries.selectFrom("fleet_vantage").select("label").orderBy("label").execute()
  const workers = await workersOf(queries, ago(limits.fleet.leaseMs))
  const last = await queries
    .selectFrom("standing")
    .select((select) => ["vantage", select.fn.max("started_at").as("latest")])
    .groupBy("vantage")
    .execute()
  const counts = await queries
    .selectFrom("audit")
    .select((select) => ["vantage", select.fn.countAll().as("audits")])
    .where("started_at", ">=", ago(dayMs))
    .where("vantage", "is not", null)
    .groupBy("vantage")
    .execute()
  return labels.map(({ label }) => ({
    label: text(label),
    workers: workers.get(text(label)) ?? [],
    lastAuditAt: textOrNull(last.find(({ vantage }) => vantage === label)?.latest ?? null),
    auditsLastDay: number(counts.find(({ vantage }) => vantage === label)?.audits ?? 0),
  }))
}

/** By vantage point. */
async function workersOf(queries: Queries, aliveSince: string): Promise<Map<string, FleetWorker[]>> {
  const busy = await queries
    .selectFrom("due_audit")
    .select((select) => ["worker", select.fn.countAll().as("running")])
    .where("state", "=", "running")
    .groupBy("worker")
    .execute()
  const found = await queries.selectFrom("fleet_worker").selectAll().orderBy("started_at").execute()
  const of = Map.groupBy(found, ({ vantage }) => text(vantage))
  const worker = (each: (typeof found)[number]): FleetWorker => ({
    id: text(each.id),
    host: text(each.host),
    pid: number(each.pid),
    version: text(each.version),
    startedAt: text(each.started_at),
    seenAt: text(each.seen_at),
    alive: text(each.seen_at) >= aliveSince,
    running: number(busy.find(({ worker: id }) => id === each.id)?.running ?? 0),
  })
  return new Map([...of].map(([vantage, workers]) => [vantage, workers.map(worker)]))
}

async function queueOf(queries: Queries, now: string, dayAgo: string): Promise<FleetQueue> {
  const open = await queries
    .selectFrom("due_audit")
    .select((select) => [
      "state",
      select.fn.countAll().as("audits"),
      select.fn.countAll().filterWhere("failure_code", "is not", null).as("tried"),
    ])
    .where("state", "in", ["waiting", "running"])
    .groupBy("state")
    .execute()
  const oldest = await queries
    .selectFrom("due_audit")
    .select((select) => select.fn.min("due_at").as("oldest"))
    .where("state", "=", "waiting")
    .where("run_at", "<=", now)
    .executeTakeFirst()
  const ended = await queries
    .selectFrom("due_audit")
    .select((select) => ["state", select.fn.countAll().as("audits")])
    .where("ended_at", ">=", dayAgo)
    .groupBy("state")
    .execute()
  const of = (rows: readonly { state: string; audits: unknown }[], state: string) =>
    number(rows.find((each) => each.state === state)?.audits ?? 0)
  return {
    waiting: of(open, "waiting"),
    running: of(open, "running"),
    retrying: number(open.find(({ state }) => state === "waiting")?.tried ?? 0),
    oldestDueAt: textOrNull(oldest?.oldest ?? null),
    doneLastDay: of(ended, "done"),
    failedLastDay: of(ended, "failed"),
  }
}
