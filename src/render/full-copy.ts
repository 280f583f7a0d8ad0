/** How long a full copy takes from here. */
import type { Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import { wrap } from "./text.ts"
import { longTime } from "./units.ts"

export function fullCopyLines({ swarm }: Snapshot, page: Page): string[] {
  const { fullCopyMs } = swarm
  if (fullCopyMs === null) return []
  const { censored, value, high } = fullCopyMs
  // Rates that a cap of ours held down can only be higher: the slow end bounds the time, and nothing else does.
  const end = high ?? value
  const [about, time] = censored
    ? [high === null ? "about" : "at most", { ...fullCopyMs, value: end, low: end, high: end }]
    : ["about", fullCopyMs]
  return wrap(`A full copy from here: ${about} ${longTime(time, page.symbols)}`, page.columns)
}
