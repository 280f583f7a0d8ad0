/** How much of an announce log counted: a wrong file, a format that isn't understood and the cap all show here. */
import type { Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import { wrap } from "./text.ts"
import { plural } from "./units.ts"

export function announceLogLines({ announceLog }: Snapshot, page: Page): string[] {
  if (!announceLog) return []
  const { reports, lines, unreadable, dropped } = announceLog
  const told = [
    `${plural(reports.length, "announce")} of this swarm in ${plural(lines, "line")}`,
    ...(unreadable > 0 ? [`${plural(unreadable, "line is", "lines are")} no announce`] : []),
    ...(dropped > 0 ? [`${plural(dropped, "older announce was", "older announces were")} left out`] : []),
  ]
  return wrap(`Announce log: ${told.join("; ")}`, page.columns)
}
