/** Workers' own clocks may differ: moments of a shared database are the database's. */
import { sql, type Kysely } from "kysely"
import type { Database } from "../database.ts"
import type { Tables } from "../database/tables.ts"

export type Clock = (queries: Kysely<Tables>) => Promise<Date>

export const clockOf = ({ kind }: Pick<Database, "kind">): Clock =>
  kind === "sqlite"
    ? async () => new Date()
    : async (queries) => {
        const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(queries)
        return rows[0]?.now ?? new Date()
      }
