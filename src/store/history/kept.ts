/** The history's methods, each in its turn, on a database that is opened by the first of them. */
import { limits } from "../../limits.ts"
import type { History } from "../history.ts"
import { openDatabase } from "./database.ts"
import { damaged, explained, patiently } from "./failures.ts"
import * as names from "./names.ts"
import * as reading from "./reading.ts"
import { BadColumn } from "./rows.ts"
import type { Connection } from "./sqlite.ts"
import type { Bounds } from "./thin.ts"
import * as writing from "./writing.ts"

export function historyAt(path: string, bounds: Bounds = limits.history): History {
  let opened: Promise<Connection> | null = null
  let turn: Promise<unknown> = Promise.resolve()

  /** One at a time: a transaction of ours and a question between its statements would share one connection. */
  function use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
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
    async add(snapshot) {
      const prepared = await writing.prepared(snapshot)
      if (prepared !== null) await use(({ queries }) => writing.add(queries, prepared, bounds))
    },
    targets: () => use(({ queries }) => reading.targets(queries)),
    audits: (infoHash, most) => use(({ queries }) => reading.audits(queries, infoHash, most)),
    snapshot: async (infoHash, id) => {
      const found = await use(({ queries }) => reading.body(queries, infoHash, id))
      return found === null ? null : (await import("./body.ts")).unpacked(found.body, found.format, id)
    },
    whole: (infoHash) => use(({ queries }) => reading.whole(queries, infoHash)),
    names: () => use(({ queries }) => names.all(queries)),
    named: (text) => use(({ queries }) => names.named(queries, text)),
    async find(target) {
      const [found, ...more] = await use(({ queries }) => names.named(queries, target))
      return found !== undefined && more.length === 0 ? found.infoHash : null
    },
    withId: (beginning) => use(({ queries }) => names.withId(queries, beginning)),
    shortId: (infoHash, id) => use(({ queries }) => names.shortId(queries, infoHash, id)),
    prune: (before, infoHash = null) =>
      use(async (connection) => {
        const forgotten = await writing.prune(connection.queries, before, infoHash)
        if (forgotten > 0) connection.pragma("incremental_vacuum")
        return forgotten
      }),
    countBefore: (before, infoHash = null) =>
      use(({ queries }) => writing.countBefore(queries, before, infoHash)),
    told: (infoHash) => use(({ queries }) => reading.told(queries, infoHash)),
    tell: (infoHash, told) => use(({ queries }) => writing.tell(queries, infoHash, told)),
    async close() {
      await turn
      const connection = await opened?.catch(() => null)
      connection?.close()
    },
  }
}
