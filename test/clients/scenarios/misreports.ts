/** Clients that behave on the wire and tell their tracker other figures, among honest ones: the log names the false, and only them. */
import type { AnnounceReport } from "../../../src/evidence.ts"
import { auditSwarm } from "../audit.ts"
import type { Contact, Driver } from "../client.ts"
import { accusations } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { deluge } from "../drivers/deluge.ts"
import { libtorrent, libtorrentPartialSeed } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { rtorrent } from "../drivers/rtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { range, strided, type Holding } from "../payload.ts"
import { pause } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { KiB, MiB, restartMember, startMembers, type Member, type Plan } from "../swarm.ts"
import { check, equal, table } from "../table.ts"
import {
  loggingTiers,
  proxyTiers,
  startLoggingTracker,
  startRewriting,
  type Lie,
} from "../trackers/logging.ts"

const sizeBytes = 16 * MiB
/** Two announces have to follow what was seen before it counts. */
const intervalMs = 2_000
/** HAVEs count from six seconds after an announce on: when the visit begins, everybody's first is older, and everybody downloads. */
const settledMs = 4_000
const untilRestartMs = 6_000
const timeout = "24s"

interface Cheat {
  driver: Driver
  leeches: boolean
  lie: Lie
  audit: string
}

/**
 * Each can be shown by what the audits compare, with room to spare:
 *
 * - All of them announce as often as they are asked to: in such a run qBittorrent, Deluge and rTorrent announce but once.
 * - Uploads: 100 MiB a second for 20 s, where fourteen others can take 16 MiB each. The swarm is private, with one tracker, whose log has
 *   everybody: nobody else can have taken it.
 * - Downloads, and a leecher's `left` of 0: more than 16 pieces have to be told of by HAVE between announces and within one visit. A
 *   piece is one block, so that a second brings several; Transmission holds HAVEs back for ten seconds of a visit of twenty, so that
 *   its downloads may be shown, and need not.
 *   aria2 tells of twenty at once by another bitfield, and nothing that it told before counts then: its leechers are no liars here.
 * - A seeder's `left` of all: two announces around the visit are enough.
 * - libtorrent now and then says `started` again after half a minute, its counters going on. Who does so within two minutes may count for
 *   two trackers, each on its own, and isn't judged by what it downloaded or uploaded: so there is one more than needed of each kind.
 */
const cheats: readonly Cheat[] = [
  ...[libtorrent, transmission, aria2].map((driver) => ({
    driver,
    leeches: false,
    lie: { uploadedFactor: 10, uploadedBytesPerSecond: 100 * MiB },
    audit: "misreported-uploaded",
  })),
  ...[libtorrent, libtorrent, transmission].map((driver) => ({
    driver,
    leeches: true,
    lie: { downloaded: 0 },
    audit: "misreported-downloaded",
  })),
  ...[libtorrent, transmission].map((driver) => ({
    driver,
    leeches: true,
    lie: { left: 0 },
    audit: "misreported-left",
  })),
  { driver: aria2, leeches: false, lie: { left: sizeBytes }, audit: "misreported-left" },
]

