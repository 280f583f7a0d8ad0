/** Plays one scenario in the lab, once, and writes down what was so and what was said. */
import { auditSwarm, trackersOnly, type Audited } from "../../test/clients/audit.ts"
import { claimedBy } from "../../test/clients/compare.ts"
import type { Lab } from "../../test/clients/netns.ts"
import { createPayload, type Payload } from "../../test/clients/payload.ts"
import { pause } from "../../test/clients/processes.ts"
import type { Stage } from "../../test/clients/scenario.ts"
import {
  measureUplinks,
  startMembers,
  truthWith,
  untilRegistered,
  type Member,
} from "../../test/clients/swarm.ts"
import { startCast } from "./cast.ts"
import { playEvents } from "./events.ts"
import { timedCopy } from "./full-copy.ts"
import { bytesSentBy } from "./kernel.ts"
import { partyOf, planOf } from "./members.ts"
import { observe } from "./observer.ts"
import type { Recording } from "./recording.ts"
import type { TruthScenario } from "./scenario.ts"
import { startTracker, tiersOf, trackerTruths } from "./tracker.ts"
import type { Truth } from "./truth.ts"

const uplinkMs = 3_000
/** A second connection from one address, too early, is refused by some clients. */
const restMs = 1_500

export interface PlayOptions {
  cli: string
  /** Whether libtorrent may have a look, too. */
  compare: boolean
  say: (line: string) => void
}

export async function play(scenario: TruthScenario, lab: Lab, options: PlayOptions): Promise<Recording> {
  const { say } = options
  const stage: Stage = {
    lab,
    tracker: await lab.addHost("tracker", { isolated: false }),
    auditor: await lab.addHost("auditor", { isolated: false }),
    cli: options.cli,
  }
  const { auditor } = stage
  // Some clients remember who had everything, by address, and then refuse whoever comes from there.
  const downloader = await lab.addHost("downloader", { isolated: false })
  const trackers = tiersOf(scenario.tracker, stage.tracker)
  const { directory } = lab
  const payload = createPayload({ directory, name: scenario.name, ...scenario.payload, trackers })
  const tracker = await startTracker(lab, stage.tracker, scenario.tracker, payload.infoHash)
  const plans = scenario.members.map((plan) => planOf(plan, payload))
  const members = await startMembers(lab, payload, plans)
  await untilRegistered(tracker, payload, plans, scenario.tracker.factor)
  const hosts = members.map(({ host }) => host)
  const cast = await startCast(lab, payload, scenario.cast, tracker.httpUrl)
  say(`${members.length} members and a cast of ${cast.length} are there`)
  const uplinks = await measureUplinks(lab, auditor, hosts, uplinkMs)
  for (const host of [auditor, downloader]) await lab.shapeDownlink(host, scenario.downlinkBytesPerSecond)

  const sentBefore = await Promise.all(hosts.map(bytesSentBy))
  const { snapshot, checks } = await auditMeanwhile(stage, payload, members, scenario, say)
  const sentAfter = await Promise.all(hosts.map(bytesSentBy))
  for (const { ok, what, detail } of checks) if (!ok) say(`about the run itself: ${what}: ${detail}`)
  say(`the audit took ${(snapshot.run.durationMs / 1_000).toFixed(1)} s`)

  const now = await Promise.all(
    members.map((member) => truthWith(member, claimedBy(snapshot, member, payload.pieceCount))),
  )
  const fullCopy = await timedCopy(scenario, lab, downloader, payload, say)
  const between = await Promise.all(members.map(({ client }) => client.truth()))
  await pause(restMs)
  const observed =
    options.compare && scenario.compared
      ? await observe(lab, auditor, payload, snapshot.run.durationMs)
      : null
  const later = await Promise.all(members.map(({ client }) => client.truth()))

  const parties = members.map((member, index) =>
    partyOf(
      {
        member,
        plan: at(scenario.members, index),
        now: at(now, index),
        between: at(between, index),
        later: at(later, index),
        uplinkBytesPerSecond: at(uplinks, index),
        sentBytes: at(sentAfter, index) - at(sentBefore, index),
      },
      scenario,
      payload,
    ),
  )
  const truth: Truth = {
    scenario: scenario.name,
    pieceCount: payload.pieceCount,
    pieceBytes: payload.pieceBytes,
    sizeBytes: payload.sizeBytes,
    parties: [...parties, ...cast],
    trackers: trackerTruths(scenario.tracker, trackers),
    fullCopy,
  }
  return { truth, snapshot, observed }
}

/** These lists have one entry for each member. */
function at<T>(list: readonly T[], index: number): T {
  const value = list[index]
  if (value === undefined) throw new Error(`nothing is known of member ${index}`)
  return value
}

async function auditMeanwhile(
  stage: Stage,
  payload: Payload,
  members: Member[],
  scenario: TruthScenario,
  say: (line: string) => void,
): Promise<Audited> {
  const over = new AbortController()
  const happening = playEvents(stage.lab, payload, members, scenario.events, { signal: over.signal, say })
  // Awaited below; until then its failure must not end this process.
  happening.catch(() => {})
  try {
    // Who else names peers is not asked here, and PEX alone makes a run last until the last speaker spoke.
    return await auditSwarm(stage, payload, [...trackersOnly, ...scenario.flags])
  } finally {
    over.abort()
    await happening
  }
}
