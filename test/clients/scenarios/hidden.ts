/** Who can't be dialled: one left without a word, one drops everything, one behind a NAT dials us. None of them lies. */
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkClient, checkNoAccusation, peerOf } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { drop } from "../firewall.ts"
import { strided } from "../payload.ts"
import { until } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

export const hidden: Scenario = {
  name: "hidden",
  title: "peers that left, are filtered or dial in: read right, nobody accused",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "hidden", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const plans: Plan[] = [
      { driver: libtorrent, holding: "all", uplinkBytesPerSecond: null },
      { driver: aria2, holding: "all", uplinkBytesPerSecond: null },
      { driver: qbittorrent, holding: "all", uplinkBytesPerSecond: null },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const [stays, gone, filtered] = members
    if (!stays || !gone || !filtered) throw new Error("three members were planned")
    process.kill(gone.client.child.pid, "SIGKILL")
    await gone.client.child.ended
    await drop(lab, filtered.host, "")

    const running = auditSwarm(stage, payload, ["--pace", "fast", "--port", "51999", ...trackersOnly])
    let over = false
    const ended = running.finally(() => (over = true))
    // Awaited below; until then its failure must not end this process.
    ended.catch(() => {})
    // Once it is in the tracker's list, a newcomer is told of it.
    await until("the auditor's announce", 30_000, async () =>
      over || (await tracker.scrape(payload.infoHash)).leechers > 0 ? true : null,
    )
    const [natted] = await startNatted()
    const audited = await ended
    const { snapshot } = audited
    if (!natted) throw new Error("the one behind the NAT did not start")
    const truth = await natted.client.truth()
    const dialledIn = peerOf(snapshot, natted)

    return {
      tables: [],
      checks: [
        ...audited.checks,
        equal("the one that stayed", peerOf(snapshot, stays)?.outcome, "ok"),
        equal("the one that left", peerOf(snapshot, gone)?.outcome, "connect-refused"),
        equal("the filtered one", peerOf(snapshot, filtered)?.outcome, "connect-timeout"),
        check("the one behind the NAT is in the record", dialledIn !== undefined),
        check("as incoming", dialledIn?.sources.some(({ kind }) => kind === "incoming") === true),
        ...(dialledIn
          ? [
              equal("with its pieces", dialledIn.haveCount, truth.haveCount),
              checkClient({ member: natted, truth, uplinkBytesPerSecond: null }, dialledIn),
            ]
          : []),
        equal("somebody reached us", snapshot.run.vantage.inbound, true),
        equal("seeders claimed", snapshot.swarm.seeders.claimed, 3),
        equal("seeders reached", snapshot.swarm.seeders.reached, 1),
        checkNoAccusation(snapshot),
      ],
    }

    function startNatted() {
      const plan: Plan = { driver: libtorrent, holding: strided(payload, 2, 1), uplinkBytesPerSecond: null }
      return startMembers(lab, payload, [plan], (host) => drop(lab, host, "tcp flags & (syn|ack) == syn"))
    }
  },
}
