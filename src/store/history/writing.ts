/** What goes into the history and out of it, each in one transaction. */
import { sql, type Expression, type Kysely, type Transaction } from "kysely"
import type { AuditRow, Snapshot } from "../../report.ts"
import { auditRow, type Told } from "../history.ts"
import { number } from "../database/columns.ts"
import { columnsOf } from "./rows.ts"
import type { Tables } from "../database/tables.ts"
import { superfluous, type Bounds, type Kept } from "./thin.ts"

type Queries = Kysely<Tables>
type Writing = Transaction<Tables>

export interface Prepared {
  row: AuditRow
  infoHashV2: string | null
  /** It came with its metadata, so the name is the torrent's own. */
  isNamed: boolean
  body: Uint8Array
  format: number
}

/**
 * All that takes time, before anybody else is kept waiting. Null: of a torrent without a known info hash. `as`: the info hash that it was
 * asked for by, where the torrent turned out to have another one too.
 */
export async function prepared(snapshot: Snapshot, as: string | null = null): Promise<Prepared | null> {
  const found = auditRow(snapshot)
  const row = found && { ...found, infoHash: as ?? found.infoHash }
  if (row === null) return null
  const { infoHashV2, pieceCount } = snapshot.torrent
  const { bodyFormat, packed } = await import("./body.ts")
  return {
    // PostgreSQL's texts have no NUL.
    row: { ...row, name: row.name.replaceAll("\0", "\u{fffd}") },
    infoHashV2: row.infoHash === infoHashV2 ? null : infoHashV2,
    isNamed: pieceCount > 0,
    body: packed(snapshot),
    format: bodyFormat,
  }
}

export const add = (queries: Queries, prepared: Prepared, bounds: Bounds): Promise<void> =>
  queries.transaction().execute((writing) => insert(writing, prepared, bounds))

export async function insert(
  writing: Writing,
  { row, infoHashV2, isNamed, body, format }: Prepared,
  bounds: Bounds,
): Promise<void> {
  const { infoHash, name, startedAt, id, vantage } = row
  await writing
    .insertInto("target")
    .values({ info_hash: infoHash, info_hash_v2: infoHashV2, name })
    .onConflict((conflict) =>
      isNamed
        ? conflict.column("info_hash").doUpdateSet({ name, info_hash_v2: infoHashV2 })
        : conflict.column("info_hash").doNothing(),
    )
    .execute()
  const { numInsertedOrUpdatedRows } = await writing
    .insertInto("audit")
    .values(columnsOf(row))
    .onConflict((conflict) => conflict.columns(["info_hash", "started_at", "id"]).doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 0n) return
  await writing
    .insertInto("snapshot")
    .values({ info_hash: infoHash, started_at: startedAt, id, bytes: body.length, format, body })
    .execute()
  if (vantage !== null) await stand(writing, { ...row, vantage })
  await thin(writing, infoHash, vantage, bounds)
  await shrink(writing, bounds)
  await dropOldest(writing, infoHash, bounds)
}

/** What a fleet's overview begins with, for tens of thousands of targets at once. What is recorded late takes nobody's place. */
const stand = (writing: Writing, { infoHash, vantage, startedAt, id }: AuditRow & { vantage: string }) =>
  writing
    .insertInto("standing")
    .values({ info_hash: infoHash, vantage, audits: 1, started_at: startedAt, id })
    .onConflict((conflict) =>
      conflict.columns(["info_hash", "vantage"]).doUpdateSet((set) => ({
        audits: sql<number>`${set.ref("standing.audits")} + 1`,
        started_at: later(set.ref("excluded.started_at"), set.ref("standing.started_at")),
        id: later(set.ref("excluded.id"), set.ref("standing.id")),
      })),
    )
    .execute()

/** Of that audit which began later. */
const later = (mine: Expression<string>, theirs: Expression<string>) =>
  sql<string>`case when excluded.started_at >= standing.started_at then ${mine} else ${theirs} end`

async function thin(
  writing: Writing,
  infoHash: string,
  vantage: string | null,
  bounds: Bounds,
): Promise<void> {
  const all = await writing
    .selectFrom("snapshot")
    .innerJoin("audit", (join) =>
      join
        .onRef("audit.info_hash", "=", "snapshot.info_hash")
        .onRef("audit.started_at", "=", "snapshot.started_at")
        .onRef("audit.id", "=", "snapshot.id"),
    )
    .select(["snapshot.started_at", "snapshot.id"])
    .where("snapshot.info_hash", "=", infoHash)
    .where("audit.vantage", "is not distinct from", vantage)
    .orderBy("snapshot.started_at", "desc")
    .orderBy("snapshot.id", "desc")
    .execute()
  for (const each of superfluous(all.slice(bounds.newestSnapshots), bounds))
    await dropSnapshot(writing, infoHash, each)
}

