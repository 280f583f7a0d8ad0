/**
 * Ranges as Nagios plugins have them (Monitoring Plugins guidelines, "Threshold and Ranges"): both ends belong to the range,
 * and what lies outside is an alert; with `@` what lies inside. A null end is open.
 */
export interface Range {
  low: number | null
  high: number | null
  inside: boolean
}

const bottom = ({ low }: Range): number => low ?? -Infinity
const top = ({ high }: Range): number => high ?? Infinity

export function breaks(range: Range, value: number): boolean {
  const within = value >= bottom(range) && value <= top(range)
  return within === range.inside
}

/** Some value from `low` to `high` breaks no limit. */
export function mayKeep(range: Range, low: number, high: number): boolean {
  if (range.inside) return low < bottom(range) || high > top(range)
  return Math.max(low, bottom(range)) <= Math.min(high, top(range))
}

/** "at least 3", "at most 10", "10 to 20", "not 10 to 20": what was asked for. */
export function askedFor(range: Range): string {
  const { low, high, inside } = range
  const open = low === null || low === 0
  if (inside) {
    if (low === null && high === null) return "nothing at all"
    if (high === null) return `less than ${low}`
    return open ? `more than ${high}` : `not ${low} to ${high}`
  }
  if (high === null) return low === null ? "anything" : `at least ${low}`
  return open ? `at most ${high}` : `${low} to ${high}`
}
