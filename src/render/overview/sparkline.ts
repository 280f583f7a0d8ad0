/** Seeders over seven days, small enough to stand in a row of a table of thousands. */
import type { FleetView } from "../../report.ts"
import { seedersOf } from "../fleet/trend.ts"
import { type Html, nothing, trusted } from "../html/markup.ts"

const [width, height] = [84, 20]
const weekMs = 7 * 24 * 3_600_000
/** Audits further apart are not joined: nobody looked in between. */
const longestGapMs = 2.1 * 24 * 3_600_000

interface Point {
  atMs: number
  seeders: number
}

/** Of the newest audit's depth: another counts in another way. An audit that could tell nothing counts nobody, and not zero. */
function pointsOf({ newest, recent }: FleetView, toMs: number): Point[] {
  if (newest === null) return []
  const all = recent.some(({ startedAt }) => startedAt === newest.startedAt) ? recent : [...recent, newest]
  return all.flatMap((audit): Point[] => {
    const atMs = Date.parse(audit.startedAt)
    const seeders = seedersOf(audit)
    const counts = audit.depth === newest.depth && audit.complete && audit.status !== "unknown"
    return !counts || seeders === null || atMs > toMs || atMs < toMs - weekMs ? [] : [{ atMs, seeders }]
  })
}

/** From nobody to the most of the week; where nobody looked for long there is no line. Nothing where there is no audit to draw. */
export function sparkline(view: FleetView, at: string): Html {
  const toMs = Date.parse(at)
  const points = pointsOf(view, toMs)
  if (points.length === 0) return nothing
  const most = Math.max(1, ...points.map(({ seeders }) => seeders))
  const isApart = (one: Point | undefined, next: Point | undefined) =>
    one === undefined || next === undefined || next.atMs - one.atMs > longestGapMs
  const steps = points.map((point, index) => {
    const x = Math.round(2 + (width - 4) * (1 - (toMs - point.atMs) / weekMs))
    const y = Math.round(height - 2 - ((height - 4) * point.seeders) / most)
    if (!isApart(points[index - 1], point)) return `L${x} ${y}`
    return isApart(point, points[index + 1]) ? `M${x - 1} ${y}h2` : `M${x} ${y}`
  })
  return trusted(
    `<svg class="k" viewBox="0 0 ${width} ${height}" aria-hidden="true"><path class="z" d="M0 19.5H84"/><path d="${steps.join("")}"/></svg>`,
  )
}
