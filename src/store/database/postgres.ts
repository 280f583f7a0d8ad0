/**
 * PostgreSQL 12 or newer. The tables have a schema of their own, which `fleet init` makes and brings up to date, and nothing else does: a
 * worker needs no right to. `pg` opens its own sockets.
 */
import { Kysely, PostgresDialect } from "kysely"
import { Client, Pool } from "pg"
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { DatabaseUse } from "../database.ts"
import { migrations } from "./migrations.ts"
import { explained, firstLine, isPassing, type Address } from "./postgres-failures.ts"
import { schemaName, type Tables } from "./tables.ts"

export interface PostgresDatabase extends DatabaseUse {
  readonly kind: "postgres"
  /** For the job queue, which has tables of its own there. */
  readonly pool: Pool
  readonly address: Address
}

export interface PostgresOptions {
  connections?: number
  /** How long to wait for a database that was there before and is gone. */
  patienceMs?: number
  /** It was there a while ago: waited for from the beginning. */
  wasThere?: boolean
}

export function postgresDatabase(
  url: string,
  { connections = 2, patienceMs = limits.store.patienceMs, wasThere = false }: PostgresOptions = {},
): PostgresDatabase {
  const { pool, address } = poolAt(url, connections)
  const queries = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema(schemaName)
  let isReady = false
  let closing: Promise<void> | null = null

  async function use<T>(work: (queries: Kysely<Tables>) => Promise<T>): Promise<T> {
    const untilMs = performance.now() + patienceMs
    for (;;) {
      try {
        if (!isReady) await checkVersion(pool, address)
        isReady = true
        return await work(queries)
      } catch (error) {
        // Never there, or wrongly named: no waiting mends that.
        if (!(isReady || wasThere) || !isPassing(error) || performance.now() > untilMs)
          throw explained(error, address)
        const [leastMs, mostMs] = limits.store.retryMs
        await new Promise((resolve) => setTimeout(resolve, leastMs + Math.random() * (mostMs - leastMs)))
      }
    }
  }

  return {
    kind: "postgres",
    pool,
    address,
    use,
    // Its own vacuum sees to that.
    freed: async () => {},
    close: () => (closing ??= pool.end()),
  }
}

/** Throws InputError `bad-value` where the URL is none. */
export function poolAt(url: string, connections: number): { pool: Pool; address: Address } {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null)
    throw new InputError(
      "bad-value",
      "--store: not the URL of a database",
      "Use postgres://user@host:5432/database; the password may be in PGPASSWORD or ~/.pgpass.",
    )
  // As libpq, and so psql, understands sslmode: `require` encrypts, `verify-full` also checks whom it speaks to.
  if (!parsed.searchParams.has("uselibpqcompat")) parsed.searchParams.set("uselibpqcompat", "true")
  const connectionString = parsed.href
  const address = addressOf(connectionString)
  const pool = new Pool({
    connectionString,
    max: connections,
    application_name: "torrent-audit",
    connectionTimeoutMillis: limits.store.connectMs,
    idleTimeoutMillis: limits.store.idleMs,
    keepAlive: true,
    statement_timeout: limits.store.statementMs,
    query_timeout: limits.store.statementMs + limits.store.connectMs,
    idle_in_transaction_session_timeout: limits.store.statementMs,
  })
  // A connection that breaks while nobody uses it: the pool makes another.
  pool.on("error", () => {})
  pool.on("connect", (client) => client.on("error", () => {}))
  return { pool, address }
}

/** As `pg` reads it, with what PGHOST and its kin say. */
function addressOf(connectionString: string): Address {
  try {
    const { host, port, database, user } = new Client({ connectionString })
    return { host, port, database: database ?? "", user: user ?? "" }
  } catch (error) {
    // A certificate that isn't there, say.
    const why = error instanceof Error ? firstLine(error) : "not the URL of a database"
    throw new InputError("bad-value", `--store: ${why}`, "Check sslmode and the files that the URL names.")
  }
}

async function checkVersion(pool: Pool, address: Address): Promise<void> {
  const { rows } = await pool.query<{ version: number }>(`select version from ${schemaName}.schema_version`)
  const version = rows[0]?.version ?? 0
  if (version < migrations.length)
    throw new InputError(
      "no-store",
      `the tables in ${address.database} are of an earlier version (${version}, mine ${migrations.length})`,
      "Bring them up to date: torrent-audit fleet init --store postgres://…",
    )
  if (version > migrations.length)
    throw new InputError(
      "bad-snapshot",
      `the tables in ${address.database} are of a version newer than mine (${version}, mine ${migrations.length})`,
      "Upgrade torrent-audit.",
    )
}
