/** Plays one scenario in the lab, once, and writes down what was so and what was said. */
import { auditSwarm, trackersOnly, watchSwarm, type Audited } from "../../test/clients/audit.ts"
import { claimedBy } from "../../test/clients/compare.ts"
import type { Host, Lab } from "../../test/clients/netns.ts"
import { createPayload, type Payload } from "../../test/clients/payload.ts"
import { pause } from "../../test/clients/processes.ts"
import type { Stage } from "../../test/clients/scenario.ts"
import { measureUplinks, truthWith, type Member } from "../../test/clients/swarm.ts"
import { startCast } from "./cast.ts"
import { playEvents } from "./events.ts"
import { timedCopy } from "./full-copy.ts"
import { bytesSentBy } from "./kernel.ts"
import { partyOf, startAll } from "./members.ts"
import { observe } from "./observer.ts"
import type { Recording } from "./recording.ts"
import type { TruthScenario } from "./scenario.ts"
import { mainTiers, registered, startMain, startOthers, truthsOf } from "./trackers.ts"
import type { Truth } from "./truth.ts"
import { auditorsTorrent, startWebSeeds } from "./web-seeds.ts"

const uplinkMs = 3_000
const watchedMs = 240_000
/** A second connection from one address, too early, is refused by some clients. */
const restMs = 1_500

export interface PlayOptions {
  cli: string
  /** Whether libtorrent may have a look, too. */
  compare: boolean
  /** Timed full copies, of which the median counts. */
  copies: number
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
  const downloaders: Host[] = []
  for (let copy = 1; copy <= options.copies; copy++)
    downloaders.push(await lab.addHost(`downloader-${copy}`, { isolated: false }))
  const tiers = mainTiers(scenario, stage)
  const { directory } = lab
  const payload = createPayload({ directory, name: scenario.name, ...scenario.payload, trackers: tiers })
  const tracker = await startMain(scenario, stage, payload)
  const members = await startAll(lab, payload, stage.tracker, scenario)
  await registered(scenario, tracker, payload, members)
  const hosts = members.map(({ host }) => host)
  const others = await startOthers(lab, scenario, payload)
  const announceUrls = [tracker.httpUrl, ...others.map(({ httpUrl }) => httpUrl)]
  const cast = await startCast(lab, payload, scenario.cast, announceUrls)
  const webSeeds = await startWebSeeds(lab, payload, scenario.webSeeds ?? [])
  say(`${members.length} members and a cast of ${cast.length} are there`)
  const uplinks = await measureUplinks(lab, auditor, hosts, uplinkMs)
  for (const host of [auditor, ...downloaders]) await lab.shapeDownlink(host, scenario.downlinkBytesPerSecond)

  const sentBefore = await Promise.all(hosts.map(bytesSentBy))
  const target =
    others.length + webSeeds.length === 0
      ? payload.torrentFile
      : auditorsTorrent(payload, auditor.directory, {
          tiers: [...tiers, ...others.map(({ httpUrl }) => [httpUrl])],
          webSeeds: webSeeds.map(({ url }) => url),
        })
  const { snapshot, checks } = await auditMeanwhile({
    stage,
    payload,
    target,
    members,
    scenario,
    logFile: tracker.logFile,
    say,
  })
  const sentAfter = await Promise.all(hosts.map(bytesSentBy))
  for (const { ok, what, detail } of checks) if (!ok) say(`about the run itself: ${what}: ${detail}`)
  say(`the audit took ${(snapshot.run.durationMs / 1_000).toFixed(1)} s`)

  const now = await Promise.all(
    members.map((member) => truthWith(member, claimedBy(snapshot, member, payload.pieceCount))),
  )
  const fullCopy = await timedCopy(scenario, { lab, hosts: downloaders, payload, say })
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
    trackers: truthsOf(scenario, tiers, others),
    webSeeds,
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

interface Meanwhile {
  readonly stage: Stage
  readonly payload: Payload
  readonly target: string
  readonly members: Member[]
  readonly scenario: TruthScenario
  readonly logFile: string | null
  readonly say: (line: string) => void
}

async function auditMeanwhile(meanwhile: Meanwhile): Promise<Audited> {
  const { stage, payload, target, members, scenario, logFile, say } = meanwhile
  const over = new AbortController()
  const happening = playEvents(stage.lab, payload, members, scenario.events, { signal: over.signal, say })
  // Awaited below; until then its failure must not end this process.
  happening.catch(() => {})
  const sources = scenario.pex === true ? ["--no-dht"] : trackersOnly
  const told = members.flatMap(({ host, client }, at) =>
    scenario.members[at]?.dualHomed === true ? ["--peer", `[${host.ipv6}]:${client.port}`] : [],
  )
  try {
    // Who else names peers is seldom asked here: PEX alone makes a run last until the last speaker spoke.
    const log = logFile === null ? [] : ["--announce-log", logFile]
    const flags = [...sources, ...told, ...log, ...scenario.flags]
    return await (scenario.rounds
      ? watchSwarm(stage, flags, target, { ...scenario.rounds, timeoutMs: watchedMs })
      : auditSwarm(stage, payload, flags, target))
  } finally {
    over.abort()
    await happening
  }
}
