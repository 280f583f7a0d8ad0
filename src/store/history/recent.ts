/** What a trend is drawn from. */
import { sql, type Kysely } from "kysely"
import type { FleetPoint } from "../../report.ts"
import { number, numberOrNull, text, textOrNull } from "../database/columns.ts"
import type { Tables } from "../database/tables.ts"
import { depthOf, status } from "./rows.ts"

/** So many characters of a time tell a third of a day from the others: 00 to 09 h, 10 to 19 h, the rest. */
const spanCharacters = "2026-03-14T0".length

/**
 * Of each third of a day the audit that reached the fewest seeders, of those that visited peers; oldest first. Of each target, or of
 * each target and vantage point by itself, which have the key that `keyOf` makes.
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
        .where("started_at", ">=", from)
        // They visit nobody: their zero says nothing.
        .where("depth", "not in", ["scrape", "discover"])
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
                .partitionBy(byVantage ? ["info_hash", "vantage", "span"] : ["info_hash", "span"])
                .orderBy("seeders_reached")
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
