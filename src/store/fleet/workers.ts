/** Who works where. A worker's lease is renewed while it lives; whose has run out has lost what it was at. */
import { sql, type Kysely } from "kysely"
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Database } from "../database.ts"
import { number, text, textOrNull } from "../database/columns.ts"
import type { Tables } from "../database/tables.ts"
import { clockOf } from "./clock.ts"
import type { Queue } from "./queue.ts"
import { labelsIn } from "./targets.ts"

export interface WorkerIdentity {
  id: string
  vantage: string
  host: string
  pid: number
  version: string
}

export interface Workers {
  /** Puts it on the list, and its vantage point where that is new. */
  enlist(worker: WorkerIdentity): Promise<void>
  /** It lives; `locks`: how the queue calls it. False: it was given up for lost, and others do its work. */
  beat(id: string, locks: readonly string[]): Promise<boolean>
  /** How many workers were given up, unseen for so long: what they were at waits again. */
  giveUpLost(unseenMs?: number): Promise<number>
  /** What the queue calls by these names is nobody's any more. */
  unlock(locks: readonly string[]): Promise<void>
  /** What the queue holds under these names without our knowing: `known` are those that we are at. */
  freeStrays(locks: readonly string[], known: readonly string[]): Promise<void>
  leave(id: string): Promise<void>
  /** Every vantage point, by label, and how many workers live there. */
  living(): Promise<ReadonlyMap<string, number>>
  /** No audit is due there any more; what was found there stays. Throws InputError, and changes nothing, where a target would be left without any. */
  dismiss(vantages: readonly string[]): Promise<void>
}

export function workersIn(database: Database, queue: Queue): Workers {
  const { use } = database
  const now = clockOf(database)

  /** A database that was away could hear nobody: that silence is its own. */
  async function hasBeenUp(queries: Kysely<Tables>, forMs: number): Promise<boolean> {
    if (database.kind === "sqlite") return true
    const { rows } = await sql<{ ms: number }>`
      select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 * 1000 as ms
    `.execute(queries)
    return (rows[0]?.ms ?? 0) >= forMs
  }

  return {
    enlist: ({ id, vantage, host, pid, version }) =>
      use(async (queries) => {
        const at = (await now(queries)).toISOString()
        await queries
          .insertInto("fleet_vantage")
          .values({ label: vantage, added_at: at })
          .onConflict((conflict) => conflict.column("label").doNothing())
          .execute()
        await queries
          .insertInto("fleet_worker")
          .values({ id, vantage, host, pid, version, locks: "[]", started_at: at, seen_at: at })
          .onConflict((conflict) => conflict.column("id").doUpdateSet({ seen_at: at }))
          .execute()
      }),

    beat: (id, locks) =>
      use(async (queries) => {
        const { numUpdatedRows } = await queries
          .updateTable("fleet_worker")
          .set({ seen_at: (await now(queries)).toISOString(), locks: JSON.stringify(locks) })
          .where("id", "=", id)
          .executeTakeFirstOrThrow()
        return numUpdatedRows > 0n
      }),

    giveUpLost: (unseenMs = limits.fleet.leaseMs) =>
      use((queries) =>
        queries.transaction().execute(async (writing) => {
          if (!(await hasBeenUp(writing, unseenMs))) return 0
          const at = await now(writing)
          const before = new Date(at.getTime() - unseenMs).toISOString()
          // Of two that look at once only one deletes it.
          const lost = await writing
            .deleteFrom("fleet_worker")
            .where("seen_at", "<=", before)
            .returning("locks")
            .execute()
          // Also what a worker begins before it hears that it is lost.
          const found = await writing
            .updateTable("due_audit")
            .set({ state: "waiting", worker: null, has_turn: 0, run_at: at.toISOString() })
            .where("state", "=", "running")
            .where("worker", "not in", (known) => known.selectFrom("fleet_worker").select("id"))
            .returning(["info_hash", "vantage", "due_at", "run_at"])
            .execute()
          if (lost.length === 0 && found.length === 0) return 0
          const waiting = found.map((each) => ({
            infoHash: text(each.info_hash),
            vantage: text(each.vantage),
            dueAt: text(each.due_at),
            runAt: text(each.run_at),
          }))
          await queue.unlock(
            writing,
            lost.flatMap(({ locks }) => locksIn(text(locks))),
            waiting,
          )
          await queue.add(writing, waiting)
          return lost.length
        }),
      ),

    unlock: (locks) => use((queries) => queue.unlock(queries, locks)),

    freeStrays: (locks, known) => use((queries) => queue.freeStrays(queries, locks, known)),

    leave: (id) =>
      use(async (queries) => {
        await queries.deleteFrom("fleet_worker").where("id", "=", id).execute()
      }),

    living: () =>
      use(async (queries) => {
        const aliveSince = new Date((await now(queries)).getTime() - limits.fleet.leaseMs).toISOString()
        const found = await queries
          .selectFrom("fleet_vantage")
          .leftJoin("fleet_worker", (join) =>
            join
              .onRef("fleet_worker.vantage", "=", "fleet_vantage.label")
              .on("fleet_worker.seen_at", ">=", aliveSince),
          )
          .select((select) => ["fleet_vantage.label", select.fn.count("fleet_worker.id").as("workers")])
          .groupBy("fleet_vantage.label")
          .orderBy("fleet_vantage.label")
          .execute()
        return new Map(found.map(({ label, workers }) => [text(label), number(workers)]))
      }),

    dismiss: (vantages) =>
      use((queries) =>
        queries.transaction().execute(async (writing) => {
          await forget(writing, vantages)
          // What a killed worker was at waits for nobody.
          await writing
            .deleteFrom("due_audit")
            .where("vantage", "in", vantages)
            .where("state", "in", ["waiting", "running"])
            .execute()
          await writing.deleteFrom("fleet_vantage").where("label", "in", vantages).execute()
        }),
      ),
  }
}

/** Out of the targets that ask for them by name. */
async function forget(writing: Kysely<Tables>, vantages: readonly string[]): Promise<void> {
  const found = await writing
    .selectFrom("fleet_target")
    .select(["info_hash", "vantages"])
    .where("vantages", "is not", null)
    .execute()
  const asking = found.flatMap(({ info_hash, vantages: json }) => {
    const labels = labelsIn(textOrNull(json)) ?? []
    const left = labels.filter((label) => !vantages.includes(label))
    return left.length < labels.length ? [{ infoHash: text(info_hash), left }] : []
  })
  const alone = asking.filter(({ left }) => left.length === 0).length
  if (alone > 0)
    throw new InputError(
      "usage",
      `${alone} of the fleet's torrents would be audited from nowhere`,
      "Remove them first, or add them again with another --vantage.",
    )
  for (const { infoHash, left } of asking)
    await writing
      .updateTable("fleet_target")
      .set({ vantages: JSON.stringify(left) })
      .where("info_hash", "=", infoHash)
      .execute()
}

function locksIn(json: string): string[] {
  const found: unknown = JSON.parse(json)
  return Array.isArray(found) ? found.filter((each) => typeof each === "string") : []
}
