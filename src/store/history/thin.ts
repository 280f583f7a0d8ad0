/** Which of a target's whole snapshots stay; pure. */
import { limits } from "../../limits.ts"

export interface Kept {
  /** ISO 8601 UTC. */
  started_at: string
  id: string
}

export type Bounds = Record<"newestSnapshots" | "dailySnapshots" | "maxAudits" | "maxTotalBytes", number>

/** Of those after the newest ones, newest first: all but the last of each day (UTC), and days beyond a bound. */
export function superfluous<T extends Kept>(older: readonly T[], bounds: Bounds = limits.history): T[] {
  const days = new Set<string>()
  return older.filter(({ started_at }) => {
    const day = started_at.slice(0, 10)
    if (days.has(day) || days.size >= bounds.dailySnapshots) return true
    days.add(day)
    return false
  })
}
