/** All trackers of a scenario: the one that its members know, and those that only the auditor's torrent names. */
import { readFileSync } from "node:fs"
import type { Host, Lab } from "../../test/clients/netns.ts"
import type { Payload } from "../../test/clients/payload.ts"
import { until } from "../../test/clients/processes.ts"
import type { Stage } from "../../test/clients/scenario.ts"
import { untilRegistered, type Member } from "../../test/clients/swarm.ts"
import { loggingTiers, startLoggingTracker } from "../../test/clients/trackers/logging.ts"
import type { Tracker } from "../../test/clients/trackers/tracker.ts"
import type { TrackerPlan, TruthScenario } from "./scenario.ts"
import { startTracker, tiersOf, trackerTruths } from "./tracker.ts"
import type { TrackerTruth } from "./truth.ts"

const announcedMs = 60_000

export const mainTiers = (scenario: TruthScenario, { tracker }: Stage): string[][] =>
  scenario.announceLog ? loggingTiers(tracker) : tiersOf(scenario.tracker, tracker)

type Logged = Tracker & { readonly logFile: string | null }

/** Honest or not, or one that keeps a log. */
export async function startMain(
  scenario: TruthScenario,
  { lab, tracker }: Stage,
  payload: Payload,
): Promise<Logged> {
  const { infoHash } = payload
  if (scenario.announceLog) return startLoggingTracker(lab, tracker, { infoHash, ...scenario.announceLog })
  return { ...(await startTracker(lab, tracker, scenario.tracker, infoHash)), logFile: null }
}

/** Until all members are known to it. */
export async function registered(
  scenario: TruthScenario,
  tracker: Logged,
  payload: Payload,
  members: readonly Member[],
): Promise<void> {
  const { logFile } = tracker
  const plans = members.map(({ plan }) => plan)
  if (logFile === null) return untilRegistered(tracker, payload, plans, scenario.tracker.factor)
  // Who lies about what is left is counted as something else: the log says who was there.
  await until("every client's announce", announcedMs, () => {
    const lines = readFileSync(logFile, "utf8").split("\n").filter(Boolean)
    const hosts = new Set(lines.map((line) => (JSON.parse(line) as { ip: string }).ip))
    const missing = members.filter(({ address }) => !hosts.has(address))
    if (missing.length > 0) throw new Error(missing.map(({ host }) => host.name).join(", "))
    return true
  })
}

export interface OtherTracker {
  readonly plan: TrackerPlan
  readonly host: Host
  readonly httpUrl: string
}

/** Each in a namespace of its own. */
export async function startOthers(
  lab: Lab,
  scenario: TruthScenario,
  payload: Payload,
): Promise<OtherTracker[]> {
  const others: OtherTracker[] = []
  for (const plan of scenario.otherTrackers ?? []) {
    const host = await lab.addHost(`tracker-${lab.hosts.length}`, { isolated: false })
    const { httpUrl } = await startTracker(lab, host, plan, payload.infoHash)
    others.push({ plan, host, httpUrl })
  }
  return others
}

/** A tracker with two URLs tells one lie. */
const groupedAs = (group: string, truths: readonly TrackerTruth[], lie: string | null): TrackerTruth[] =>
  truths.map((truth) => ({ ...truth, group, ...(lie === null ? {} : { lie }) }))

function lieOf({ factor, lie }: TrackerPlan): string | null {
  const scale = factor * (lie?.kind === "scaled" ? lie.factor : 1)
  return scale === 1 ? (lie?.kind ?? null) : `×${scale}`
}

export const truthsOf = (
  { tracker }: TruthScenario,
  tiers: readonly (readonly string[])[],
  others: readonly OtherTracker[],
): TrackerTruth[] => [
  ...groupedAs("tracker", trackerTruths(tracker, tiers), lieOf(tracker)),
  ...others.flatMap(({ plan, host, httpUrl }) =>
    groupedAs(host.name, trackerTruths(plan, [[httpUrl]]), lieOf(plan)),
  ),
]
