/** A file of SQLite's, which waits its turn without stopping anybody else. */
import type { Database } from "../database.ts"
import { BadColumn } from "./columns.ts"
import type { Connection } from "./sqlite-connection.ts"
import { damaged, explained, patiently } from "./sqlite-failures.ts"
import { openDatabase } from "./sqlite-file.ts"

export function sqliteDatabase(path: string): Database {
  let opened: Promise<Connection> | null = null
  let turn: Promise<unknown> = Promise.resolve()

  /** One at a time: a transaction of ours and a question between its statements would share one connection. */
  function inTurn<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const mine = turn.then(async () => {
      try {
        opened ??= openDatabase(path)
        const connection = await opened
        return await patiently(() => work(connection))
      } catch (error) {
        throw error instanceof BadColumn ? damaged(path) : explained(error, path)
      }
    })
    turn = mine.catch(() => {})
    return mine
  }

  return {
    kind: "sqlite",
    use: (work) => inTurn(({ queries }) => work(queries)),
    freed: () => inTurn(async ({ pragma }) => void pragma("incremental_vacuum")),
    async close() {
      await turn
      const connection = await opened?.catch(() => null)
      connection?.close()
    },
  }
}
