/**
 * How the tables come to be, in SQLite and in PostgreSQL: only the names of some types are each one's own. A migration, once released,
 * is never changed: add another.
 */
import { sql, type Kysely, type RawBuilder } from "kysely"
import type { Tables } from "./tables.ts"

export interface ColumnTypes {
  bytes: RawBuilder<unknown>
  /** In the order of its bytes: a language's own order would mix hashes, times and their beginnings. */
  text: RawBuilder<unknown>
}

export const sqliteTypes: ColumnTypes = { bytes: sql`blob`, text: sql`text` }
export const postgresTypes: ColumnTypes = { bytes: sql`bytea`, text: sql`text collate "C"` }

type Migration = (queries: Kysely<Tables>, types: ColumnTypes) => Promise<void>

/** The database's version is how many of these it has had. */
export const migrations: readonly Migration[] = [
  async ({ schema }, { bytes, text }) => {
    await schema
      .createTable("target")
      .addColumn("info_hash", text, (column) => column.primaryKey())
      .addColumn("info_hash_v2", text)
      .addColumn("name", text, (column) => column.notNull())
      .execute()
    await schema
      .createTable("audit")
      .addColumn("info_hash", text, (column) =>
        column.notNull().references("target.info_hash").onDelete("cascade"),
      )
      .addColumn("started_at", text, (column) => column.notNull())
      .addColumn("id", text, (column) => column.notNull())
      .addColumn("duration_ms", "double precision", (column) => column.notNull())
      .addColumn("depth", text, (column) => column.notNull())
      .addColumn("complete", "integer", (column) => column.notNull())
      .addColumn("status", text, (column) => column.notNull())
      .addColumn("downloadable", text, (column) => column.notNull())
      // A tracker may claim any number: a double holds what a snapshot can.
      .addColumn("seeders_claimed", "double precision")
      .addColumn("seeders_reached", "integer", (column) => column.notNull())
      .addColumn("seeders_verified", "integer", (column) => column.notNull())
      .addColumn("leechers_claimed", "double precision")
      .addColumn("leechers_reached", "integer", (column) => column.notNull())
      .addColumn("copies", "double precision")
      .addColumn("reach_ratio", "double precision")
      .addColumn("median_bytes_per_second", "double precision")
      .addColumn("problems", text, (column) => column.notNull())
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
      .addColumn("info_hash", text, (column) => column.notNull())
      .addColumn("started_at", text, (column) => column.notNull())
      .addColumn("id", text, (column) => column.notNull())
      .addColumn("bytes", "integer", (column) => column.notNull())
      .addColumn("format", "integer", (column) => column.notNull())
      .addColumn("body", bytes, (column) => column.notNull())
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
      .addColumn("info_hash", text, (column) => column.primaryKey())
      .addColumn("at", text, (column) => column.notNull())
      .addColumn("fingerprint", text, (column) => column.notNull())
      .addColumn("status", text, (column) => column.notNull())
      .execute()
  },
  async ({ schema }, { bytes, text }) => {
    await schema.alterTable("audit").addColumn("vantage", text).execute()
    await schema
      .createIndex("audit_by_vantage")
      .on("audit")
      .columns(["info_hash", "vantage", "started_at"])
      .execute()
    await schema
      .createTable("fleet_target")
      .addColumn("info_hash", text, (column) => column.primaryKey())
      .addColumn("name", text, (column) => column.notNull())
      .addColumn("metainfo", bytes)
      .addColumn("magnet", text)
      .addColumn("flags", text, (column) => column.notNull())
      .addColumn("vantages", text)
      .addColumn("cron", text, (column) => column.notNull())
      .addColumn("next_at", text)
      .addColumn("added_at", text, (column) => column.notNull())
      .execute()
    await schema.createIndex("fleet_target_by_time").on("fleet_target").columns(["next_at"]).execute()
    await schema
      .createTable("fleet_vantage")
      .addColumn("label", text, (column) => column.primaryKey())
      .addColumn("added_at", text, (column) => column.notNull())
      .execute()
    await schema
      .createTable("fleet_worker")
      .addColumn("id", text, (column) => column.primaryKey())
      .addColumn("vantage", text, (column) => column.notNull())
      .addColumn("host", text, (column) => column.notNull())
      .addColumn("pid", "integer", (column) => column.notNull())
      .addColumn("version", text, (column) => column.notNull())
      .addColumn("locks", text, (column) => column.notNull())
      .addColumn("started_at", text, (column) => column.notNull())
      .addColumn("seen_at", text, (column) => column.notNull())
      .execute()
    await schema
      .createTable("due_audit")
      .addColumn("info_hash", text, (column) => column.notNull())
      .addColumn("vantage", text, (column) => column.notNull())
      .addColumn("due_at", text, (column) => column.notNull())
      .addColumn("run_at", text, (column) => column.notNull())
      .addColumn("state", text, (column) => column.notNull())
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("has_turn", "integer", (column) => column.notNull())
      .addColumn("worker", text)
      .addColumn("ended_at", text)
      .addColumn("audit_id", text)
      .addColumn("failure_code", text)
      .addColumn("failure_message", text)
      .addPrimaryKeyConstraint("due_audit_key", ["info_hash", "vantage", "due_at"])
      .execute()
    await schema.createIndex("due_audit_by_state").on("due_audit").columns(["state", "run_at"]).execute()
    await schema.createIndex("due_audit_by_end").on("due_audit").columns(["ended_at", "state"]).execute()
    await schema
      .createTable("standing")
      .addColumn("info_hash", text, (column) => column.notNull())
      .addColumn("vantage", text, (column) => column.notNull())
      .addColumn("audits", "integer", (column) => column.notNull())
      .addColumn("started_at", text, (column) => column.notNull())
      .addColumn("id", text, (column) => column.notNull())
      .addPrimaryKeyConstraint("standing_key", ["info_hash", "vantage"])
      .execute()
    await schema
      .createTable("tracker_answer")
      .addColumn("vantage", text, (column) => column.notNull())
      .addColumn("info_hash", text, (column) => column.notNull())
      .addColumn("key", text, (column) => column.notNull())
      .addColumn("not_before", text, (column) => column.notNull())
      .addColumn("answer", text, (column) => column.notNull())
      .addPrimaryKeyConstraint("tracker_answer_key", ["vantage", "info_hash", "key"])
      .execute()
    await schema.createIndex("tracker_answer_by_time").on("tracker_answer").columns(["not_before"]).execute()
    await schema
      .createTable("tracker_turn")
      .addColumn("host", text, (column) => column.primaryKey())
      .addColumn("next_ms", "double precision", (column) => column.notNull())
      .execute()
    await schema
      .createTable("setting")
      .addColumn("name", text, (column) => column.primaryKey())
      .addColumn("value", text, (column) => column.notNull())
      .execute()
  },
]
