/** The main job: ten clients of five kinds at six speeds, and an honest tracker. Everything must be right, nobody accused. */
import { auditSwarm } from "../audit.ts"
import {
  checkCounts,
  checkFrugal,
  checkNoAccusation,
  checkNoProblem,
  checkStrangers,
  checkTrackers,
  compare,
} from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent, libtorrentPartialSeed } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { rtorrent } from "../drivers/rtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { range, strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { KiB, measureUplinks, MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

export const honest: Scenario = {
  name: "honest",
  title: "real clients behind an honest tracker: found, read, sampled and timed right",
  audits: true,
  beside: 1,
  async run(stage) {
    const { lab, auditor } = stage
    const payload = payloadFor(stage, "honest", opentrackerTiers(stage.tracker))
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const pieces = payload.pieceCount
    const plans: Plan[] = [
      { driver: transmission, holding: "all", uplinkBytesPerSecond: 1 * MiB },
      { driver: transmission, holding: strided(payload, 3, 2), uplinkBytesPerSecond: 256 * KiB },
      { driver: aria2, holding: "all", uplinkBytesPerSecond: 512 * KiB },
      { driver: aria2, holding: range(0, pieces >> 1), uplinkBytesPerSecond: 128 * KiB },
      { driver: qbittorrent, holding: "all", uplinkBytesPerSecond: 4 * MiB },
      { driver: qbittorrent, holding: strided(payload, 2, 1), uplinkBytesPerSecond: 256 * KiB },
      { driver: libtorrent, holding: "all", uplinkBytesPerSecond: 2 * MiB },
      { driver: libtorrentPartialSeed, holding: range(pieces >> 2, pieces), uplinkBytesPerSecond: 512 * KiB },
      { driver: rtorrent, holding: "all", uplinkBytesPerSecond: 128 * KiB },
      { driver: rtorrent, holding: strided(payload, 5, 1), uplinkBytesPerSecond: 1 * MiB },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const uplinks = await measureUplinks(
      lab,
      auditor,
      members.map(({ host }) => host),
      2_500,
    )
    const before = await Promise.all(members.map(({ client }) => client.truth()))

    // PEX has scenarios of its own: here it would only make the run wait for the last speaker.
    const audited = await auditSwarm(stage, payload, ["--pace", "fast", "--no-pex"])
    const { snapshot, ended } = audited

    const after = await Promise.all(members.map(({ client }) => client.truth()))
    const known = members.map((member, index) => ({
      member,
      truth: after[index] ?? { pieces: [], haveCount: 0, version: "", listenPort: 0, peers: [] },
      uplinkBytesPerSecond: uplinks[index] ?? null,
    }))
    const compared = compare(snapshot, known)
    const { verdict, run, swarm } = snapshot
    const summary = `    ${verdict.status}, downloadable ${verdict.downloadable}, ${run.stopReason} after ${(ended.ms / 1000).toFixed(1)} s, ${(run.usage.payloadBytes / MiB).toFixed(1)} MiB taken, ${swarm.sampledPieces.verified.length} pieces verified`
    return {
      tables: [compared.table, summary],
      checks: [
        ...compared.checks,
        ...checkCounts(snapshot, payload, members),
        ...checkTrackers(snapshot, payload, members),
        ...audited.checks,
        checkStrangers(snapshot, members),
        checkNoAccusation(snapshot),
        checkNoProblem(snapshot),
        checkFrugal(snapshot, 128 * MiB),
        equal("the verdict", [verdict.status, verdict.downloadable], ["ok", "yes"]),
        equal("it ended by itself", [run.complete, run.stopReason], [true, "complete"]),
        check(
          "nobody's pieces changed meanwhile",
          before.every((truth, index) => truth.haveCount === after[index]?.haveCount),
        ),
      ],
    }
  },
}
