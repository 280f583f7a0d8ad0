/** More peers than opentracker names at once: its count is honest and its list is not whole, so there is nothing to accuse. */
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkNoAccusation, peerOf } from "../compare.ts"
import { addCrowdHost, startCrowd, type CrowdPeer } from "../crowd.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal } from "../table.ts"
import { opentrackerPort, opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const crowdSize = 320
const crowdSeeders = 240

export const crowded: Scenario = {
  name: "crowded",
  title: "honest counts above opentracker's 200 peers a reply: nobody is accused",
  audits: true,
  // Linux remembers no more than 1,024 neighbours, of all namespaces together.
  beside: 1,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "crowded", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const plans: Plan[] = [
      { driver: libtorrent, holding: "all", uplinkBytesPerSecond: null },
      { driver: transmission, holding: strided(payload, 2, 1), uplinkBytesPerSecond: null },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)

    const crowd = Array.from({ length: crowdSize }, (_, index): CrowdPeer => ({
      address: `10.77.${4 + (index >> 7)}.${1 + (index & 127)}`,
      seeder: index < crowdSeeders,
      listens: index % 4 === 0,
      trackers: [{ host: stage.tracker.ipv4, port: opentrackerPort }],
    }))
    const host = await addCrowdHost(
      lab,
      "crowd",
      crowd.map(({ address }) => address),
    )
    await startCrowd(lab, host, payload, crowd)
    const counted = await tracker.scrape(payload.infoHash)

    const audited = await auditSwarm(stage, payload, [
      ...trackersOnly,
      "--pace",
      "fast",
      "--timeout",
      "60s",
      "--max-peers",
      "400",
    ])
    const { snapshot } = audited
    const { seeders, leechers } = snapshot.swarm
    const lists = snapshot.trackers.map(({ announces }) => announces[0]?.peerCount ?? 0)
    return {
      tables: [
        `    tracker ${counted.seeders}/${counted.leechers}, claimed ${seeders.claimed}/${leechers.claimed}, reached ${seeders.reached}/${leechers.reached}, lists of ${lists.join(" and ")}`,
        ...snapshot.findings
          .filter(({ audit }) => audit === "phantom-seeders")
          .map(({ verdict, because }) => `    phantom-seeders ${verdict}: ${because}`),
      ],
      checks: [
        ...audited.checks,
        equal("the tracker counts honestly", counted, {
          seeders: crowdSeeders + 1,
          leechers: crowdSize - crowdSeeders + 1,
        }),
        equal("seeders claimed", seeders.claimed, crowdSeeders + 1),
        equal("leechers claimed", leechers.claimed, crowdSize - crowdSeeders + 1),
        check(
          "the list was cut",
          lists.every((count) => count <= 200),
          lists.join(", "),
        ),
        check(
          "whoever of the real clients was named is right",
          members.every((member) => ["ok", undefined].includes(peerOf(snapshot, member)?.outcome)),
        ),
        checkNoAccusation(snapshot),
      ],
    }
  },
}
