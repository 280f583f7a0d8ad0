/** Whether somebody still looks from each vantage point, and whether they see anything. */
import type { FleetStatus, FleetTorrent, FleetVantage } from "./fleet-status.ts"

export interface VantageState {
  label: string
  /** `gone`: no worker of it lives, so nothing is audited from there. `blind`: whatever it audited last is unknown: its own network, probably. */
  state: "well" | "blind" | "gone"
  /** Workers that live. */
  workers: number
  running: number
  /** Of any worker; null: none ever came. */
  seenAt: string | null
  lastAuditAt: string | null
  auditsLastDay: number
}

/** So many torrents that one place can tell nothing of are more likely its own fault than theirs. */
const fewestBlind = 3

/** What is gone first, then what is blind, each by label. */
export function vantageStates({ vantages, torrents }: FleetStatus): VantageState[] {
  const told = answersOf(torrents)
  const states = vantages.map((vantage) => stateOf(vantage, told.get(vantage.label)))
  const order = ["gone", "blind", "well"] as const
  return states.toSorted(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || (a.label < b.label ? -1 : 1),
  )
}

/** Labels of those that can tell nothing of any torrent. */
export const blindOf = ({ torrents }: Pick<FleetStatus, "torrents">): ReadonlySet<string> =>
  new Set([...answersOf(torrents)].filter(([, answers]) => isBlind(answers)).map(([label]) => label))

const isBlind = ({ audited, unknown }: Answers): boolean => audited >= fewestBlind && unknown === audited

interface Answers {
  audited: number
  unknown: number
}

function answersOf(torrents: readonly FleetTorrent[]): ReadonlyMap<string, Answers> {
  const told = new Map<string, Answers>()
  for (const { vantage, newest } of torrents.flatMap(({ views }) => views)) {
    if (newest === null) continue
    const answers = told.get(vantage) ?? { audited: 0, unknown: 0 }
    answers.audited++
    if (newest.status === "unknown") answers.unknown++
    told.set(vantage, answers)
  }
  return told
}

function stateOf({ label, workers, lastAuditAt, auditsLastDay }: FleetVantage, told?: Answers): VantageState {
  const alive = workers.filter((worker) => worker.alive)
  return {
    label,
    state: alive.length === 0 ? "gone" : told !== undefined && isBlind(told) ? "blind" : "well",
    workers: alive.length,
    running: alive.reduce((sum, { running }) => sum + running, 0),
    seenAt:
      workers
        .map(({ seenAt }) => seenAt)
        .toSorted()
        .at(-1) ?? null,
    lastAuditAt,
    auditsLastDay,
  }
}

/** What waits longer than this is late: more is due than is audited. */
const lateMs = 15 * 60_000

/** How long the oldest due audit has waited; null: nothing waits. */
export const oldestWaitMs = ({ at, queue }: FleetStatus): number | null =>
  queue.oldestDueAt === null ? null : Math.max(0, Date.parse(at) - Date.parse(queue.oldestDueAt))

export const isLate = (status: FleetStatus): boolean => (oldestWaitMs(status) ?? 0) > lateMs
