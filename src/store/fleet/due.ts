/** What is due, and its one end. */
import type { Kysely, Transaction } from "kysely"
import { limits } from "../../limits.ts"
import type { Snapshot } from "../../report.ts"
import type { Database } from "../database.ts"
import { number, text, textOrNull } from "../database/columns.ts"
import type { Tables } from "../database/tables.ts"
import { clockOf } from "./clock.ts"
import { planIn } from "./plan.ts"
import type { Queue } from "./queue.ts"
import { targetOf, type FleetTarget } from "./targets.ts"

/** One audit that is due: it is in the store once at most, whoever makes it. */
export interface DueKey {
  infoHash: string
  vantage: string
  /** ISO 8601 UTC: the moment of the schedule. */
  dueAt: string
}

export interface DueAudit extends DueKey {
  runAt: string
}

export interface Begun {
  target: FleetTarget
  /** From 1. */
  attempt: number
  /** It has waited for its trackers' turn. */
  hasTurn: boolean
}

export interface Reason {
  code: string
  message: string
}

export interface DueAudits {
  /** What has become due by now, of so many targets at most; how many of them there were. */
  plan(): Promise<number>
  /** Of those that may run: where the database has no queue of its own. */
  waiting(vantage: string, most: number): Promise<DueKey[]>
  /** Null: it has ended, its target was removed, or another worker who lives is at it. */
  begin(key: DueKey, worker: string): Promise<Begun | null>
  /** The snapshot and the end of what was due, or neither. False: it had ended before, and nothing was kept. */
  record(key: DueKey, snapshot: Snapshot): Promise<boolean>
  /** It came to nothing, for good. As all below: of `worker`, and otherwise nothing is changed. */
  fail(key: DueKey, worker: string, reason: Reason): Promise<void>
  /** It failed, and is tried again after `afterMs`. */
  retry(key: DueKey, worker: string, reason: Reason, afterMs: number): Promise<void>
  /** It had not begun: its trackers are asked later, or its worker leaves. */
  putBack(key: DueKey, worker: string, afterMs: number, hasTurn: boolean): Promise<void>
}

export function dueIn(database: Database, queue: Queue): DueAudits {
  const { use } = database
  const now = clockOf(database)
  const bounds = database.kind === "postgres" ? limits.store : limits.history
  return {
    plan: planIn(database, queue),

    async waiting(vantage, most) {
      const found = await use(async (queries) =>
        queries
          .selectFrom("due_audit")
          .select(["info_hash", "vantage", "due_at"])
          .where("state", "=", "waiting")
          .where("vantage", "=", vantage)
          .where("run_at", "<=", (await now(queries)).toISOString())
          .orderBy("run_at")
          .limit(most)
          .execute(),
      )
      return found.map((each) => ({
        infoHash: text(each.info_hash),
        vantage: text(each.vantage),
        dueAt: text(each.due_at),
      }))
    },

    begin: (key, worker) =>
      use((queries) =>
        queries.transaction().execute(async (writing) => {
          const begun = await unended(writing, key)
            .where((where) =>
              where.or([
                where("state", "=", "waiting"),
                where("worker", "=", worker),
                where("worker", "not in", (known) => known.selectFrom("fleet_worker").select("id")),
              ]),
            )
            .set((set) => ({ state: "running", worker, attempts: set("attempts", "+", 1) }))
            .returning(["attempts", "has_turn", "run_at"])
            .executeTakeFirst()
          if (begun === undefined) return null
          const found = await writing
            .selectFrom("fleet_target")
            .selectAll()
            .where("info_hash", "=", key.infoHash)
            .executeTakeFirst()
          if (found !== undefined)
            return {
              target: targetOf(found),
              attempt: number(begun.attempts),
              hasTurn: number(begun.has_turn) === 1 && isNow(text(begun.run_at), await now(writing)),
            }
          await writing
            .deleteFrom("due_audit")
            .where("info_hash", "=", key.infoHash)
            .where("vantage", "=", key.vantage)
            .where("due_at", "=", key.dueAt)
            .execute()
          return null
        }),
      ),

    async record(key, snapshot) {
      const { insert, prepared } = await import("../history/writing.ts")
      const row = await prepared(snapshot, key.infoHash)
      return use((queries) =>
        queries.transaction().execute(async (writing) => {
          const { numUpdatedRows } = await unended(writing, key)
            .set({ state: "done", ended_at: await at(writing), audit_id: snapshot.run.id, ...noFailure })
            .executeTakeFirstOrThrow()
          // Ours, where the answer to the first try was lost.
          if (numUpdatedRows === 0n) return (await auditOf(writing, key)) === snapshot.run.id
          if (row !== null) await insert(writing, row, bounds)
          return true
        }),
      )
    },

    fail: (key, worker, reason) =>
      use(async (queries) => {
        await held(queries, key, worker)
          .set({ state: "failed", ended_at: await at(queries), ...failureOf(reason) })
          .execute()
      }),

    retry: (key, worker, reason, afterMs) =>
      waitAgain(key, worker, afterMs, (row) => row.set({ has_turn: 0, ...failureOf(reason) })),

    putBack: (key, worker, afterMs, hasTurn) =>
      waitAgain(key, worker, afterMs, (row) =>
        row.set((set) => ({ has_turn: hasTurn ? 1 : 0, attempts: set("attempts", "-", 1) })),
      ),
  }

  /** Always a new job: the one that handed it out may be gone by now, or of another time. */
  function waitAgain(
    key: DueKey,
    worker: string,
    afterMs: number,
    changed: (row: ReturnType<typeof held>) => ReturnType<typeof held>,
  ): Promise<void> {
    return use((queries) =>
      queries.transaction().execute(async (writing) => {
        const runAt = new Date((await now(writing)).getTime() + afterMs).toISOString()
        const { numUpdatedRows } = await changed(held(writing, key, worker))
          .set({ state: "waiting", worker: null, run_at: runAt })
          .executeTakeFirstOrThrow()
        if (numUpdatedRows > 0n) await queue.add(writing, [{ ...key, runAt }])
      }),
    )
  }

  async function at(queries: Kysely<Tables>): Promise<string> {
    return (await now(queries)).toISOString()
  }
}

const noFailure = { failure_code: null, failure_message: null }

const longestMessage = 500
const failureOf = ({ code, message }: Reason) => ({
  failure_code: code,
  failure_message: message.replaceAll("\0", "").slice(0, longestMessage),
})

/** A turn that has long passed is none: others may be asking by now. */
const isNow = (runAt: string, now: Date): boolean =>
  now.getTime() - Date.parse(runAt) < limits.fleet.turnHoldsMs

async function auditOf(
  queries: Kysely<Tables>,
  { infoHash, vantage, dueAt }: DueKey,
): Promise<string | null> {
  const found = await queries
    .selectFrom("due_audit")
    .select("audit_id")
    .where("info_hash", "=", infoHash)
    .where("vantage", "=", vantage)
    .where("due_at", "=", dueAt)
    .executeTakeFirst()
  return found === undefined ? null : textOrNull(found.audit_id)
}

const held = (queries: Kysely<Tables>, key: DueKey, worker: string) =>
  unended(queries, key).where("state", "=", "running").where("worker", "=", worker)

const unended = (queries: Kysely<Tables> | Transaction<Tables>, { infoHash, vantage, dueAt }: DueKey) =>
  queries
    .updateTable("due_audit")
    .where("info_hash", "=", infoHash)
    .where("vantage", "=", vantage)
    .where("due_at", "=", dueAt)
    .where("state", "in", ["waiting", "running"])
