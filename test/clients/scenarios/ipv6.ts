/** Tracker and peers over IPv6 only. Debian's opentracker speaks IPv4 only, so the tracker is bittorrent-tracker's server. */
import { limits } from "../../../src/limits.ts"
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkCounts, checkFrugal, checkNoAccusation, checkTrackers, compare } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check } from "../table.ts"
import { libraryTiers, startLibraryTracker } from "../trackers/library.ts"

export const ipv6: Scenario = {
  name: "ipv6",
  title: "tracker and peers over IPv6",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "ipv6", libraryTiers(stage.tracker, "ipv6"), 8 * MiB)
    const { infoHash } = payload
    const tracker = await startLibraryTracker(lab, stage.tracker, { infoHash, factor: 1, family: "ipv6" })
    const plans: Plan[] = [
      { driver: libtorrent, holding: "all", uplinkBytesPerSecond: null },
      { driver: qbittorrent, holding: "all", uplinkBytesPerSecond: null },
      { driver: transmission, holding: strided(payload, 2, 1), uplinkBytesPerSecond: null },
      { driver: aria2, holding: strided(payload, 4, 3), uplinkBytesPerSecond: null },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)

    const audited = await auditSwarm(stage, payload, ["--pace", "fast", ...trackersOnly])
    const { snapshot } = audited
    const truths = await Promise.all(members.map(({ client }) => client.truth()))
    const known = members.flatMap((member, index) => {
      const truth = truths[index]
      return truth ? [{ member, truth, uplinkBytesPerSecond: null }] : []
    })
    const compared = compare(snapshot, known)
    return {
      tables: [compared.table],
      checks: [
        ...compared.checks,
        ...checkCounts(snapshot, payload, members),
        ...checkTrackers(snapshot, payload, members),
        ...audited.checks,
        checkNoAccusation(snapshot),
        // Too fast to be timed, so each may cost its whole share of the default budget, and a few pieces that others need.
        checkFrugal(
          snapshot,
          (plans.length * limits.run.goodputShare + 1 / 16) * limits.run.maxDownloadBytes,
        ),
        check("IPv6 was used", snapshot.run.vantage.ipv6),
      ],
    }
  },
}
