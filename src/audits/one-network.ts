import type { Evidence } from "../evidence.ts"
import type { Audit, Finding, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { finding } from "../measure/finding.ts"
import { membershipOf, type Member } from "../measure/members.ts"
import { largestGroup, placeOf } from "../measure/networks.ts"
import { reachOf } from "../measure/reach.ts"
import { andWhy, counted } from "../measure/wording.ts"

const audit = "one-network"
/** With fewer hosts, `last-seeder` says what there is to say. */
const leastHosts = 3
const nearlyAll = 0.9

/**
 * About the swarm's safety, and nobody's fault: a seedbox provider's /24 is one power cut, one operator, one block list entry. While
 * those elsewhere hold every piece between them, the torrent would survive it.
 */
export const oneNetwork = {
  id: audit,
  title: "One network",
  question: "Would the swarm survive the outage of one network?",
  references: [],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds"],
  judge(evidence): Finding[] {
    const { run, webSeeds } = evidence
    const say = (verdict: Verdict, because: string, said: Partial<Finding> = {}): Finding[] => [
      { ...finding(audit, verdict, because), ...said },
    ]
    if (!contactsPeers(run.depth)) return say("skipped", `depth ${run.depth} contacts no peer`)
    const { reached } = membershipOf(evidence)
    const hosts = hostsOf(reached)
    if (hosts.length === 0) return say("skipped", "no peer was reached")
    if (hosts.some(({ kind }) => kind === "local"))
      return say("skipped", "peers at local addresses: where they are shows nothing")
    const hidden = hosts.filter(({ kind }) => kind === "unknown").length
    if (hidden > 0) return say("inconclusive", "redaction took the networks")
    const seeding = hostsOf(reached.filter(({ seeder }) => seeder))
    if (hosts.length < leastHosts)
      return say(
        "inconclusive",
        `only ${counted(hosts.length, "host")} reached: too few to speak of networks`,
      )

    const everybody = shareOf(hosts)
    const seeders = shareOf(seeding)
    const networks = new Set(hosts.flatMap(({ networks: each }) => each)).size
    const details = {
      measured: counted(networks, "network"),
      evidence: { networks, reached: everybody, seeding: seeders },
    }
    const crowded = [
      ...(everybody.hosts >= leastHosts && everybody.inLargest >= nearlyAll * everybody.hosts
        ? [
            {
              network: everybody.network,
              saying: `${everybody.inLargest} of ${counted(everybody.hosts, "reached host")} are in ${everybody.network}`,
            },
          ]
        : []),
      ...(seeders.hosts >= leastHosts && seeders.inLargest === seeders.hosts
        ? [
            {
              network: seeders.network,
              saying: `all ${seeders.hosts} seeding hosts are in ${seeders.network}`,
            },
          ]
        : []),
    ]
    const fatal = crowded.filter(({ network }) => !survives(evidence, network))
    if (fatal.length === 0) {
      const spread = `${counted(hosts.length, "reached host")} are in ${counted(networks, "network")}, ${everybody.inLargest} in the largest`
      const because = crowded.length > 0 ? `${spread}; those elsewhere hold every piece` : spread
      return say("pass", because, details)
    }
    const because = fatal.map(({ saying }) => saying).join("; ")
    const { suffices, doubts } = reachOf(evidence)
    if (!suffices || webSeeds.length > 0)
      return say(
        "inconclusive",
        andWhy(`${because}; but not enough of the swarm was reached`, doubts),
        details,
      )
    return say("warn", because, {
      ...details,
      advice: "One outage there takes the torrent down: add a seeder in another network.",
    })
  },
} satisfies Audit

/** Those who aren't in this network alone hold every piece between them. */
function survives({ torrent, peers }: Pick<Evidence, "torrent" | "peers">, network: string | null): boolean {
  const elsewhere = membershipOf({ torrent, peers }).reached.filter(({ peer }) =>
    [peer.address, ...peer.alsoAt].some((address) => placeOf(address).network !== network),
  )
  const { pieceCount } = torrent
  if (elsewhere.some(({ seeder }) => seeder)) return true
  return pieceCount > 0 && piecesOf(pieceCount).every((piece) => elsewhere.some(({ holds }) => holds(piece)))
}

const piecesOf = (pieceCount: number): number[] => Array.from({ length: pieceCount }, (_, piece) => piece)

interface Host {
  networks: string[]
  kind: "public" | "local" | "impossible" | "unknown"
}

/** A peer of two addresses is in both networks: it falls only with both. */
function hostsOf(members: readonly Member[]): Host[] {
  const hosts = new Map<string, Host>()
  for (const { peer } of members) {
    const places = [peer.address, ...peer.alsoAt].map(placeOf)
    const [first] = places
    if (!first) continue
    const networks = places.flatMap(({ network }) => network ?? [])
    const kind =
      places.find((place) => place.kind === "local" || place.kind === "unknown")?.kind ?? first.kind
    hosts.set(first.host, { networks, kind })
  }
  return [...hosts.values()]
}

/** A host with a second network is in none that may be alone. */
function shareOf(hosts: readonly Host[]): { hosts: number; inLargest: number; network: string | null } {
  const largest = largestGroup(hosts, ({ networks }) =>
    new Set(networks).size === 1 ? (networks[0] ?? null) : null,
  )
  return { hosts: hosts.length, inLargest: largest?.members.length ?? 0, network: largest?.name ?? null }
}
