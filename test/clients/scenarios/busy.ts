/** A swarm at work: one seeder with one slot, leechers that download from it and from each other while we look. */
import { auditSwarm } from "../audit.ts"
import { checkClient, checkNoAccusation, checkProgressing, claimedBy, peerOf } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { range } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { KiB, startMembers, truthWith, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, table } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

export const busy: Scenario = {
  name: "busy",
  title: "leechers that download meanwhile and full upload slots: counted right, nobody accused",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "busy", opentrackerTiers(stage.tracker))
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const half = payload.pieceCount >> 1
    // Slow enough together that nobody completes before the audit ends.
    const plan = { uplinkBytesPerSecond: 96 * KiB, sharing: true }
    const plans: Plan[] = [
      { ...plan, driver: libtorrent, holding: "all", uploadSlots: 1 },
      { ...plan, driver: qbittorrent, holding: [] },
      { ...plan, driver: transmission, holding: range(0, half), uploadSlots: 1 },
      { ...plan, driver: aria2, holding: range(half >> 1, half) },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const before = await Promise.all(members.map(({ client }) => client.truth()))

    const audited = await auditSwarm(stage, payload, ["--pace", "fast", "--timeout", "75s"])
    const { snapshot } = audited
    const after = await Promise.all(
      members.map((member) => truthWith(member, claimedBy(snapshot, member, payload.pieceCount))),
    )

    const rows = [["client", "outcome", "before", "seen", "after", "right", "unchoke"]]
    const checks = members.flatMap((member, index) => {
      const peer = peerOf(snapshot, member)
      const [first, last] = [before[index], after[index]]
      if (!first || !last) return []
      rows.push([
        member.host.name,
        peer?.outcome ?? "not found",
        String(first.haveCount),
        String(peer?.haveCount ?? "–"),
        String(last.haveCount),
        `${peer?.samples.filter(({ verified }) => verified).length ?? 0}/${peer?.samples.length ?? 0}`,
        String(Math.round(peer?.timeline.unchokeMs ?? -1)),
      ])
      const wrong = peer?.samples.some(({ verified }) => verified === false)
      return [
        checkProgressing(snapshot, member, first.pieces, last.pieces),
        check(`${member.host.name}: no wrong bytes`, wrong === false),
        ...(peer ? [checkClient({ member, truth: last, uplinkBytesPerSecond: null }, peer)] : []),
      ]
    })
    return {
      tables: [table(rows)],
      checks: [
        ...checks,
        ...audited.checks,
        equal("seeders reached", snapshot.swarm.seeders.reached, 1),
        equal("leechers reached", snapshot.swarm.leechers.reached, 3),
        check(
          "they were connected to each other",
          after.every(({ peers }) => members.some(({ host }) => peers.includes(host.ipv4))),
          JSON.stringify(after.map(({ peers }) => peers)),
        ),
        check(
          "somebody did download",
          after.some(({ haveCount }, index) => haveCount > (before[index]?.haveCount ?? 0)),
        ),
        checkNoAccusation(snapshot),
      ],
    }
  },
}
