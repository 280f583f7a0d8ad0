/** Clients that behave on the wire and tell their tracker other figures, among honest ones: the log names the false, and only them. */
import { auditSwarm } from "../audit.ts"
import type { Driver } from "../client.ts"
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

const sizeBytes = 12 * MiB
const intervalMs = 4_000
const untilRestartMs = 9_000

interface Cheat {
  driver: Driver
  leeches: boolean
  lie: Lie
  audit: string
}

const reannouncing = [libtorrent, transmission, aria2]

export const misreports: Scenario = {
  name: "misreports",
  title:
    "false uploads, downloads and left, honest on the wire: each named by its tracker's log, nobody else",
  audits: true,
  alone: true,
  async run(stage) {
    const { lab } = stage
    const options = { private: true, pieceBytes: 32 * KiB }
    const payload = payloadFor(stage, "misreports", loggingTiers(stage.tracker), sizeBytes, options)
    const { infoHash } = payload
    const tracker = await startLoggingTracker(lab, stage.tracker, { infoHash, intervalMs })
    const some: Holding = strided(payload, 5, 1)
    const plan = { uplinkBytesPerSecond: 96 * KiB, sharing: true }
    const honestPlans: Plan[] = [
      { ...plan, driver: qbittorrent, holding: "all" },
      { ...plan, driver: deluge, holding: "all" },
      { ...plan, driver: rtorrent, holding: some },
      { ...plan, driver: aria2, holding: some },
      { ...plan, driver: transmission, holding: some },
      { ...plan, driver: libtorrentPartialSeed, holding: range(0, 200) },
    ]
    const cheats: Cheat[] = reannouncing.flatMap((driver): Cheat[] => [
      {
        driver,
        leeches: false,
        lie: { uploadedFactor: 10, uploadedBytesPerSecond: 100 * MiB },
        audit: "misreported-uploaded",
      },
      { driver, leeches: true, lie: { downloaded: 0 }, audit: "misreported-downloaded" },
      driver === libtorrent
        ? { driver, leeches: false, lie: { left: sizeBytes }, audit: "misreported-left" }
        : { driver, leeches: true, lie: { left: 0 }, audit: "misreported-left" },
    ])
    const honest = startMembers(lab, payload, honestPlans)
    const members = await honest
    const liars = await Promise.all(
      cheats.map(async ({ driver, leeches, lie, audit }, i) => {
        const own = payload.with(`misreports-${i}`, { trackers: proxyTiers })
        const holding = leeches ? some : "all"
        const started = await startMembers(lab, own, [{ ...plan, driver, holding }], (host) =>
          startRewriting(lab, host, stage.tracker, lie),
        )
        return started.map((member) => ({ member, audit }))
      }),
    )
    const planted = liars.flat()

    const auditing = auditSwarm(stage, payload, [
      "--pace",
      "fast",
      "--timeout",
      "35s",
      "--announce-log",
      tracker.logFile,
    ])
    await pause(untilRestartMs)
    const toRestart = members.find(({ plan: { driver } }) => driver === transmission)
    const restarted = toRestart ? await restartMember(lab, payload, toRestart) : null
    const { snapshot, checks } = await auditing

    const addressOf = ({ address, client }: Member) => `peer:${address}:${client.port}`
    const found = accusations(snapshot)
    const rows = [["client", "lie", "named"]]
    for (const { member, audit } of planted) {
      const named = found.filter(({ subject }) => subject === addressOf(member))
      rows.push([member.host.name, audit, named.map((each) => each.audit).join(", ")])
    }
    const expected = planted.map(({ member, audit }) => `${audit} ${addressOf(member)}`)
    const got = found.map(({ audit, subject }) => `${audit} ${subject}`)
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
        equal("the false ones, each by its audit, and nobody else", got.sort(), expected.sort()),
        equal("every line of the log was read", log?.unreadable, 0),
      ],
    }
  },
}
