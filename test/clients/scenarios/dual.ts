/**
 * Hosts that are known by an IPv4 and an IPv6 address. Who shows the same peer id at both is one peer; libtorrent's family
 * draws a new one for every connection, so there the two addresses stay two.
 */
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkNoAccusation, checkStrangers, peerOf } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Member, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"
import { libraryTiers, startLibraryTracker } from "../trackers/library.ts"

export const dual: Scenario = {
  name: "dual",
  title: "one peer at an IPv4 and an IPv6 address is one when its peer id proves it",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const tiers = libraryTiers(stage.tracker, "ipv4").slice(0, 1)
    const payload = payloadFor(stage, "dual", tiers, 8 * MiB)
    const { infoHash } = payload
    const tracker = await startLibraryTracker(lab, stage.tracker, { infoHash, factor: 1, family: "ipv4" })
    const plan = { uplinkBytesPerSecond: null }
    const plans: Plan[] = [
      { ...plan, driver: transmission, holding: "all" },
      { ...plan, driver: aria2, holding: strided(payload, 2, 1) },
      { ...plan, driver: libtorrent, holding: "all" },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)

    // The tracker gives their IPv4 addresses, we their other ones.
    const others = members.flatMap(({ host, client }) => ["--peer", `[${host.ipv6}]:${client.port}`])
    const flags = ["--pace", "fast", ...trackersOnly, ...others]
    const { snapshot, checks } = await auditSwarm(stage, payload, flags)

    const rows = [["client", "entries", "peer id"]]
    const entriesOf = ({ host, address, client }: Member) =>
      snapshot.peers.filter((peer) =>
        [peer.address, ...peer.alsoAt].some(
          (at) => at === `${address}:${client.port}` || at === `[${host.ipv6}]:${client.port}`,
        ),
      )
    const merged = members.flatMap((member): Check[] => {
      const { name, ipv6 } = member.host
      const entries = entriesOf(member)
      for (const { address, alsoAt, peerId } of entries)
        rows.push([name, [address, ...alsoAt].join(" = "), peerId ?? "–"])
      const both = [`${member.address}:${member.client.port}`, `[${ipv6}]:${member.client.port}`]
      if (member.plan.driver === libtorrent)
        return [
          equal(`${name}: two`, entries.length, 2),
          check(`${name}: with two ids`, new Set(entries.map(({ peerId }) => peerId)).size === 2),
        ]
      const [entry] = entries
      return [
        equal(`${name}: one`, entries.length, 1),
        equal(
          `${name}: at both`,
          [entry?.address ?? "", ...(entry?.alsoAt ?? [])].toSorted(),
          both.toSorted(),
        ),
        equal(`${name}: outcome`, peerOf(snapshot, member)?.outcome, "ok"),
      ]
    })
    return {
      tables: [table(rows)],
      checks: [...checks, ...merged, checkStrangers(snapshot, members), checkNoAccusation(snapshot)],
    }
  },
}
