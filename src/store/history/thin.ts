/** Which of a target's whole snapshots stay, of each vantage point by itself; pure. */
import { limits } from "../../limits.ts"

export interface Kept {
  /** ISO 8601 UTC. */
  started_at: string
  id: string
}

export type Bounds = Record<
  "newestSnapshots" | "dailySnapshots" | "weeklySnapshots" | "maxAudits" | "maxTotalBytes",
  number
>

/** Of those after the newest ones, newest first: all but the last of each day (UTC), then of each week, and what is beyond a bound. */
export function superfluous<T extends Kept>(older: readonly T[], bounds: Bounds = limits.history): T[] {
  const days = new Set<string>()
  const weeks = new Set<number>()
  return older.filter(({ started_at }) => {
    const day = started_at.slice(0, 10)
    if (days.has(day)) return true
    if (days.size < bounds.dailySnapshots) {
      days.add(day)
      return false
    }
    const week = weekOf(day)
    if (weeks.has(week) || weeks.size >= bounds.weeklySnapshots) return true
    weeks.add(week)
    return false
  })
}

const dayMs = 24 * 3_600_000
/** 1 January 1970 was a Thursday; weeks begin on Mondays. */
const weekOf = (day: string): number => Math.floor((Date.parse(day) / dayMs + 3) / 7)
