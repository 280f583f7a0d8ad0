/** Whether more or fewer seeders are there than in the week before, among audits of the same depth that were not cut short. */
import { contactsPeers } from "../../evidence/words.ts"
import type { AuditRow, FleetView } from "../../report.ts"

export type Trend = "up" | "level" | "down"

type Point = Pick<AuditRow, "startedAt" | "depth" | "complete" | "seedersClaimed" | "seedersReached">

const hourMs = 3_600_000
const weekMs = 7 * 24 * hourMs
/** One seeder more or less, or a fifth of many, is no trend. */
const leastShare = 0.2

/** Reached or, where none is visited, claimed. */
export const seedersOf = ({ depth, seedersReached, seedersClaimed }: Point): number | null =>
  contactsPeers(depth) ? seedersReached : seedersClaimed

/** What can be held against the newest. */
export function weekBefore<T extends Point>(newest: Point, points: readonly T[]): T[] {
  const endMs = Date.parse(newest.startedAt)
  return points.filter(({ depth, complete, startedAt }) => {
    const agoMs = endMs - Date.parse(startedAt)
    return complete && depth === newest.depth && agoMs > 0 && agoMs <= weekMs
  })
}

/** Against the middle one of those before. */
export function trendFrom(now: number, before: readonly Point[]): Trend | null {
  const counts = before.flatMap((point) => seedersOf(point) ?? []).toSorted((a, b) => a - b)
  const middle = counts[Math.floor(counts.length / 2)]
  if (middle === undefined) return null
  if (Math.abs(now - middle) <= Math.max(1, leastShare * middle)) return "level"
  return now > middle ? "up" : "down"
}

/** At most so long are the thirds of a day that `FleetView.recent` has the worst of. */
const thirdMs = 10 * hourMs

/** As each point before is the worst of its third of a day, so is the one that they are held against. */
export function trendOfView({ newest, recent }: Pick<FleetView, "newest" | "recent">): Trend | null {
  if (newest === null || !newest.complete || newest.status === "unknown") return null
  const told = weekBefore(
    newest,
    recent.filter(({ status }) => status !== "unknown"),
  )
  const isNow = ({ startedAt }: Point) => Date.parse(newest.startedAt) - Date.parse(startedAt) < thirdMs
  const now = [newest, ...told.filter(isNow)].flatMap((point) => seedersOf(point) ?? [])
  return now.length === 0
    ? null
    : trendFrom(
        Math.min(...now),
        told.filter((point) => !isNow(point)),
      )
}
