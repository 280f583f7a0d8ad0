import type { Estimate } from "../../evidence.ts"
import { chao2, sameMembers } from "../population.ts"

/** One reply's list, or one run's. `atMs` on any clock that all draws share. */
export interface TimedDraw {
  atMs: number
  members: ReadonlySet<unknown>
}

/**
 * How many a list holds at one time, from draws so far apart that some peers leave and others come in between: those of the
 * last `windowMs` up to the newest. The value is Chapman's over each draw and the next, their counts added up, so that it is too
 * high by one interval's churn at most; the upper end is Chao2's over all of them, which counts everybody who was ever there; the
 * lower end is the longest draw. The same list again is no draw: it may be a cache, or a fixed order. Null with fewer than two
 * draws in the window, or too few peers met again.
 *
 * Assumes random draws from a list of steady size. Simulated: 2 to 6 draws of 20 to 200 from 25 to 2,000, of whom none to
 * half are replaced from one draw to the next, everybody as likely or only one half.
 */
export function overTime(draws: readonly TimedDraw[], windowMs: number): Estimate | null {
  const newest = draws.reduce((last, { atMs }) => Math.max(last, atMs), -Infinity)
  const within = draws
    .filter(({ atMs }) => newest - atMs <= windowMs)
    .toSorted((one, other) => one.atMs - other.atMs)
    .map(({ members }) => members)
    .filter((one, i, all) => !all.slice(0, i).some((other) => sameMembers(one, other)))
  const ever = chao2(within)
  if (ever === null) return null
  const low = Math.max(...within.map(({ size }) => size))
  const value = Math.max(low, Math.min(besideNext(within), ever.high ?? Infinity))
  return { ...ever, value, low }
}

/** Chapman's estimate from each draw and the next, their counts added up. */
function besideNext(draws: readonly ReadonlySet<unknown>[]): number {
  let [drawn, again] = [0, 0]
  for (const [i, one] of draws.entries()) {
    const next = draws[i + 1]
    if (!next) break
    drawn += (one.size + 1) * (next.size + 1)
    again += 1 + [...one].filter((each) => next.has(each)).length
  }
  return drawn / again - 1
}
