/** The tracker claims ten times what is there. */
import { auditSwarm, trackersOnly } from "../audit.ts"
import { accusations, checkCounts, checkTrackers, problems } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { isSeeder, MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, type Check } from "../table.ts"
import { libraryTiers, startLibraryTracker } from "../trackers/library.ts"

const factor = 10

export const inflated: Scenario = {
  name: "inflated",
  title: "a tracker that claims tenfold is named, with numbers, and no peer is",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "inflated", libraryTiers(stage.tracker, "ipv4"), 8 * MiB)
    const { infoHash } = payload
    const tracker = await startLibraryTracker(lab, stage.tracker, { infoHash, factor, family: "ipv4" })
    const plans: Plan[] = [
      { driver: libtorrent, holding: "all", uplinkBytesPerSecond: null },
      { driver: aria2, holding: "all", uplinkBytesPerSecond: null },
      { driver: qbittorrent, holding: "all", uplinkBytesPerSecond: null },
      { driver: libtorrent, holding: strided(payload, 2, 1), uplinkBytesPerSecond: null },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans, factor)

    const audited = await auditSwarm(stage, payload, ["--pace", "fast", ...trackersOnly])
    const { snapshot } = audited
    const seeders = plans.filter((plan) => isSeeder(plan, payload)).length
    const phantom = problems(snapshot).filter(({ audit }) => audit === "phantom-seeders")
    const reached: Check[] = checkCounts(snapshot, payload, members).filter(({ what }) =>
      what.includes("reached"),
    )
    return {
      tables: phantom.map(({ verdict, subject, because }) => `    ${verdict} ${subject}: ${because}`),
      checks: [
        ...audited.checks,
        ...reached,
        ...checkTrackers(snapshot, payload, members, factor),
        check("phantom-seeders says so", phantom.length > 0),
        check(
          "with the numbers",
          phantom.some(
            ({ because }) =>
              because.includes(`${seeders * factor} seeders`) && because.includes(`${plans.length} peers`),
          ),
        ),
        check(
          "no peer is accused",
          !accusations(snapshot).some(({ subject }) => subject.startsWith("peer:")),
        ),
      ],
    }
  },
}
