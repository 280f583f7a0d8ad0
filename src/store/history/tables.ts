/**
 * The tables, and how they come to be. Queries over them are those that SQLite and PostgreSQL share; only the name of the type for bytes
 * is each one's own. A migration, once released, is never changed: add another.
 */
import { sql, type Kysely, type RawBuilder } from "kysely"

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

/** JSON under brotli. */
export const bodyFormat = 1

export interface Tables {
  target: TargetTable
  audit: AuditTable
  snapshot: SnapshotTable
  told: ToldTable
}

export interface ColumnTypes {
  bytes: RawBuilder<unknown>
}

export const sqliteTypes: ColumnTypes = { bytes: sql`blob` }

type Migration = (queries: Kysely<Tables>, types: ColumnTypes) => Promise<void>

/** The database's version is how many of these it has had. */
export const migrations: readonly Migration[] = [
  async ({ schema }, types) => {
    await schema
      .createTable("target")
      .addColumn("info_hash", "text", (column) => column.primaryKey())
      .addColumn("info_hash_v2", "text")
      .addColumn("name", "text", (column) => column.notNull())
      .execute()
    await schema
      .createTable("audit")
      .addColumn("info_hash", "text", (column) =>
        column.notNull().references("target.info_hash").onDelete("cascade"),
      )
      .addColumn("started_at", "text", (column) => column.notNull())
      .addColumn("id", "text", (column) => column.notNull())
      .addColumn("duration_ms", "double precision", (column) => column.notNull())
      .addColumn("depth", "text", (column) => column.notNull())
      .addColumn("complete", "integer", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("downloadable", "text", (column) => column.notNull())
      // A tracker may claim any number: a double holds what a snapshot can.
      .addColumn("seeders_claimed", "double precision")
      .addColumn("seeders_reached", "integer", (column) => column.notNull())
      .addColumn("seeders_verified", "integer", (column) => column.notNull())
      .addColumn("leechers_claimed", "double precision")
      .addColumn("leechers_reached", "integer", (column) => column.notNull())
      .addColumn("copies", "double precision")
      .addColumn("reach_ratio", "double precision")
      .addColumn("median_bytes_per_second", "double precision")
      .addColumn("problems", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("audit_key", ["info_hash", "started_at", "id"])
      .execute()
    await schema.createIndex("audit_by_id").on("audit").columns(["id"]).execute()
    // Everything that the list's trend needs, so that it reads the index alone.
    await schema
      .createIndex("audit_by_time")
      .on("audit")
      .columns(["started_at", "info_hash", "status", "seeders_reached", "copies"])
      .execute()
    await schema
      .createTable("snapshot")
      .addColumn("info_hash", "text", (column) => column.notNull())
      .addColumn("started_at", "text", (column) => column.notNull())
      .addColumn("id", "text", (column) => column.notNull())
      .addColumn("bytes", "integer", (column) => column.notNull())
      .addColumn("format", "integer", (column) => column.notNull())
      .addColumn("body", types.bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint("snapshot_key", ["info_hash", "started_at", "id"])
      .addForeignKeyConstraint(
        "snapshot_of_audit",
        ["info_hash", "started_at", "id"],
        "audit",
        ["info_hash", "started_at", "id"],
        (constraint) => constraint.onDelete("cascade"),
      )
      .execute()
    await schema.createIndex("snapshot_by_time").on("snapshot").columns(["started_at", "bytes"]).execute()
    await schema
      .createTable("told")
      .addColumn("info_hash", "text", (column) => column.primaryKey())
      .addColumn("at", "text", (column) => column.notNull())
      .addColumn("fingerprint", "text", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .execute()
  },
  async ({ schema }) => {
    await schema.alterTable("audit").addColumn("vantage", "text").execute()
  },
]
