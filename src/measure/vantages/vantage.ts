/** Places on the network from which one torrent was audited. */
import type { Evidence } from "../../evidence.ts"
import { offline } from "../offline.ts"

export interface Vantage {
  label: string
  /** Its audits, oldest first; one at least. */
  rounds: readonly Evidence[]
}

/** Audits farther apart saw different swarms: nothing that asks for one moment is made of them. */
export const closeMs = 3 * 3_600_000

/** What counts of a place: its newest audit. */
export function newestOf({ label, rounds }: Vantage): Evidence {
  const newest = rounds.at(-1)
  if (!newest) throw new Error(`no audit from ${label}`)
  return newest
}

export const startOf = ({ run }: Pick<Evidence, "run">): number => Date.parse(run.startedAt)
export const endOf = ({ run }: Pick<Evidence, "run">): number => Date.parse(run.startedAt) + run.durationMs

/** Audits of a place that could see something: one without a network tells of nobody but itself. */
export const onlineRounds = ({ rounds }: Vantage): readonly Evidence[] =>
  rounds.filter((round) => !offline(round))

/** From the first of the newest audits to the end of the last, ms. */
export function spanOf(vantages: readonly Vantage[]): number {
  const newest = vantages.map(newestOf)
  return Math.max(...newest.map(endOf)) - Math.min(...newest.map(startOf))
}
