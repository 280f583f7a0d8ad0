/**
 * Clients on our own segment, and nothing else to find them by (BEP 14): over IPv4, then over IPv6.
 *
 * They hear of us in the same moment. The libtorrent family then dials us by uTP, for three seconds, and closes whatever comes
 * from our address meanwhile; after that it comes by TCP. Over IPv6 it does not say at which port it listens, so it may have
 * two entries: one of them must be right. Over both families at once it would drop one of two connections as a double.
 */
import type { Snapshot } from "../../../src/report.ts"
import { auditSwarm } from "../audit.ts"
import type { Discovery } from "../client.ts"
import { bitfieldOf, checkClient, checkNoAccusation, type Known } from "../compare.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { entriesAt, knownOf } from "../found.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, type Member, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"

export const lsd: Scenario = {
  name: "lsd",
  title: "with --lsd, clients of our own segment are found by it alone",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "lsd", [], 8 * MiB)
    const discovery: Discovery = { dht: [], pex: false, lsd: true }
    const plan = { uplinkBytesPerSecond: null, discovery }
    const plans: Plan[] = [
      { ...plan, driver: libtorrent, holding: "all" },
      { ...plan, driver: transmission, holding: strided(payload, 2, 1) },
      { ...plan, driver: qbittorrent, holding: strided(payload, 4, 3) },
    ]
    const members = await startMembers(lab, payload, plans)
    const rows = [["client", "entry", "found by", "outcome", "pieces", "right"]]
    // Transmission 3.00 has no LSD over IPv6.
    const overIpv6 = members.filter((member) => member.plan.driver !== transmission)
    const checks = [...(await over("IPv4", "-4", members)), ...(await over("IPv6", "-6", overIpv6))]
    return { tables: [table(rows)], checks }

    async function over(family: string, flag: string, expected: readonly Member[]): Promise<Check[]> {
      const flags = ["--pace", "fast", "--no-dht", "--no-pex", "--lsd", flag, "--timeout", "60s"]
      const { snapshot, checks: own } = await auditSwarm(stage, payload, flags)
      const found = (await knownOf(expected)).flatMap((known) => checksOf(snapshot, known))
      const ours = new Set(expected.flatMap((member) => entriesAt(snapshot, member)))
      const strangers = snapshot.peers.filter((peer) => peer.outcome !== "self" && !ours.has(peer))
      const all = [
        ...own,
        ...found,
        equal("discovery", snapshot.run.discovery, { dht: "off", pex: "off", lsd: "on", webSeeds: "on" }),
        check("no strangers", strangers.length === 0, strangers.map(({ address }) => address).join(", ")),
        checkNoAccusation(snapshot),
      ]
      return all.map((entry) => ({ ...entry, what: `${family}: ${entry.what}` }))
    }

    function checksOf(snapshot: Snapshot, { member, truth, uplinkBytesPerSecond }: Known): Check[] {
      const { name } = member.host
      const entries = entriesAt(snapshot, member)
      const kinds = new Set(entries.flatMap(({ sources }) => sources.map(({ kind }) => kind)))
      for (const { address, sources, outcome, haveCount, samples } of entries) {
        const by = new Set(sources.map(({ kind }) => kind))
        const right = samples.filter(({ verified }) => verified).length
        rows.push([
          name,
          address,
          [...by].join(", "),
          outcome,
          `${haveCount ?? "–"}`,
          `${right}/${samples.length}`,
        ])
      }
      const good = entries.find(({ outcome, bitfield }) => outcome === "ok" && bitfield !== null)
      return [
        check(`${name}: heard`, kinds.has("lsd") || kinds.has("incoming"), [...kinds].join(", ")),
        check(
          `${name}: not found otherwise`,
          [...kinds].every((kind) => kind === "lsd" || kind === "incoming"),
          [...kinds].join(", "),
        ),
        // The others announce themselves every five minutes: they may have come because they heard us.
        ...(member.plan.driver === libtorrent ? [check(`${name}: by its own word`, kinds.has("lsd"))] : []),
        equal(`${name}: pieces`, good?.bitfield, bitfieldOf(truth.pieces)),
        check(`${name}: right pieces`, good?.samples.some(({ verified }) => verified === true) === true),
        check(
          `${name}: no wrong ones`,
          entries.every(({ samples }) => samples.every(({ verified }) => verified !== false)),
        ),
        ...(good ? [checkClient({ member, truth, uplinkBytesPerSecond }, good)] : []),
      ]
    }
  },
}
