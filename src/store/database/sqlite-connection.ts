/**
 * node:sqlite as Kysely's SqliteDialect wants it. Nothing waits in here: a lock that another connection holds is an error at once, and
 * `patiently` in sqlite-failures.ts tries again, since SQLite's own waiting would stop every socket of this process.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { Kysely, SqliteDialect } from "kysely"
import { limits } from "../../limits.ts"
import type { Tables } from "./tables.ts"

export interface Connection {
  queries: Kysely<Tables>
  /** The first column of the first row of a pragma. */
  pragma: (text: string) => unknown
  close: () => void
}

export function connect(path: string): Connection {
  // Of a text or a blob: a row may claim a gigabyte.
  const most = { length: limits.history.maxColumnBytes }
  const database = new DatabaseSync(path, {
    enableForeignKeyConstraints: true,
    timeout: 0,
    limits: most,
    defensive: true,
  })
  const dialect = new SqliteDialect({
    database: {
      prepare(text) {
        // Our transactions write: one that asks for the lock later may find that it can't have it any more.
        const statement = database.prepare(text === "begin" ? "begin immediate" : text)
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...parameters.map(asInput)),
          run: (parameters) =>
            // Where the disk is full SQLite has done so itself, and calls another one an error, which would hide that.
            text === "rollback" && !database.isTransaction
              ? { changes: 0, lastInsertRowid: 0 }
              : statement.run(...parameters.map(asInput)),
          iterate: () => {
            throw new Error("no query of the history streams")
          },
        }
      },
      close: () => database.close(),
    },
  })
  return {
    queries: new Kysely<Tables>({ dialect }),
    pragma(text) {
      // All rows: some pragmas do a step of their work for each.
      const [row] = database.prepare(`pragma ${text}`).all()
      return row === undefined ? undefined : Object.values(row)[0]
    },
    close() {
      if (database.isOpen) database.close()
    },
  }
}

function asInput(value: unknown): SQLInputValue {
  if (value === undefined) return null
  if (typeof value === "boolean") return value ? 1 : 0
  return value as SQLInputValue
}