export const misreports: Scenario = {
  name: "misreports",
  title:
    "false uploads, downloads and left, honest on the wire: each named by its tracker's log, nobody else",
  audits: true,
  beside: 1,
  async run(stage) {
    const { lab } = stage
    const options = { private: true, pieceBytes: 16 * KiB }
    const payload = payloadFor(stage, "misreports", loggingTiers(stage.tracker), sizeBytes, options)
    const { infoHash } = payload
    const tracker = await startLoggingTracker(lab, stage.tracker, { infoHash, intervalMs })
    const some: Holding = strided(payload, 5, 1)
    const plan = { uplinkBytesPerSecond: 128 * KiB, sharing: true }
    const honestPlans: Plan[] = [
      { ...plan, driver: qbittorrent, holding: "all" },
      { ...plan, driver: deluge, holding: "all" },
      { ...plan, driver: rtorrent, holding: some },
      { ...plan, driver: aria2, holding: some },
      { ...plan, driver: transmission, holding: some },
      { ...plan, driver: libtorrentPartialSeed, holding: range(0, 400) },
    ]
    const startCheat = async ({ driver, leeches, lie, audit }: Cheat, i: number) => {
      const own = payload.with(`misreports-${i}`, { trackers: proxyTiers })
      // Its uTP gives way to all the TCP on the same lines, and gets next to nothing.
      const contact: Contact = driver === transmission ? { transport: "tcp" } : {}
      const plans: Plan[] = [{ ...plan, driver, contact, holding: leeches ? some : "all" }]
      const [member] = await startMembers(lab, own, plans, (host) =>
        startRewriting(lab, host, stage.tracker, lie),
      )
      return member ? [{ member, audit }] : []
    }
    const [members, liars] = await Promise.all([
      startMembers(lab, payload, honestPlans),
      Promise.all(cheats.map(startCheat)),
    ])
    const planted = liars.flat()
    await pause(settledMs)

    const auditing = auditSwarm(stage, payload, [
      "--pace",
      "fast",
      "--timeout",
      timeout,
      "--announce-log",
      tracker.logFile,
    ])
    await pause(untilRestartMs)
    const toRestart = members.find(({ plan: { driver } }) => driver === transmission)
    const restarted = toRestart ? await restartMember(lab, payload, toRestart) : null
    const { snapshot, checks } = await auditing

    const addressOf = ({ address, client }: Member) => `peer:${address}:${client.port}`
    const found = accusations(snapshot)
    const told = snapshot.announceLog?.reports ?? []
    const rows = [["client", "lie", "announces", "pieces seen", "named"]]
    for (const { member, audit } of [...planted, ...members.map((member) => ({ member, audit: "–" }))]) {
      const at = `${member.address}:${member.client.port}`
      const readings = snapshot.peers.find(({ address }) => address === at)?.readings ?? []
      rows.push([
        member.host.name,
        audit,
        String(told.filter(({ address }) => address === at).length),
        readings.map(({ fromCount, toCount }) => `${fromCount}–${toCount}`).join(", "),
        found
          .filter(({ subject }) => subject === addressOf(member))
          .map((each) => each.audit)
          .join(", "),
      ])
    }
    const plantings = planted.map(({ member, audit }) => ({
      audit,
      finding: `${audit} ${addressOf(member)}`,
      isTestable:
        startsOf(told, member) === 1 &&
        !(member.plan.driver === transmission && audit === "misreported-downloaded"),
    }))
    const got = new Set(found.map(({ audit, subject }) => `${audit} ${subject}`))
    const untold = plantings.filter(({ finding, isTestable }) => isTestable && !got.has(finding))
    const named = Map.groupBy(
      plantings.filter(({ finding }) => got.has(finding)),
      ({ audit }) => audit,
    )
    const log = snapshot.announceLog
    return {
      tables: [
        table(rows),
        `    ${log?.reports.length} announces of ${log?.lines} lines`,
        ...snapshot.findings
          .filter(({ audit }) => audit.startsWith("misreported"))
          .map(({ verdict, because }) => `    ${verdict} ${because}`),
      ],
      checks: [
        ...checks,
        check("one was restarted mid-way", restarted !== null),
        equal(
          "the false ones are named, each by its audit",
          untold.map(({ finding }) => finding),
          [],
        ),
        equal(
          "and nobody else",
          [...got].filter((each) => !plantings.some(({ finding }) => finding === each)),
          [],
        ),
        ...["misreported-uploaded", "misreported-downloaded", "misreported-left"].map((audit) =>
          check(`two of ${audit} at least`, (named.get(audit)?.length ?? 0) >= 2),
        ),
        equal("every line of the log was read", log?.unreadable, 0),
      ],
    }
  },
}

const startsOf = (told: readonly AnnounceReport[], { address, client }: Member): number =>
  told.filter((row) => row.address === `${address}:${client.port}` && row.event === "started").length
