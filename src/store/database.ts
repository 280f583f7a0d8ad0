/** Where the tables are: a file of SQLite's, or a PostgreSQL database. */
import { join } from "node:path"
import type { Kysely } from "kysely"
import type { PostgresDatabase, PostgresOptions } from "./database/postgres.ts"
import type { Tables } from "./database/tables.ts"

export type Database = SqliteDatabase | PostgresDatabase

export interface SqliteDatabase extends DatabaseUse {
  readonly kind: "sqlite"
}

export interface DatabaseUse {
  /**
   * Opens it the first time; tries again while somebody else is in the way, so that `work` must have no effect when it fails, or the
   * same when it is done twice. Throws InputError: `cant-write` and `no-store` where it can't be used, `bad-snapshot` where it is
   * damaged, newer than we are, or not ours.
   */
  readonly use: <T>(work: (queries: Kysely<Tables>) => Promise<T>) => Promise<T>
  /** Rows were deleted: their space goes back to the disk. */
  freed(): Promise<void>
  close(): Promise<void>
}

export const isPostgres = (place: string): boolean => /^postgres(ql)?:/i.test(place)

export const sqliteFileIn = (directory: string): string => join(directory, "history.sqlite")

/** `place`: the state directory, or the URL of a PostgreSQL database. */
export async function databaseAt(place: string, options: PostgresOptions = {}): Promise<Database> {
  if (isPostgres(place)) return (await import("./database/postgres.ts")).postgresDatabase(place, options)
  return (await import("./database/sqlite.ts")).sqliteDatabase(sqliteFileIn(place))
}
