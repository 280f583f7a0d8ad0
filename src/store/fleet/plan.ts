/** Schedules → what is due. */
import { createHash } from "node:crypto"
import type { Kysely } from "kysely"
import { limits } from "../../limits.ts"
import { parseCronExpression, timeAfter } from "../cron-expression.ts"
import type { Database } from "../database.ts"
import { text, textOrNull } from "../database/columns.ts"
import type { FleetTargetTable, Tables } from "../database/tables.ts"
import { clockOf } from "./clock.ts"
import type { DueAudit } from "./due.ts"
import { nameOf, type Queue } from "./queue.ts"
import { labelsIn } from "./targets.ts"

/**
 * Several workers may plan at once: each takes other targets. What is still waiting or running when its target is due again is not due
 * twice, and of moments that passed while no worker was there, only one is made up for.
 */
export function planIn(database: Database, queue: Queue): () => Promise<number> {
  const now = clockOf(database)
  return () =>
    database.use((queries) =>
      queries.transaction().execute(async (writing) => {
        const at = await now(writing)
        const found = await writing
          .selectFrom("fleet_target")
          .select(["info_hash", "cron", "vantages", "next_at"])
          .where("next_at", "<=", at.toISOString())
          .orderBy("next_at")
          .limit(limits.fleet.planAtOnce)
          .$if(database.kind === "postgres", (query) => query.forUpdate().skipLocked())
          .execute()
        const everywhere = await vantagesIn(writing)
        if (found.length === 0 || everywhere.length === 0) return 0
        const busy = await unended(
          writing,
          found.map(({ info_hash }) => text(info_hash)),
        )
        const due: DueAudit[] = []
        const nextOf = new Map<string, string[]>()
        for (const each of found) {
          const infoHash = text(each.info_hash)
          const planned = await plannedOf(each, at, everywhere).catch(() => unreadable)
          due.push(...planned.due.filter((one) => !busy.has(nameOf(one))))
          nextOf.set(planned.next, [...(nextOf.get(planned.next) ?? []), infoHash])
        }
        await queue.add(writing, await insert(writing, due))
        for (const [next, infoHashes] of nextOf)
          await writing
            .updateTable("fleet_target")
            .set({ next_at: next === "" ? null : next })
            .where("info_hash", "in", infoHashes)
            .execute()
        return found.length
      }),
    )
}

interface Planned {
  due: DueAudit[]
  /** Empty: never again. */
  next: string
}

/** One that somebody damaged keeps nobody else from being due. */
const unreadable: Planned = { due: [], next: "" }

async function plannedOf(
  found: Pick<FleetTargetTable, "info_hash" | "cron" | "vantages" | "next_at">,
  at: Date,
  everywhere: readonly string[],
): Promise<Planned> {
  const [infoHash, dueAt] = [text(found.info_hash), new Date(text(found.next_at)).toISOString()]
  const next = await nextAfter(text(found.cron), at)
  const widthMs = spreadMs(next, dueAt)
  const vantages = labelsIn(textOrNull(found.vantages)) ?? everywhere
  const due = vantages.map((vantage): DueAudit => {
    const lateMs = share(nameOf({ infoHash, vantage })) * widthMs
    return { infoHash, vantage, dueAt, runAt: new Date(Date.parse(dueAt) + lateMs).toISOString() }
  })
  return { due, next: next?.toISOString() ?? "" }
}

const nextAfter = (cron: string, at: Date): Promise<Date | null> =>
  timeAfter(parseCronExpression(cron), at, "UTC")

async function vantagesIn(queries: Kysely<Tables>): Promise<string[]> {
  const found = await queries.selectFrom("fleet_vantage").select("label").orderBy("label").execute()
  return found.map(({ label }) => text(label))
}

async function unended(queries: Kysely<Tables>, infoHashes: readonly string[]): Promise<Set<string>> {
  const found = await queries
    .selectFrom("due_audit")
    .select(["info_hash", "vantage"])
    .where("state", "in", ["waiting", "running"])
    .where("info_hash", "in", infoHashes)
    .execute()
  return new Set(
    found.map(({ info_hash, vantage }) => nameOf({ infoHash: text(info_hash), vantage: text(vantage) })),
  )
}

/** Those that were not due before: of a moment that comes twice, as clocks may have it, one audit is made. */
async function insert(queries: Kysely<Tables>, due: readonly DueAudit[]): Promise<DueAudit[]> {
  const inserted = new Set<string>()
  for (let from = 0; from < due.length; from += limits.fleet.rowsAtOnce) {
    const rows = due
      .slice(from, from + limits.fleet.rowsAtOnce)
      .map(({ infoHash, vantage, dueAt, runAt }) => ({
        info_hash: infoHash,
        vantage,
        due_at: dueAt,
        run_at: runAt,
        state: "waiting" as const,
        attempts: 0,
        has_turn: 0,
      }))
    const found = await queries
      .insertInto("due_audit")
      .values(rows)
      .onConflict((conflict) => conflict.columns(["info_hash", "vantage", "due_at"]).doNothing())
      .returning(["info_hash", "vantage"])
      .execute()
    for (const { info_hash, vantage } of found)
      inserted.add(nameOf({ infoHash: text(info_hash), vantage: text(vantage) }))
  }
  return due.filter((each) => inserted.has(nameOf(each)))
}

/** So that not all of a fleet knocks in the same second: each target and place has its own share of a tenth of the period. */
const spreadMs = (next: Date | null, dueAt: string): number =>
  next === null
    ? 0
    : Math.min(limits.fleet.spreadRatio * (next.getTime() - Date.parse(dueAt)), limits.fleet.maxSpreadMs)

/** From 0 to below 1, the same one every time. */
const share = (name: string): number => createHash("sha256").update(name).digest().readUInt32BE() / 2 ** 32
