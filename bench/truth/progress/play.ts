/** Plays one scenario of leechers at work, once, and writes down what came to them and what was said. */
import type { Snapshot } from "../../../src/report.ts"
import { auditSwarm, trackersOnly } from "../../../test/clients/audit.ts"
import type { RunningClient } from "../../../test/clients/client.ts"
import type { Host, Lab } from "../../../test/clients/netns.ts"
import { createPayload } from "../../../test/clients/payload.ts"
import { pause } from "../../../test/clients/processes.ts"
import type { Stage } from "../../../test/clients/scenario.ts"
import { startMembers, untilRegistered, type Plan } from "../../../test/clients/swarm.ts"
import { opentrackerTiers, startOpentracker } from "../../../test/clients/trackers/opentracker.ts"
import { driverOf } from "../members.ts"
import { KiB, MiB, type DriverName } from "../scenario.ts"
import type { ProgressPlan } from "./plan.ts"
import { countReceived, type Received } from "./received.ts"
import { watchWith, type Watched } from "./watch.ts"

/** Enough for every leecher at once. */
const uploadSlots = 100
const watchMs = 30_000
/** It downloads, too, and mustn't take what the leechers' lines could. */
const watcherLine = { down: 1 * MiB, up: 64 * KiB }

export interface ProgressRecording {
  readonly scenario: string
  readonly leechers: readonly {
    readonly name: string
    readonly kind: DriverName
    readonly endpoints: readonly string[]
    readonly downlinkBytesPerSecond: number
    readonly received: Received
  }[]
  readonly snapshot: Snapshot
  /** null: libtorrent didn't look. */
  readonly watched: Watched | null
}

export async function playProgress(
  plan: ProgressPlan,
  lab: Lab,
  { cli, compare, say }: { cli: string; compare: boolean; say: (line: string) => void },
): Promise<ProgressRecording> {
  const stage: Stage = {
    lab,
    tracker: await lab.addHost("tracker", { isolated: false }),
    auditor: await lab.addHost("auditor", { isolated: false }),
    cli,
  }
  const watcher = await lab.addHost("watcher", { isolated: false })
  await lab.shapeDownlink(watcher, watcherLine.down)
  await lab.shape(watcher, watcherLine.up)
  const payload = createPayload({
    directory: lab.directory,
    name: plan.name,
    ...plan.payload,
    trackers: opentrackerTiers(stage.tracker),
  })
  const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
  const seeders: Plan[] = plan.seeders.map((driver) => ({
    driver: driverOf(driver),
    holding: "all",
    uplinkBytesPerSecond: null,
    uploadSlots,
    sharing: true,
  }))
  await startMembers(lab, payload, seeders)
  await untilRegistered(tracker, payload, seeders)

  const hosts: Host[] = []
  for (const { driver, downlinkBytesPerSecond } of plan.leechers) {
    const host = await lab.addHost(`${driver}-${lab.hosts.length}`, { isolated: !plan.sharing })
    await lab.shapeDownlink(host, downlinkBytesPerSecond)
    hosts.push(host)
  }
  const clients = await Promise.all(
    plan.leechers.map(({ driver }, index): Promise<RunningClient> => {
      const host = hosts[index]
      if (!host) throw new Error(`there is no host for leecher ${index}`)
      return driverOf(driver).start({ lab, host, payload, holding: [], uploadSlots, paused: true })
    }),
  )
  await Promise.all(clients.map((client) => client.resume()))
  say(`${clients.length} leechers began`)
  await pause(plan.headStartMs)

  const over = new AbortController()
  const counting = countReceived(hosts, over.signal)
  // Awaited below; until then its failure must not end this process.
  counting.catch(() => {})
  try {
    const [{ snapshot }, watched] = await Promise.all([
      auditSwarm(stage, payload, [...trackersOnly, ...plan.flags]),
      compare ? watchWith(lab, watcher, payload, watchMs) : null,
    ])
    say(`the audit took ${(snapshot.run.durationMs / 1_000).toFixed(1)} s`)
    over.abort()
    const received = await counting
    return {
      scenario: plan.name,
      leechers: plan.leechers.map(({ driver, downlinkBytesPerSecond }, index) => ({
        name: hosts[index]?.name ?? "",
        kind: driver,
        endpoints: endpointsOf(hosts[index], clients[index]),
        downlinkBytesPerSecond,
        received: received[index] ?? [],
      })),
      snapshot,
      watched,
    }
  } finally {
    over.abort()
  }
}

const endpointsOf = (host: Host | undefined, client: RunningClient | undefined): string[] =>
  host && client ? [`${host.ipv4}:${client.port}`, `[${host.ipv6}]:${client.port}`] : []
