/** Which torrents a fleet audits, and when. */
import { sql } from "kysely"
import { InputError } from "../../failure.ts"
import { parseCronExpression, timeAfter } from "../cron-expression.ts"
import type { Database } from "../database.ts"
import { text, textOrNull } from "../database/columns.ts"
import type { FleetTargetTable } from "../database/tables.ts"
import { clockOf } from "./clock.ts"

export interface FleetTarget {
  /** v1 where it is known, as the history has it. */
  infoHash: string
  name: string
  /** The .torrent's bytes, or a magnet link. */
  source: { metainfo: Uint8Array } | { magnet: string }
  /** Options that go with it. */
  flags: Readonly<Record<string, readonly string[] | true>>
  /** Null: every vantage point that there is. */
  vantages: readonly string[] | null
  /** Five fields, UTC. */
  cron: string
}

export interface Targets {
  /** How many were new; the others have their schedule and options replaced. */
  put(targets: readonly FleetTarget[]): Promise<number>
  /** What was due of it and had not begun never begins; the history stays. False: no such target. */
  remove(infoHash: string): Promise<boolean>
  /** By name. */
  list(): Promise<Pick<FleetTarget, "infoHash" | "name" | "cron">[]>
}

export function targetsIn(database: Database): Targets {
  const { use } = database
  const now = clockOf(database)
  return {
    async put(targets) {
      const rows = targets.map(columnsOf)
      return use((queries) =>
        queries.transaction().execute(async (writing) => {
          const at = await now(writing)
          let added = 0
          for (const row of rows) {
            const next = await timeAfter(parseCronExpression(row.cron), at, "UTC")
            const known = await writing
              .selectFrom("fleet_target")
              .select("info_hash")
              .where("info_hash", "=", row.info_hash)
              .executeTakeFirst()
            const values = { ...row, next_at: next?.toISOString() ?? null }
            await writing
              .insertInto("fleet_target")
              .values({ ...values, added_at: at.toISOString() })
              .onConflict((conflict) =>
                conflict.column("info_hash").doUpdateSet({ ...values, next_at: stillDue }),
              )
              .execute()
            if (known === undefined) added++
          }
          return added
        }),
      )
    },
    remove: (infoHash) =>
      use((queries) =>
        queries.transaction().execute(async (writing) => {
          const { numDeletedRows } = await writing
            .deleteFrom("fleet_target")
            .where("info_hash", "=", infoHash)
            .executeTakeFirstOrThrow()
          await writing
            .deleteFrom("due_audit")
            .where("info_hash", "=", infoHash)
            .where("state", "=", "waiting")
            .execute()
          return numDeletedRows > 0n
        }),
      ),
    async list() {
      const found = await use((queries) =>
        queries
          .selectFrom("fleet_target")
          .select(["info_hash", "name", "cron"])
          .orderBy("name")
          .orderBy("info_hash")
          .execute(),
      )
      return found.map((each) => ({
        infoHash: text(each.info_hash),
        name: text(each.name),
        cron: text(each.cron),
      }))
    },
  }
}

/** What is due and not planned yet stays due, unless the schedule is another. */
const stillDue = sql<string | null>`case
  when fleet_target.cron = excluded.cron and fleet_target.next_at is not null then fleet_target.next_at
  else excluded.next_at end`

const columnsOf = ({ infoHash, name, source, flags, vantages, cron }: FleetTarget) => ({
  info_hash: infoHash,
  name: name.replaceAll("\0", "\u{fffd}"),
  metainfo: "metainfo" in source ? source.metainfo : null,
  magnet: "magnet" in source ? source.magnet : null,
  flags: JSON.stringify(flags),
  vantages: vantages === null ? null : JSON.stringify(vantages),
  cron,
})

type Columns = Pick<
  FleetTargetTable,
  "info_hash" | "name" | "metainfo" | "magnet" | "flags" | "vantages" | "cron"
>

export function targetOf(found: Columns): FleetTarget {
  const magnet = textOrNull(found.magnet)
  return {
    infoHash: text(found.info_hash),
    name: text(found.name),
    source: magnet === null ? { metainfo: Buffer.from(found.metainfo ?? []) } : { magnet },
    flags: flagsIn(text(found.flags)),
    vantages: labelsIn(textOrNull(found.vantages)),
    cron: text(found.cron),
  }
}

export function labelsIn(json: string | null): string[] | null {
  if (json === null) return null
  const list: unknown = parsed(json)
  return Array.isArray(list) ? list.filter((each) => typeof each === "string") : null
}

function flagsIn(json: string): FleetTarget["flags"] {
  const found = parsed(json)
  if (typeof found !== "object" || found === null) return {}
  const flags: Record<string, readonly string[] | true> = {}
  for (const [name, value] of Object.entries(found) as [string, unknown][]) {
    if (value === true) flags[name] = true
    else if (Array.isArray(value)) flags[name] = value.filter((each) => typeof each === "string")
  }
  return flags
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new InputError("bad-snapshot", "a target of the fleet is damaged", "Add it again: fleet add.")
  }
}
