/** `fleet init`: the tables of the history, of the fleet and of its job queue; and what a role needs to use them. */
import { randomBytes } from "node:crypto"
import { makeWorkerUtils } from "graphile-worker"
import { Kysely, PostgresDialect, sql } from "kysely"
import type { Pool } from "pg"
import { InputError } from "../../failure.ts"
import { migrations, postgresTypes } from "./migrations.ts"
import { explained, type Address } from "./postgres-failures.ts"
import { rightsOf } from "./postgres-rights.ts"
import { silent } from "./postgres-jobs.ts"
import { poolAt } from "./postgres.ts"
import { jobsSchema, schemaName, type Tables } from "./tables.ts"

const leastVersion = 120_000

export interface Initialised {
  database: string
  /** The version of the tables before; 0: there were none. */
  from: number
  to: number
}

/**
 * The queue's tables first, then ours in one transaction with the rights over both: until that is through, every command finds no tables.
 * What fails may be done again.
 */
export async function initPostgres(url: string, role: string | null): Promise<Initialised> {
  const { pool, address } = poolAt(url, 2)
  try {
    await checkServer(pool)
    if (role !== null) await checkRole(pool, role, address)
    const queries = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
    checkVersion(await versionIn(queries))
    const utils = await makeWorkerUtils({ pgPool: pool, schema: jobsSchema, logger: silent })
    await utils.migrate()
    const from = await migrate(queries, role)
    return { database: address.database, from, to: migrations.length }
  } catch (error) {
    throw explained(error, address, mayMake(address))
  } finally {
    await pool.end()
  }
}

const mayMake = ({ user, database }: Address): string =>
  `Use the database's owner, or: grant create on database ${database} to ${user}`

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

async function checkRole(pool: Pool, role: string, { host, port }: Address): Promise<void> {
  const { rowCount } = await pool.query("select from pg_roles where rolname = $1", [role])
  if (rowCount === 0)
    throw new InputError(
      "no-store",
      `there is no role ${role} at ${host}:${port}`,
      `Make it: createuser -h ${host} -p ${port} --pwprompt ${role}`,
    )
}

const versions = sql.id(schemaName, "schema_version")

/** 0: there are no tables. By the catalogue itself: `to_regclass` may go by what this connection knew before it waited for a lock. */
async function versionIn(queries: Kysely<Tables>): Promise<number> {
  const { rows: found } = await sql`
    select from pg_catalog.pg_class as class join pg_catalog.pg_namespace as space on space.oid = class.relnamespace
    where space.nspname = ${schemaName} and class.relname = 'schema_version'
  `.execute(queries)
  if (found.length === 0) return 0
  const { rows } = await sql<{ version: number }>`select version from ${versions}`.execute(queries)
  return rows[0]?.version ?? 0
}

function checkVersion(version: number): void {
  if (version > migrations.length)
    throw new InputError(
      "bad-snapshot",
      `the tables are of a version newer than mine (${version}, mine ${migrations.length})`,
      "Upgrade torrent-audit.",
    )
}

/** Our own number for the lock: two that initialise at once wait for each other. */
const lock = 0x54416869

/** The version before. */
const migrate = (queries: Kysely<Tables>, role: string | null): Promise<number> =>
  queries.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(lock)})`.execute(transaction)
    const from = await versionIn(transaction)
    checkVersion(from)
    await sql`create schema if not exists ${sql.id(schemaName)}`.execute(transaction)
    await sql`create table if not exists ${versions} (version integer not null)`.execute(transaction)
    const ours = transaction.withSchema(schemaName)
    for (const each of migrations.slice(from)) await each(ours, postgresTypes)
    await sql`delete from ${versions}`.execute(transaction)
    await sql`insert into ${versions} values (${sql.lit(migrations.length)})`.execute(transaction)
    await ours
      .insertInto("setting")
      .values({ name: "redaction-key", value: randomBytes(32).toString("hex") })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute()
    for (const right of role === null ? [] : rightsOf(role)) await sql.raw(right).execute(transaction)
    return from
  })
