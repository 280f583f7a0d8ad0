/** Who hands out what is due: PostgreSQL's job queue; with SQLite the one worker itself, which looks into `due_audit`. */
import { sql, type Kysely } from "kysely"
import { limits } from "../../limits.ts"
import type { Database } from "../database.ts"
import { jobsSchema, schemaName, type Tables } from "../database/tables.ts"
import type { DueAudit } from "./due.ts"

export interface Queue {
  /** Within the transaction in which they become due. */
  add(queries: Kysely<Tables>, audits: readonly DueAudit[]): Promise<void>
  /** What is held under these names, or by whoever holds these audits, is nobody's any more. */
  unlock(queries: Kysely<Tables>, locks: readonly string[], audits?: readonly DueAudit[]): Promise<void>
  /** What has been held under these names for a while, and isn't any of those known, is nobody's any more. */
  freeStrays(queries: Kysely<Tables>, locks: readonly string[], known: readonly string[]): Promise<void>
  /** Forgets what has ended without its knowing, and what another has taken the place of. */
  tidy(queries: Kysely<Tables>): Promise<void>
}

/** A worker takes the jobs of its own vantage point alone. */
export const taskOf = (vantage: string): string => `audit@${vantage}`

/** Of a target and vantage point: at most one audit of it waits or runs. */
export const nameOf = ({ infoHash, vantage }: Pick<DueAudit, "infoHash" | "vantage">): string =>
  `${infoHash}@${vantage}`

const none: Queue = {
  add: async () => {},
  unlock: async () => {},
  freeStrays: async () => {},
  tidy: async () => {},
}

const of = (name: string) => sql.id(jobsSchema, name)

/** graphile-worker's own functions. Of a target and vantage point at most one audit waits or runs: that is its key. */
const jobs: Queue = {
  async add(queries, audits) {
    if (audits.length === 0) return
    const specs = audits.map(({ infoHash, vantage, dueAt, runAt }) => ({
      identifier: taskOf(vantage),
      payload: { infoHash, vantage, dueAt },
      run_at: runAt,
      job_key: nameOf({ infoHash, vantage }),
    }))
    await sql`select count(*) from ${of("add_jobs")}(array(
      select json_populate_record(null::${of("job_spec")}, one) from json_array_elements(${JSON.stringify(specs)}::json) as one
    ))`.execute(queries)
  },
  async unlock(queries, locks, audits = []) {
    await sql`select ${of("force_unlock_workers")}(array(
      select unnest(${[...locks]}::text[])
      union select locked_by from ${of("jobs")} where key = any(${audits.map(nameOf)}::text[]) and locked_by is not null
    ))`.execute(queries)
  },
  async freeStrays(queries, locks, known) {
    const since = sql`clock_timestamp() - ${limits.fleet.strayLockMs} * interval '1 ms'`
    await sql`update ${of("_private_jobs")} set locked_at = null, locked_by = null
      where locked_by = any(${[...locks]}::text[]) and locked_at < ${since}
        and (key is null or not key = any(${[...known]}::text[]))`.execute(queries)
  },
  async tidy(queries) {
    await sql`select count(*) from ${of("complete_jobs")}(array(
      select id from ${of("_private_jobs")} as job
      where locked_at is null and not exists (
        select 1 from ${sql.id(schemaName, "due_audit")} as due
        where due.info_hash = job.payload ->> 'infoHash' and due.vantage = job.payload ->> 'vantage'
          and due.due_at = job.payload ->> 'dueAt' and due.state in ('waiting', 'running')
      ) or key is null and attempts >= max_attempts
    ))`.execute(queries)
  },
}

export const queueOf = ({ kind }: Pick<Database, "kind">): Queue => (kind === "postgres" ? jobs : none)
