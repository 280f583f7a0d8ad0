/** What a trend is drawn from. */
import { sql, type Kysely } from "kysely"
import type { FleetPoint } from "../../report.ts"
import { number, numberOrNull, text, textOrNull } from "../database/columns.ts"
import type { Tables } from "../database/tables.ts"
import { depthOf, status } from "./rows.ts"

/** So many characters of a time tell a third of a day from the others: 00 to 09 h, 10 to 19 h, the rest. */
const spanCharacters = "2026-03-14T0".length

/** Their zero says nothing: of them the trackers' word counts. */
const visitNobody = ["scrape", "discover"] as const

const seeders = sql<number>`case when depth in (${sql.join(visitNobody.map((depth) => sql.lit(depth)))})
  then coalesce(seeders_claimed, 0) else seeders_reached end`

/**
 * Of each third of a day the audit with the fewest seeders, oldest first: of each target, of those that visited peers; or of each
 * target, vantage point and depth by itself. They have the key that `keyOf` makes.
 */
export async function recentOf(
  queries: Kysely<Tables>,
  from: string,
  { byVantage, keyOf }: { byVantage: boolean; keyOf: (infoHash: string, vantage: string | null) => string },
): Promise<Map<string, FleetPoint[]>> {
  const found = await queries
    .with("spans", (query) =>
      query
        .selectFrom("audit")
        .select(["info_hash", "vantage", "started_at", "status", "depth", "complete"])
        .select(["seeders_claimed", "seeders_reached", "copies"])
        .select(sql<string>`substr(started_at, 1, ${sql.lit(spanCharacters)})`.as("span"))
        .select(seeders.as("seeders"))
        .where("started_at", ">=", from)
        .$if(!byVantage, (some) => some.where("depth", "not in", [...visitNobody]))
        .$if(byVantage, (some) => some.where("vantage", "is not", null)),
    )
    .with("placed", (query) =>
      query
        .selectFrom("spans")
        .selectAll()
        .select((select) =>
          select.fn
            .agg<number>("row_number")
            .over((over) =>
              over
                .partitionBy(byVantage ? ["info_hash", "vantage", "depth", "span"] : ["info_hash", "span"])
                .orderBy("seeders")
                .orderBy("started_at", "desc"),
            )
            .as("place"),
        ),
    )
    .selectFrom("placed")
    .selectAll()
    .where("place", "=", 1)
    .orderBy("started_at")
    .execute()
  const of = new Map<string, FleetPoint[]>()
  for (const each of found) {
    const key = keyOf(text(each.info_hash), textOrNull(each.vantage))
    const points = of.get(key) ?? []
    of.set(key, points)
    points.push({
      startedAt: text(each.started_at),
      status: status(each.status),
      depth: depthOf(each.depth),
      complete: number(each.complete) === 1,
      seedersClaimed: numberOrNull(each.seeders_claimed),
      seedersReached: number(each.seeders_reached),
      copies: numberOrNull(each.copies),
    })
  }
  return of
}
