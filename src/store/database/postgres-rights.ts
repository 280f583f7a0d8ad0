/** What a worker's role needs. */
import { jobsSchema, schemaName } from "./tables.ts"

const readable = ["schema_version", "setting", "fleet_target"]
/** A report's line, once written, stays as it is. */
const added = ["audit"]
const changed = ["target", "fleet_vantage", "standing"]
/** Thinned by age. */
const thinned = ["snapshot", "told", "fleet_worker", "due_audit", "tracker_answer", "tracker_turn"]

/** graphile-worker's own: it lets nobody but their owner see a row of them. */
const rowByRow = ["_private_jobs", "_private_job_queues", "_private_tasks", "_private_known_crontabs"]
const policy = "granted"

/** All that a worker needs, and nothing more: it makes, alters and drops no table, and deletes no line of a report. */
export function rightsOf(role: string): string[] {
  const to = `to ${quoted(role)}`
  const tables = (names: readonly string[]) => names.map((name) => `${schemaName}.${name}`).join(", ")
  return [
    `grant usage on schema ${schemaName}, ${jobsSchema} ${to}`,
    `grant select on ${tables(readable)} ${to}`,
    // Whom to ask about what is the owner's to say; when next, whoever plans.
    `revoke insert, update on ${schemaName}.fleet_target from ${quoted(role)}`,
    `grant update (next_at) on ${schemaName}.fleet_target ${to}`,
    `grant select, insert on ${tables(added)} ${to}`,
    `grant select, insert, update on ${tables(changed)} ${to}`,
    `grant select, insert, update, delete on ${tables(thinned)} ${to}`,
    `grant select, insert, update, delete on all tables in schema ${jobsSchema} ${to}`,
    `grant usage on all sequences in schema ${jobsSchema} ${to}`,
    `grant execute on all functions in schema ${jobsSchema} ${to}`,
    // Whoever was granted a right over a table has it over each row: rights stay in one place.
    ...rowByRow.flatMap((name) => [
      `drop policy if exists ${policy} on ${jobsSchema}.${name}`,
      `create policy ${policy} on ${jobsSchema}.${name} to public using (true) with check (true)`,
    ]),
  ]
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
