/** Questions to the history. */
import type { Kysely } from "kysely"
import { limits } from "../../limits.ts"
import type { AuditRow } from "../../report.ts"
import type { KeptTarget, KeptWhole, Told } from "../history.ts"
import { number, text, textOrNull } from "../database/columns.ts"
import { recentOf } from "./recent.ts"
import { depthOf, rowOf, status } from "./rows.ts"
import type { Tables } from "../database/tables.ts"

type Queries = Kysely<Tables>

const auditsWithName = (queries: Queries) =>
  queries
    .selectFrom("audit")
    .innerJoin("target", "target.info_hash", "audit.info_hash")
    .selectAll("audit")
    .select("target.name")

export async function audits(queries: Queries, infoHash: string, most?: number): Promise<AuditRow[]> {
  const found = await auditsWithName(queries)
    .where("audit.info_hash", "=", infoHash)
    .orderBy("audit.started_at", "desc")
    .orderBy("audit.id", "desc")
    .$if(most !== undefined, (query) => query.limit(most ?? 0))
    .execute()
  return found.map(rowOf)
}

export async function targets(queries: Queries, now: Date = new Date()): Promise<KeptTarget[]> {
  const counted = queries
    .selectFrom("audit")
    .select((select) => [
      "info_hash",
      select.fn.countAll().as("audits"),
      select.fn.max("started_at").as("latest"),
    ])
    .groupBy("info_hash")
    .as("counted")
  const newest = await auditsWithName(queries)
    .innerJoin(counted, (join) =>
      join
        .onRef("counted.info_hash", "=", "audit.info_hash")
        .onRef("counted.latest", "=", "audit.started_at"),
    )
    .select("counted.audits")
    .orderBy("audit.started_at", "desc")
    .orderBy("audit.id", "desc")
    .execute()
  const from = new Date(now.getTime() - limits.history.recentMs)
  const recent = await recentOf(queries, from.toISOString(), {
    byVantage: false,
    keyOf: (infoHash) => infoHash,
  })
  const seen = new Set<string>()
  return newest.flatMap((found) => {
    const row = rowOf(found)
    // Two that began in the same millisecond.
    if (seen.has(row.infoHash)) return []
    seen.add(row.infoHash)
    const points = (recent.get(row.infoHash) ?? []).map(
      ({ startedAt: at, status: then, seedersReached: reached, copies: held }) => ({
        startedAt: at,
        status: then,
        seedersReached: reached,
        copies: held,
      }),
    )
    const { startedAt, status: ended, seedersReached, copies } = row
    if (startedAt >= from.toISOString() && points.at(-1)?.startedAt !== startedAt)
      points.push({ startedAt, status: ended, seedersReached, copies })
    return [{ newest: row, audits: number(found.audits), recent: points }]
  })
}

/** Two audits of a target may share an id; the newer one is meant. */
export async function body(
  queries: Queries,
  infoHash: string,
  id: string,
): Promise<{ body: Uint8Array; format: number } | null> {
  const found = await queries
    .selectFrom("snapshot")
    .select(["body", "format"])
    .where("info_hash", "=", infoHash)
    .where("id", "=", id)
    .orderBy("started_at", "desc")
    .limit(1)
    .executeTakeFirst()
  if (found === undefined) return null
  return { body: Buffer.from(found.body), format: number(found.format) }
}

export async function whole(queries: Queries, infoHash: string): Promise<KeptWhole[]> {
  const found = await queries
    .selectFrom("snapshot")
    .innerJoin("audit", (join) =>
      join
        .onRef("audit.info_hash", "=", "snapshot.info_hash")
        .onRef("audit.started_at", "=", "snapshot.started_at")
        .onRef("audit.id", "=", "snapshot.id"),
    )
    .select(["snapshot.id", "snapshot.started_at", "audit.depth", "audit.vantage"])
    .where("snapshot.info_hash", "=", infoHash)
    .orderBy("snapshot.started_at", "desc")
    .orderBy("snapshot.id", "desc")
    .execute()
  return found.map((each) => ({
    infoHash,
    id: text(each.id),
    startedAt: text(each.started_at),
    depth: depthOf(each.depth),
    vantage: textOrNull(each.vantage),
  }))
}

export async function told(queries: Queries, infoHash: string): Promise<Told | null> {
  const found = await queries
    .selectFrom("told")
    .selectAll()
    .where("info_hash", "=", infoHash)
    .executeTakeFirst()
  if (found === undefined) return null
  return { at: text(found.at), fingerprint: text(found.fingerprint), status: status(found.status) }
}
