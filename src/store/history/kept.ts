/** The history's methods, on whatever database. */
import { limits } from "../../limits.ts"
import type { Database } from "../database.ts"
import type { History } from "../history.ts"
import * as names from "./names.ts"
import * as reading from "./reading.ts"
import type { Bounds } from "./thin.ts"
import * as writing from "./writing.ts"

export function historyIn(
  database: Database,
  bounds: Bounds = database.kind === "postgres" ? limits.store : limits.history,
): History {
  const { use } = database

  return {
    async add(snapshot) {
      const prepared = await writing.prepared(snapshot)
      if (prepared !== null) await use((queries) => writing.add(queries, prepared, bounds))
    },
    targets: () => use((queries) => reading.targets(queries)),
    audits: (infoHash, most) => use((queries) => reading.audits(queries, infoHash, most)),
    snapshot: async (infoHash, id) => {
      const found = await use((queries) => reading.body(queries, infoHash, id))
      return found === null ? null : (await import("./body.ts")).unpacked(found.body, found.format, id)
    },
    whole: (infoHash) => use((queries) => reading.whole(queries, infoHash)),
    names: () => use((queries) => names.all(queries)),
    named: (text) => use((queries) => names.named(queries, text)),
    async find(target) {
      const [found, ...more] = await use((queries) => names.named(queries, target))
      return found !== undefined && more.length === 0 ? found.infoHash : null
    },
    withId: (beginning) => use((queries) => names.withId(queries, beginning)),
    shortId: (infoHash, id) => use((queries) => names.shortId(queries, infoHash, id)),
    prune: (before, infoHash = null) =>
      use((queries) =>
        writing.prune(queries, before, infoHash, { shared: database.kind === "postgres" }),
      ).then(async (forgotten) => {
        if (forgotten > 0) await database.freed()
        return forgotten
      }),
    countBefore: (before, infoHash = null) =>
      use((queries) => writing.countBefore(queries, before, infoHash)),
    told: (infoHash) => use((queries) => reading.told(queries, infoHash)),
    tell: (infoHash, told) => use((queries) => writing.tell(queries, infoHash, told)),
    close: () => database.close(),
  }
}
