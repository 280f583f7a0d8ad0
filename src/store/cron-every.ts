/** A duration as a crontab line can say it, spread by a number so that not everybody's audits start at the full hour. */

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** What starts evenly: what divides an hour or a day, a day, a week. */
const sayable: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * hourMs),
  dayMs,
  7 * dayMs,
]

/** Five fields, or null where they can't say it. `spread` is a whole number from 0, the same one every time. */
export function cronEvery(everyMs: number, spread: number): string | null {
  if (!sayable.includes(everyMs)) return null
  const minute = spread % 60
  if (everyMs === minuteMs) return "* * * * *"
  if (everyMs < hourMs) {
    const minutes = everyMs / minuteMs
    return `${spread % minutes}-59/${minutes} * * * *`
  }
  if (everyMs === hourMs) return `${minute} * * * *`
  if (everyMs < dayMs) return `${minute} */${everyMs / hourMs} * * *`
  const hour = Math.floor(spread / 60) % 24
  return `${minute} ${hour} * * ${everyMs === dayMs ? "*" : Math.floor(spread / 1_440) % 7}`
}

/** The nearest ones that can be said, as one writes them: `4h`, `6h`. */
export function nearestSayable(everyMs: number): string[] {
  const below = sayable.findLast((ms) => ms < everyMs)
  const above = sayable.find((ms) => ms > everyMs)
  return [below, above].filter((ms) => ms !== undefined).map(written)
}

const written = (ms: number): string =>
  ms % dayMs === 0 ? `${ms / dayMs}d` : ms % hourMs === 0 ? `${ms / hourMs}h` : `${ms / minuteMs}m`
