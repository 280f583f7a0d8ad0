/** What was seen from each place and what it makes of it alone, and who of them has a say in the answer of all. */
import type { Evidence } from "../evidence.ts"
import { closeMs, startOf } from "../measure/vantages/vantage.ts"
import type { Report } from "../report.ts"

export interface JudgedPlace {
  label: string
  offline: boolean
  /** Its newest audit. */
  evidence: Evidence
  report: Report
}

/** Near enough in time to have seen one swarm. */
export const areClose = (one: JudgedPlace, other: JudgedPlace): boolean =>
  Math.abs(startOf(one.evidence) - startOf(other.evidence)) <= closeMs

/** Places that were online, and looked when the last of these did; where none was, all of them. */
export function heardOf(places: readonly JudgedPlace[]): readonly JudgedPlace[] {
  const online = places.filter(({ offline }) => !offline)
  const asked = online.length > 0 ? online : places
  const [last] = asked.toSorted((one, other) => startOf(other.evidence) - startOf(one.evidence))
  return last === undefined ? [] : asked.filter((each) => areClose(each, last))
}

/** They were online, and looked too long before. */
export function outdatedOf(places: readonly JudgedPlace[]): JudgedPlace[] {
  const heard = new Set(heardOf(places))
  return places.filter((place) => !place.offline && !heard.has(place))
}
