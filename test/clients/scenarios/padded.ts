/**
 * Two trackers of one swarm, with members that each has to itself. First one of them pads its list with addresses where
 * nobody is: it is named, and only it. Then both are honest, half of the swarm is behind NAT and 15% have gone: nobody is.
 */
import type { Snapshot } from "../../../src/report.ts"
import { auditSwarm, trackersOnly, type Audited } from "../audit.ts"
import { accusations, peerOf, problems } from "../compare.ts"
import { startCrowd, strand, type CrowdPeer } from "../crowd.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { drop } from "../firewall.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, type Check } from "../table.ts"
import { libraryPort, libraryTiers, startLibraryTracker } from "../trackers/library.ts"
import { opentrackerPort, opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"
import { vacate } from "../vacate.ts"

/** How many are known to the first tracker only, to the second only, and to both. */
interface Parts {
  first: number
  second: number
  both: number
}

const honestParts: Parts = { first: 40, second: 40, both: 10 }
/** What honest lists may differ in is four times as much: little of the padded one may be true. */
const paddedParts: Parts = { first: 40, second: 0, both: 4 }
const paddingSize = 70
const staleShare = 0.15
/** The audit's family-wise level. */
const level = 0.001

const address = (network: number, index: number) => `10.77.${network}.${index + 1}`

function crowdOf(
  trackers: readonly CrowdPeer["trackers"][number][],
  parts: Parts,
  network: number,
  listens: (index: number) => boolean,
): CrowdPeer[] {
  const [first, second] = trackers
  if (!first || !second) throw new Error("two trackers are needed")
  const peer = (index: number, at: CrowdPeer["trackers"]): CrowdPeer => ({
    address: address(network, index),
    seeder: index % 3 === 0,
    listens: listens(index),
    trackers: at,
  })
  const many = (from: number, count: number, at: CrowdPeer["trackers"]) =>
    Array.from({ length: count }, (_, index) => peer(from + index, at))
  return [
    ...many(0, parts.first, [first]),
    ...many(parts.first, parts.second, [second]),
    ...many(parts.first + parts.second, parts.both, [first, second]),
  ]
}

const phantoms = (snapshot: Snapshot) => snapshot.findings.filter(({ audit }) => audit === "phantom-peers")

const said = (what: string, snapshot: Snapshot): string[] =>
  phantoms(snapshot).map(
    ({ verdict, subject, because }) => `    ${what}: phantom-peers ${verdict} ${subject}: ${because}`,
  )

/** Another audit may well notice the padding, too: it is in the answer to a canary. */
const accusedTrackers = (snapshot: Snapshot): string[] => [
  ...new Set(
    problems(snapshot)
      .map(({ subject }) => subject)
      .filter((subject) => subject.startsWith("tracker:")),
  ),
]

const accusedPeers = (snapshot: Snapshot): string[] =>
  accusations(snapshot)
    .filter(({ subject }) => subject.startsWith("peer:"))
    .map(({ audit, subject }) => `${audit} ${subject}`)

const flags = ["--pace", "lab", "--depth", "handshake", ...trackersOnly]

export const padded: Scenario = {
  name: "padded",
  title: "a tracker that pads its list is named with a p-value; NAT and the departed are no padding",
  audits: true,
  alone: false,
  async run(stage) {
    const { lab } = stage
    const rival = await lab.addHost("rival", { isolated: false })
    const trackers = [
      { host: stage.tracker.ipv4, port: opentrackerPort },
      { host: rival.ipv4, port: libraryPort },
    ]
    const nobody = Array.from({ length: paddingSize }, (_, index) => address(240, index))
    const silent = await lab.addHost("nobody", { isolated: true })
    await lab.run(silent, "sh", ["-ec", nobody.map((at) => `ip addr add ${at}/16 dev eth0`).join("\n")])
    await drop(lab, silent, "")
    const padding = nobody.map((at) => `${at}:6881`)
    const [liarUrl = ""] = libraryTiers(rival, "ipv4").flat()

    const lied = await swarmOf("padded", paddedParts, () => true, padding)
    const honest = await swarmOf("unpadded", honestParts, (index) => index % 2 === 0, [])
    const [finding, ...more] = phantoms(lied.snapshot)
    const checks: Check[] = [
      ...lied.checks,
      equal("padded: the one that pads is named", finding && [finding.verdict, finding.subject], [
        "warn",
        `tracker:${liarUrl}`,
      ]),
      check("padded: once", more.length === 0, `${more.length} more`),
      check(
        "padded: with a p-value",
        typeof finding?.pValue === "number" && finding.pValue < level,
        `${finding?.pValue}`,
      ),
      equal("padded: no other tracker is", accusedTrackers(lied.snapshot), [`tracker:${liarUrl}`]),
      equal("padded: no peer is", accusedPeers(lied.snapshot), []),
      ...honest.checks,
      equal("honest: no tracker is named", accusedTrackers(honest.snapshot), []),
      equal("honest: no peer is", accusedPeers(honest.snapshot), []),
      equal(
        "honest: judged, not passed over",
        phantoms(honest.snapshot).map(({ verdict }) => verdict),
        ["pass"],
      ),
    ]
    return { tables: [...said("padded", lied.snapshot), ...said("honest", honest.snapshot)], checks }

    async function swarmOf(
      name: string,
      parts: Parts,
      listens: (index: number) => boolean,
      extra: readonly string[],
    ): Promise<Audited> {
      const tiers = [[opentrackerTiers(stage.tracker)[0]?.[0] ?? ""], [liarUrl]]
      const payload = payloadFor(stage, name, tiers, 8 * MiB)
      const { infoHash } = payload
      const known = await startOpentracker(lab, stage.tracker, infoHash)
      await startLibraryTracker(lab, rival, { infoHash, factor: 1, family: "ipv4", padding: extra })
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
      const crowd = crowdOf(trackers, parts, extra.length > 0 ? 30 : 31, listens)
      const host = await startCrowd(lab, `crowd-${name}`, payload, crowd)
      // Every seventh, so that it hits those who listen and those who don't.
      if (extra.length === 0)
        await strand(
          lab,
          host,
          crowd.filter((_, index) => index % Math.round(1 / staleShare) === 0),
        )
      const audited = await auditSwarm(stage, payload, flags)
      const checks = [
        ...audited.checks,
        check(
          `${name}: the real ones were reached`,
          members.every((member) => peerOf(audited.snapshot, member)?.outcome === "ok"),
        ),
      ]
      // The next swarm has trackers of its own.
      await Promise.all([vacate(lab, stage.tracker), vacate(lab, rival)])
      return { ...audited, checks }
    }
  },
}
