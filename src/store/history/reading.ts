/** Questions to the history. */
import { sql, type Kysely } from "kysely"
import { limits } from "../../limits.ts"
import type { AuditRow } from "../../report.ts"
import type { KeptAudit, KeptTarget, Told } from "../history.ts"
import { number, numberOrNull, text } from "../database/columns.ts"
import { depthOf, rowOf, status } from "./rows.ts"
import type { Tables } from "../database/tables.ts"

type Queries = Kysely<Tables>
type Point = KeptTarget["recent"][number]

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
  const recent = await recentOf(queries, from)
  const seen = new Set<string>()
  return newest.flatMap((found) => {
    const row = rowOf(found)
    // Two that began in the same millisecond.
    if (seen.has(row.infoHash)) return []
    seen.add(row.infoHash)
    const points = recent.get(row.infoHash) ?? []
    const { startedAt, status: ended, seedersReached, copies } = row
    if (startedAt >= from.toISOString() && points.at(-1)?.startedAt !== startedAt)
      points.push({ startedAt, status: ended, seedersReached, copies })
    return [{ newest: row, audits: number(found.audits), recent: points }]
  })
}

/** So many characters of a time tell a third of a day from the others: 00 to 09 h, 10 to 19 h, the rest. */
const spanCharacters = "2026-03-14T0".length

/** Oldest first, by target: of each third of a day the audit that reached the fewest seeders, of those that visited peers. */
async function recentOf(queries: Queries, from: Date): Promise<Map<string, Point[]>> {
  const found = await queries
    .with("spans", (query) =>
      query
        .selectFrom("audit")
        .select(["info_hash", "started_at", "status", "seeders_reached", "copies"])
        .select(sql<string>`substr(started_at, 1, ${sql.lit(spanCharacters)})`.as("span"))
        .where("started_at", ">=", from.toISOString())
        // They visit nobody: their zero says nothing.
        .where("depth", "not in", ["scrape", "discover"]),
    )
    .with("placed", (query) =>
      query
        .selectFrom("spans")
        .selectAll()
        .select((select) =>
          select.fn
            .agg<number>("row_number")
            .over((over) =>
              over
                .partitionBy(["info_hash", "span"])
                .orderBy("seeders_reached")
                .orderBy("started_at", "desc"),
            )
            .as("place"),
        ),
    )
    .selectFrom("placed")
    .select(["info_hash", "started_at", "status", "seeders_reached", "copies"])
    .where("place", "=", 1)
    .orderBy("started_at")
    .execute()
  const of = new Map<string, Point[]>()
  for (const each of found) {
    const infoHash = text(each.info_hash)
    const points = of.get(infoHash) ?? []
    of.set(infoHash, points)
    points.push({
      startedAt: text(each.started_at),
      status: status(each.status),
      seedersReached: number(each.seeders_reached),
      copies: numberOrNull(each.copies),
    })
  }
  return of
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

export async function whole(
  queries: Queries,
  infoHash: string,
): Promise<(KeptAudit & Pick<AuditRow, "depth">)[]> {
  const found = await queries
    .selectFrom("snapshot")
    .innerJoin("audit", (join) =>
      join
        .onRef("audit.info_hash", "=", "snapshot.info_hash")
        .onRef("audit.started_at", "=", "snapshot.started_at")
        .onRef("audit.id", "=", "snapshot.id"),
    )
    .select(["snapshot.id", "snapshot.started_at", "audit.depth"])
    .where("snapshot.info_hash", "=", infoHash)
    .orderBy("snapshot.started_at", "desc")
    .orderBy("snapshot.id", "desc")
    .execute()
  return found.map((each) => ({
    infoHash,
    id: text(each.id),
    startedAt: text(each.started_at),
    depth: depthOf(each.depth),
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