const dropSnapshot = (writing: Writing, infoHash: string, { started_at, id }: Kept) =>
  writing
    .deleteFrom("snapshot")
    .where("info_hash", "=", infoHash)
    .where("started_at", "=", started_at)
    .where("id", "=", id)
    .execute()

/** All together: the oldest that are not their target's last. */
async function shrink(writing: Writing, { maxTotalBytes }: Bounds): Promise<void> {
  if (maxTotalBytes === Infinity) return
  const { total } = await writing
    .selectFrom("snapshot")
    .select((select) => select.fn.sum("bytes").as("total"))
    .executeTakeFirstOrThrow()
  let excess = number(total) - maxTotalBytes
  while (excess > 0) {
    const oldest = await writing
      .selectFrom("snapshot")
      .select(["info_hash", "started_at", "id", "bytes"])
      .where("started_at", "<", (newest) =>
        newest
          .selectFrom("snapshot as later")
          .select((select) => select.fn.max("later.started_at").as("latest"))
          .whereRef("later.info_hash", "=", "snapshot.info_hash"),
      )
      .orderBy("started_at")
      .limit(100)
      .execute()
    if (oldest.length === 0) return
    for (const each of oldest) {
      if (excess <= 0) return
      await dropSnapshot(writing, each.info_hash, each)
      excess -= number(each.bytes)
    }
  }
}

async function dropOldest(writing: Writing, infoHash: string, { maxAudits }: Bounds): Promise<void> {
  if (maxAudits === Infinity) return
  const beyond = await writing
    .selectFrom("audit")
    .select("started_at")
    .where("info_hash", "=", infoHash)
    .orderBy("started_at", "desc")
    .limit(1)
    .offset(maxAudits)
    .executeTakeFirst()
  if (beyond !== undefined)
    await writing
      .deleteFrom("audit")
      .where("info_hash", "=", infoHash)
      .where("started_at", "<=", beyond.started_at)
      .execute()
}

/** `shared`: others may be recording, whose transactions are waited for, so that none of theirs goes with a target that seems empty. */
export const prune = (
  queries: Queries,
  before: Date,
  infoHash: string | null,
  { shared }: { shared: boolean },
): Promise<number> =>
  queries.transaction().execute(async (writing) => {
    if (shared) {
      // Of years of many torrents there are tens of millions.
      await sql`set local statement_timeout = 0`.execute(writing)
      await writing
        .selectFrom("target")
        .select("info_hash")
        .$if(infoHash !== null, (query) => query.where("info_hash", "=", infoHash))
        .orderBy("info_hash")
        .forUpdate()
        .execute()
    }
    const { numDeletedRows } = await writing
      .deleteFrom("audit")
      .where("started_at", "<", before.toISOString())
      .$if(infoHash !== null, (query) => query.where("info_hash", "=", infoHash))
      .executeTakeFirstOrThrow()
    await writing
      .deleteFrom("standing")
      .where("started_at", "<", before.toISOString())
      .$if(infoHash !== null, (query) => query.where("info_hash", "=", infoHash))
      .execute()
    // A target without audits is forgotten as well, and what was told of it.
    const left = writing.selectFrom("audit").select("audit.info_hash").distinct()
    for (const table of ["target", "told"] as const)
      await writing
        .deleteFrom(table)
        .where("info_hash", "not in", left)
        .$if(infoHash !== null, (query) => query.where("info_hash", "=", infoHash))
        .execute()
    return Number(numDeletedRows)
  })

export async function countBefore(queries: Queries, before: Date, infoHash: string | null): Promise<number> {
  const { count } = await queries
    .selectFrom("audit")
    .select((select) => select.fn.countAll().as("count"))
    .where("started_at", "<", before.toISOString())
    .$if(infoHash !== null, (query) => query.where("info_hash", "=", infoHash))
    .executeTakeFirstOrThrow()
  return number(count)
}

export async function tell(queries: Queries, infoHash: string, told: Told): Promise<void> {
  await queries
    .insertInto("told")
    .values({ info_hash: infoHash, ...told })
    .onConflict((conflict) => conflict.column("info_hash").doUpdateSet({ ...told }))
    .execute()
}
