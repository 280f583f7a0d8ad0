/** A good guest, however many workers there are: who was asked what, who may be asked when, and one key for all. */
import { randomBytes } from "node:crypto"
import { sql, type Kysely } from "kysely"
import { limits } from "../../limits.ts"
import { parsedAnswer, type StoredAnswer } from "../answers.ts"
import type { Database } from "../database.ts"
import { number, text } from "../database/columns.ts"
import type { Tables } from "../database/tables.ts"
import { clockOf } from "./clock.ts"
import type { Queue } from "./queue.ts"

/** Of one target and vantage point, for all workers there: as `fileAnswers` is for one machine. */
export interface SharedAnswers {
  recall(key: string): StoredAnswer | null
  remember(key: string, answer: StoredAnswer): void
  /** All that was remembered is stored. */
  settled(): Promise<void>
}

export interface Manners {
  /** How long until all of these hosts may be asked by somebody new; that moment is taken then. */
  turn(hosts: readonly string[]): Promise<number>
  answers(vantage: string, infoHash: string): Promise<SharedAnswers>
  /** 32 bytes: peers renamed by it have one name from wherever they were seen. */
  redactionKey(): Promise<Uint8Array>
  /** Forgets answers that hold no longer, ends of due audits that are old, turns that have passed. */
  tidy(): Promise<void>
}

export function mannersIn(database: Database, queue: Queue): Manners {
  const { use } = database
  const now = clockOf(database)
  return {
    turn: (hosts) =>
      use((queries) =>
        queries.transaction().execute(async (writing) => {
          const nowMs = (await now(writing)).getTime()
          let atMs = nowMs
          // Always in the same order: two that want the same hosts never wait for each other.
          for (const host of hosts.toSorted()) atMs = Math.max(atMs, await turnAt(writing, host, nowMs))
          return atMs - nowMs
        }),
      ),

    async answers(vantage, infoHash) {
      const { found, aheadMs } = await use(async (queries) => ({
        aheadMs: aheadBy(await now(queries)),
        found: await queries
          .selectFrom("tracker_answer")
          .select(["key", "answer"])
          .where("vantage", "=", vantage)
          .where("info_hash", "=", infoHash)
          .execute(),
      }))
      const known = new Map(
        found.map(({ key, answer }) => {
          const stored = parsedAnswer(text(answer))
          return [text(key), stored && shifted(stored, -aheadMs)]
        }),
      )
      const stored: Promise<unknown>[] = []
      return {
        recall: (key) => known.get(key) ?? null,
        remember(key, answer) {
          known.set(key, answer)
          const shared = shifted(answer, aheadMs)
          const row = { not_before: shared.notBefore, answer: JSON.stringify(shared) }
          const storing = use((queries) =>
            queries
              .insertInto("tracker_answer")
              .values({ vantage, info_hash: infoHash, key, ...row })
              .onConflict((conflict) => conflict.columns(["vantage", "info_hash", "key"]).doUpdateSet(row))
              .execute(),
          )
          // Only a convenience: what can't be written is not remembered.
          stored.push(storing.catch(() => {}))
        },
        settled: async () => void (await Promise.all(stored)),
      }
    },

    async redactionKey() {
      const name = "redaction-key"
      return use(async (queries) => {
        const find = () =>
          queries.selectFrom("setting").select("value").where("name", "=", name).executeTakeFirst()
        const known = await find()
        if (known !== undefined) return Buffer.from(text(known.value), "hex")
        await queries
          .insertInto("setting")
          .values({ name, value: randomBytes(32).toString("hex") })
          .onConflict((conflict) => conflict.column("name").doNothing())
          .execute()
        return Buffer.from(text((await find())?.value), "hex")
      })
    },

    tidy: () =>
      use(async (queries) => {
        const nowMs = (await now(queries)).getTime()
        const ago = (ms: number) => new Date(nowMs - ms).toISOString()
        await queries
          .deleteFrom("tracker_answer")
          .where("not_before", "<", ago(limits.fleet.keepAnswersMs))
          .execute()
        await queries.deleteFrom("due_audit").where("ended_at", "<", ago(limits.fleet.keepEndsMs)).execute()
        await queries
          .deleteFrom("tracker_turn")
          .where("next_ms", "<", nowMs - limits.fleet.keepTurnsMs)
          .execute()
        await queue.tidy(queries)
      }),
  }
}

const leastAheadMs = 1_000

/** By how much the database's clock, and so every other worker's, is ahead of ours; 0: they agree, to a second. */
function aheadBy(theirs: Date): number {
  const ms = theirs.getTime() - Date.now()
  return Math.abs(ms) < leastAheadMs ? 0 : ms
}

/** From one clock to another. */
function shifted(answer: StoredAnswer, ms: number): StoredAnswer {
  const later = (time: string) => (ms === 0 ? time : new Date(Date.parse(time) + ms).toISOString())
  return { ...answer, askedAt: later(answer.askedAt), notBefore: later(answer.notBefore) }
}

async function turnAt(writing: Kysely<Tables>, host: string, nowMs: number): Promise<number> {
  const { trackerSpacingMs } = limits.fleet
  const { next_ms } = await writing
    .insertInto("tracker_turn")
    .values({ host, next_ms: nowMs + trackerSpacingMs })
    .onConflict((conflict) =>
      conflict.column("host").doUpdateSet((set) => ({
        next_ms: sql<number>`case when ${set.ref("tracker_turn.next_ms")} > ${nowMs}
          then ${set.ref("tracker_turn.next_ms")} else ${nowMs} end + ${trackerSpacingMs}`,
      })),
    )
    .returning("next_ms")
    .executeTakeFirstOrThrow()
  return number(next_ms) - trackerSpacingMs
}
