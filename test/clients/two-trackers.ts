/** Swarms that two trackers know in part: who is known to which, who listens, who has gone. */
import type { Snapshot } from "../../src/report.ts"
import { auditSwarm, trackersOnly, type Audited } from "./audit.ts"
import { accusations, peerOf, problems } from "./compare.ts"
import { startCrowd, strand, type CrowdPeer } from "./crowd.ts"
import { dropNothing } from "./firewall.ts"
import { aria2 } from "./drivers/aria2.ts"
import { libtorrent } from "./drivers/libtorrent.ts"
import type { Host } from "./netns.ts"
import { strided } from "./payload.ts"
import { payloadFor, type Stage } from "./scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "./swarm.ts"
import { check, type Check } from "./table.ts"
import { libraryPort, libraryTiers, startLibraryTracker } from "./trackers/library.ts"
import { opentrackerPort, opentrackerTiers, startOpentracker } from "./trackers/opentracker.ts"
import { vacate } from "./vacate.ts"

/** How many are known to the first tracker only, to the second only, and to both. */
export interface Parts {
  first: number
  second: number
  both: number
}

export interface TwoTrackers {
  name: string
  /** One address for each of the parts. */
  crowd: Host
  addresses: readonly string[]
  parts: Parts
  listens: (index: number) => boolean
  /** Left without a word. */
  gone: (index: number) => boolean
  /** Addresses that the second tracker adds to its list. */
  padding: readonly string[]
}

/** 10.77.network.x */
export const addressesIn = (network: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.77.${network}.${index + 1}`)

const flags = ["--pace", "lab", "--depth", "handshake", ...trackersOnly]

export const secondUrl = (rival: Host): string => libraryTiers(rival, "ipv4").flat()[0] ?? ""

function crowdOf(stage: Stage, rival: Host, { parts, addresses, listens }: TwoTrackers): CrowdPeer[] {
  const first = { host: stage.tracker.ipv4, port: opentrackerPort }
  const second = { host: rival.ipv4, port: libraryPort }
  const trackersOf = (index: number) => {
    if (index < parts.first) return [first]
    return index < parts.first + parts.second ? [second] : [first, second]
  }
  return Array.from({ length: parts.first + parts.second + parts.both }, (_, index) => ({
    address: addresses[index] ?? "",
    seeder: index % 3 === 0,
    listens: listens(index),
    trackers: trackersOf(index),
  }))
}

/** Plays one and audits it: two real clients at the first tracker, and the crowd. */
export async function auditTwoTrackers(
  stage: Stage,
  rival: Host,
  plan: TwoTrackers,
): Promise<Audited & { checks: Check[] }> {
  const { lab } = stage
  const { name, padding } = plan
  const tiers = [[opentrackerTiers(stage.tracker)[0]?.[0] ?? ""], [secondUrl(rival)]]
  const payload = payloadFor(stage, name, tiers, 8 * MiB)
  const { infoHash } = payload
  const known = await startOpentracker(lab, stage.tracker, infoHash)
  await startLibraryTracker(lab, rival, { infoHash, factor: 1, family: "ipv4", padding })
  const plans: Plan[] = [
    { driver: libtorrent, holding: "all", uplinkBytesPerSecond: null },
    { driver: aria2, holding: strided(payload, 2, 1), uplinkBytesPerSecond: null },
  ]
  const members = await startMembers(
    lab,
    payload.with(`${name}-members`, { trackers: tiers.slice(0, 1) }),
    plans,
  )
  await untilRegistered(known, payload, plans)
  const crowd = crowdOf(stage, rival, plan)
  await startCrowd(lab, plan.crowd, payload, crowd)
  const gone = crowd.filter((_, index) => plan.gone(index))
  if (gone.length > 0) await strand(lab, plan.crowd, gone)
  const audited = await auditSwarm(stage, payload, flags)
  const checks = [
    ...audited.checks,
    check(
      `${name}: the real ones were reached`,
      members.every((member) => peerOf(audited.snapshot, member)?.outcome === "ok"),
    ),
  ]
  // The next swarm has trackers and clients of its own.
  await dropNothing(lab, plan.crowd)
  await Promise.all(
    [stage.tracker, rival, plan.crowd, ...members.map((member) => member.host)].map((one) =>
      vacate(lab, one),
    ),
  )
  return { ...audited, checks }
}

export const phantoms = (snapshot: Snapshot) =>
  snapshot.findings.filter(({ audit }) => audit === "phantom-peers")

export const said = (what: string, snapshot: Snapshot): string[] =>
  phantoms(snapshot).map(
    ({ verdict, subject, because }) => `    ${what}: phantom-peers ${verdict} ${subject}: ${because}`,
  )

/** Another audit may well notice padding, too: it is in the answer to a canary. */
export const accusedTrackers = (snapshot: Snapshot): string[] => [
  ...new Set(
    problems(snapshot)
      .filter(({ subject }) => subject.startsWith("tracker:"))
      .map(({ audit, subject }) => `${audit} ${subject}`),
  ),
]

export const accusedPeers = (snapshot: Snapshot): string[] =>
  accusations(snapshot)
    .filter(({ subject }) => subject.startsWith("peer:"))
    .map(({ audit, subject }) => `${audit} ${subject}`)
