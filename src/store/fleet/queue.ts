/** Who hands out what is due: PostgreSQL's job queue; with SQLite the one worker itself, which looks into `due_audit`. */
import { sql, type Kysely } from "kysely"
import type { Database } from "../database.ts"
import type { Tables } from "../database/tables.ts"
import type { DueAudit } from "./due.ts"

export interface Queue {
  /** Within the transaction in which they become due. */
  add(queries: Kysely<Tables>, audits: readonly DueAudit[]): Promise<void>
  /** Whom a lost worker held. */
  unlock(queries: Kysely<Tables>, locks: readonly string[]): Promise<void>
}

export const jobsSchema = "torrent_audit_jobs"

/** A worker takes the jobs of its own vantage point alone. */
export const taskOf = (vantage: string): string => `audit@${vantage}`

const none: Queue = { add: async () => {}, unlock: async () => {} }

/** graphile-worker's own functions. Of a target and vantage point at most one audit waits or runs: that is its key. */
const jobs: Queue = {
  async add(queries, audits) {
    if (audits.length === 0) return
    const specs = audits.map(({ infoHash, vantage, dueAt, runAt }) => ({
      identifier: taskOf(vantage),
      payload: { infoHash, vantage, dueAt },
      run_at: runAt,
      job_key: `${infoHash}@${vantage}`,
    }))
    const spec = sql.id(jobsSchema, "job_spec")
    await sql`select count(*) from ${sql.id(jobsSchema, "add_jobs")}(array(
      select json_populate_record(null::${spec}, one) from json_array_elements(${JSON.stringify(specs)}::json) as one
    ))`.execute(queries)
  },
  async unlock(queries, locks) {
    await sql`select ${sql.id(jobsSchema, "force_unlock_workers")}(${[...locks]}::text[])`.execute(queries)
  },
}

export const queueOf = ({ kind }: Pick<Database, "kind">): Queue => (kind === "postgres" ? jobs : none)
