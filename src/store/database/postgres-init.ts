/** `fleet init`: the tables of the history, of the fleet and of its job queue; and what a role needs to use them. */
import { randomBytes } from "node:crypto"
import { makeWorkerUtils } from "graphile-worker"
import { Kysely, PostgresDialect, sql } from "kysely"
import type { Pool } from "pg"
import { InputError } from "../../failure.ts"
import { jobsSchema } from "../fleet/queue.ts"
import { migrations, postgresTypes } from "./migrations.ts"
import { explained } from "./postgres-failures.ts"
import { rightsOf } from "./postgres-rights.ts"
import { silent } from "./postgres-jobs.ts"
import { poolAt } from "./postgres.ts"
import { schemaName, type Tables } from "./tables.ts"

const leastVersion = 120_000

export interface Initialised {
  database: string
  /** The version of the tables before; 0: there were none. */
  from: number
  to: number
}

/** In one transaction each for our tables and the queue's: what fails leaves nothing half made, and may be done again. */
export async function initPostgres(url: string, role: string | null): Promise<Initialised> {
  const { pool, address } = poolAt(url, 2)
  try {
    await checkServer(pool)
    const queries = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
    const from = await migrate(queries)
    await sql`insert into ${sql.id(schemaName, "setting")} values ('redaction-key', ${randomBytes(32).toString("hex")})
      on conflict do nothing`.execute(queries)
    const utils = await makeWorkerUtils({ pgPool: pool, schema: jobsSchema, logger: silent })
    await utils.migrate()
    if (role !== null) await pool.query(rightsOf(role).join(";\n"))
    return { database: address.database, from, to: migrations.length }
  } catch (error) {
    throw explained(error, address)
  } finally {
    await pool.end()
  }
}

async function checkServer(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ version: number; encoding: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding",
  )
  const { version = 0, encoding = "" } = rows[0] ?? {}
  if (version < leastVersion)
    throw new InputError(
      "no-store",
      `PostgreSQL ${Math.floor(version / 10_000)} is too old`,
      "PostgreSQL 12 or newer is needed.",
    )
  if (encoding !== "UTF8")
    throw new InputError(
      "no-store",
      `the database's encoding is ${encoding}`,
      "Make one in UTF8: createdb -E UTF8 -T template0 …",
    )
}

/** Our own number for the lock: two that initialise at once wait for each other. */
const lock = 0x54416869

const migrate = (queries: Kysely<Tables>): Promise<number> =>
  queries.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(lock)})`.execute(transaction)
    await sql`create schema if not exists ${sql.id(schemaName)}`.execute(transaction)
    const versions = sql.id(schemaName, "schema_version")
    await sql`create table if not exists ${versions} (version integer not null)`.execute(transaction)
    const { rows } = await sql<{ version: number }>`select version from ${versions}`.execute(transaction)
    const from = rows[0]?.version ?? 0
    if (from > migrations.length)
      throw new InputError(
        "bad-snapshot",
        `the tables are of a version newer than mine (${from}, mine ${migrations.length})`,
        "Upgrade torrent-audit.",
      )
    const ours = transaction.withSchema(schemaName)
    for (const each of migrations.slice(from)) await each(ours, postgresTypes)
    if (rows.length === 0)
      await sql`insert into ${versions} values (${sql.lit(migrations.length)})`.execute(transaction)
    else await sql`update ${versions} set version = ${sql.lit(migrations.length)}`.execute(transaction)
    return from
  })
