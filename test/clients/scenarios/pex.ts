/** One peer is given, and there is no tracker and no DHT: it and those it names tell of everybody else. */
import { auditSwarm } from "../audit.ts"
import { checkNoAccusation, compare, peerOf } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { checkFoundBy, checkSpeakers, knownOf } from "../found.ts"
import { strided } from "../payload.ts"
import { until } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, table } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const connectedMs = 60_000

export const pex: Scenario = {
  name: "pex",
  title: "one peer is given, PEX names the others",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    // The members have a tracker to meet at, the auditor's torrent has none.
    const payload = payloadFor(stage, "pex", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    // All hold the same half: they stay connected, and nobody completes.
    const plan = { holding: strided(payload, 2, 1), uplinkBytesPerSecond: null, sharing: true }
    const plans: Plan[] = [
      { ...plan, driver: libtorrent },
      { ...plan, driver: transmission },
      { ...plan, driver: aria2 },
      { ...plan, driver: qbittorrent },
      { ...plan, driver: libtorrent },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const [given, ...others] = members
    if (!given) throw new Error("five members were planned")
    await until("the given peer to know all others", connectedMs, async () => {
      const { peers } = await given.client.truth()
      return others.every(({ address }) => peers.includes(address)) || null
    })

    const target = payload.with("pex-alone", {}).torrentFile
    const flags = ["--no-dht", "--peer", `${given.address}:${given.client.port}`]
    const audited = await auditSwarm(stage, payload, ["--pace", "fast", ...flags], target)
    const { snapshot } = audited
    const compared = compare(snapshot, await knownOf(members))
    const ours = new Set(members.map(({ address }) => address))
    const strangers = snapshot.peers.filter(
      ({ address, outcome }) => outcome !== "self" && !ours.has(address.replace(/:\d+$/, "")),
    )
    const rows = [["client", "PEX messages", "added", "dropped", "named by"]]
    for (const member of members) {
      const peer = peerOf(snapshot, member)
      const { messages, added, dropped } = peer?.pex ?? { messages: 0, added: 0, dropped: 0 }
      const by = new Set(peer?.sources.filter(({ kind }) => kind === "pex").map(({ via }) => via))
      rows.push([member.host.name, `${messages}`, `${added}`, `${dropped}`, `${by.size}`])
    }
    return {
      tables: [compared.table, table(rows)],
      checks: [
        ...compared.checks,
        ...audited.checks,
        ...checkFoundBy(snapshot, others, "pex"),
        check(
          "the given one was given",
          peerOf(snapshot, given)?.sources.some(({ kind }) => kind === "manual") === true,
        ),
        check("it spoke", (peerOf(snapshot, given)?.pex?.added ?? 0) >= others.length),
        checkSpeakers(snapshot, members, "pex"),
        equal("discovery", snapshot.run.discovery, { dht: "off", pex: "on", lsd: "off", webSeeds: "on" }),
        // Transmission names ports that others dialled from: an address of the lab, nobody listening.
        check("no strangers", strangers.length === 0, strangers.map(({ address }) => address).join(", ")),
        checkNoAccusation(snapshot),
      ],
    }
  },
}
