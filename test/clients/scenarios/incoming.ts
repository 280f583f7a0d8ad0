/**
 * Behind routers that pass nothing on: the DHT names them at addresses that refuse. They find us there as well, and dial in.
 * One was there before us, one comes while we listen.
 */
import { auditSwarm } from "../audit.ts"
import type { Discovery } from "../client.ts"
import { checkClient, checkNoAccusation, peerOf } from "../compare.ts"
import { startDht, untilAnnounced } from "../dht.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { kindsOf } from "../found.ts"
import { strided } from "../payload.ts"
import { until } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, type Member, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"

export const incoming: Scenario = {
  name: "incoming",
  title: "peers behind NAT hear of us in the DHT and dial in: read right, nobody accused",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab, auditor } = stage
    const payload = payloadFor(stage, "incoming", [], 8 * MiB)
    const dht = await startDht(lab)
    const discovery: Discovery = { dht: dht.nodes, pex: false, lsd: false }
    const plan = { uplinkBytesPerSecond: null, discovery }
    const hidden = { ...plan, unreachable: true, holding: strided(payload, 2, 1) }
    const before: Plan[] = [
      { ...plan, driver: libtorrent, holding: "all" },
      { ...hidden, driver: libtorrent, household: "early" },
    ]
    const [open, early] = await startMembers(lab, payload, before)
    if (!open || !early) throw new Error("two members were planned")
    await untilAnnounced(dht, payload.infoHash, [open, early])

    const flags = ["--pace", "fast", "--no-pex", "--dht-bootstrap", dht.entrance, "--port", "51999"]
    const running = auditSwarm(stage, payload, [...flags, "--timeout", "80s"])
    let over = false
    const ended = running.finally(() => (over = true))
    // Awaited below; until then its failure must not end this process.
    ended.catch(() => {})
    await until("the auditor's announce to the DHT", 40_000, async () =>
      over || (await dht.peers(payload.infoHash)).includes(`${auditor.ipv4}:51999`) ? true : null,
    )
    const late = await startMembers(lab, payload, [
      { ...hidden, driver: libtorrent, household: "late" },
      { ...hidden, driver: aria2, household: "later" },
    ])
    const audited = await ended
    const { snapshot } = audited

    const rows = [["client", "found by", "attempts", "outcome"]]
    const natted = [early, ...late]
    const checks = await Promise.all(natted.map((member) => checksOf(member)))
    return {
      tables: [table(rows)],
      checks: [
        ...audited.checks,
        equal("the one that can be dialled", peerOf(snapshot, open)?.outcome, "ok"),
        ...checks.flat(),
        equal("the early one is in the DHT, too", kindsOf(snapshot, early), ["dht", "incoming"]),
        equal("somebody reached us", snapshot.run.vantage.inbound, true),
        equal("nobody twice", snapshot.peers.filter(({ outcome }) => outcome !== "self").length, 4),
        checkNoAccusation(snapshot),
      ],
    }

    async function checksOf(member: Member): Promise<Check[]> {
      const { name } = member.host
      const peer = peerOf(snapshot, member)
      const attempts = peer?.attempts.map(
        ({ direction, ok, failure }) => `${direction} ${ok ? "ok" : failure?.code}`,
      )
      rows.push([
        name,
        kindsOf(snapshot, member).join(", "),
        (attempts ?? []).join(", "),
        peer?.outcome ?? "–",
      ])
      if (!peer) return [check(`${name}: in the record`, false)]
      const truth = await member.client.truth()
      return [
        check(`${name}: dialled in`, kindsOf(snapshot, member).includes("incoming")),
        equal(`${name}: with its pieces`, peer.haveCount, truth.haveCount),
        checkClient({ member, truth, uplinkBytesPerSecond: null }, peer),
      ]
    }
  },
}
