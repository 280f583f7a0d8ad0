/** Seeders reached over time, as a strip: equal spans of time, and the fewest in each, since a mean would hide the bad hour. */
import type { Page } from "../page.ts"

export interface TrendPoint {
  /** ISO 8601 UTC. */
  startedAt: string
  seedersReached: number
}

/** Null where nobody looked. */
export function fewestInEach(
  points: readonly TrendPoint[],
  fromMs: number,
  toMs: number,
  cells: number,
): (number | null)[] {
  const fewest = Array.from({ length: cells }, (): number | null => null)
  for (const { startedAt, seedersReached } of points) {
    const atMs = Date.parse(startedAt)
    if (!(atMs >= fromMs && atMs <= toMs)) continue
    const cell = Math.min(cells - 1, Math.floor(((atMs - fromMs) / Math.max(1, toMs - fromMs)) * cells))
    fewest[cell] = Math.min(fewest[cell] ?? seedersReached, seedersReached)
  }
  return fewest
}

const nobody = "!"

/** Heights are shares of the highest cell. */
export function strip(cells: readonly (number | null)[], page: Page): string {
  const levels = Array.from(page.symbols.levels)
  const most = Math.max(1, ...cells.map((cell) => cell ?? 0))
  return cells
    .map((cell) => {
      if (cell === null) return page.paint.dim(page.symbols.notSampled)
      if (cell === 0) return page.paint.red(nobody)
      return levels[Math.max(0, Math.round((cell / most) * levels.length) - 1)]
    })
    .join("")
}
