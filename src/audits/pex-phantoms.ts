import type { Evidence } from "../evidence.ts"
import type { Audit, Finding, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { finding } from "../measure/finding.ts"
import { fisherLess, type Tally } from "../measure/statistics/fisher.ts"
import { membershipOf, type Member } from "../measure/members.ts"
import { largestGroup, placeOf, type Place } from "../measure/networks.ts"
import { offline } from "../measure/offline.ts"
import { isOwn, sayer, speakersOf, tallyOf, type Named, type Speaker } from "../measure/speakers.ts"
import { counted } from "../measure/wording.ts"

const audit = "pex-phantoms"
/** BEP 11: a seeder, or a peer that only uploads. */
const seedFlag = 2
/** Accusations need so many distinct hosts, or ports of one host. */
const leastImpossible = 5
const leastFlood = 30
/** A swarm that is a single network shows nothing: somebody else must have named so many hosts, all of them elsewhere. */
const leastElsewhere = 10
/** Below this share of the pieces no seeder is meant. */
const littleRatio = 0.5
/** Fewer hosts of one's own are no yield. */
const leastTested = 10
const shown = 20

/**
 * What each speaker tells of others by PEX. Dead addresses convict nobody: an honest speaker whose neighbours all dialled it lists
 * the ports that they dialled from, of which none answers; and whom it reached behind a firewall of its own network, or by
 * holepunching, we can't. Nor does a flag: Transmission repeats what it was told. Yields and flags are therefore only reported.
 * BEP 11 lists whom the speaker is connected to, and so accusable is what no connections can look like:
 * - hosts in networks that no TCP connection reaches (0/8, multicast, broadcast): five of them. 240/4 is none: containers use it;
 * - a flood: 30 hosts of one IPv4 /24 or IPv6 /48, or 30 ports of one host, none alive, that no tracker, DHT node or other peer ever
 *   named, while others named plenty elsewhere. A NAT or a campus with so many peers is known to others too; if it is the
 *   speaker's own (IPv4 /16, IPv6 /32), or of a family in which we know no address of the speaker, it doesn't count.
 */
export const pexPhantoms = {
  id: audit,
  title: "PEX phantoms",
  question: "Do the peers that peers name exist?",
  references: ["BEP 11"],
  requires: ["run", "torrent", "trackers", "dht", "peers"],
  judge(evidence): Finding[] {
    const { run } = evidence
    const say = (verdict: Verdict, because: string, said: Partial<Finding> = {}): Finding[] => [
      { ...finding(audit, verdict, because), ...said },
    ]
    if (run.discovery === undefined || run.discovery.pex === "off")
      return say("skipped", "nobody was asked for PEX")
    if (run.discovery.pex === "private") return say("skipped", "a private torrent: PEX is not used")
    if (!contactsPeers(run.depth)) return say("skipped", `depth ${run.depth} contacts no peer`)
    const speakers = speakersOf(evidence, "pex")
    if (speakers.length === 0) return say("skipped", "no peer named another")
    if (offline(evidence)) return say("inconclusive", "nothing at all answered: that may be us")

    const members = new Map(membershipOf(evidence).reached.map((member) => [member.peer, member]))
    const known = knownFrom(speakers, evidence)
    const accused = speakers.flatMap((speaker) => {
      const told = impossible(speaker) ?? flood(speaker, known)
      return told === null ? [] : [accusation(speaker, told)]
    })
    if (accused.length > 0) return accused

    const ownOf = (speaker: Speaker) => speaker.named.filter((each) => isOwn("pex", speaker.via, each))
    const all = tallyOf(speakers.flatMap(ownOf))
    const rows = speakers.map((speaker) => rowOf(speaker, tallyOf(ownOf(speaker)), all, members))
    const details = {
      measured: counted(speakers.length, "speaker"),
      evidence: {
        speakers: rows.toSorted((a, b) => b.ownTested - a.ownTested).slice(0, shown),
      },
    }
    if (speakers.length === 1)
      return say("inconclusive", "only one peer spoke: there is nobody to compare it with", details)
    const doubtful = rows.filter(
      ({ ownTested, ownAlive, seedsContradicted }) =>
        (ownTested >= leastTested && ownAlive === 0) || seedsContradicted >= leastTested,
    )
    if (doubtful.length > 0)
      return say(
        "inconclusive",
        `${counted(doubtful.length, "peer")} of ${speakers.length} named nobody alive of its own, or seeders that hold little; peers that were dialled, and hearsay, look the same`,
        details,
      )
    return say(
      "pass",
      `${counted(speakers.length, "peer")} named others; ${all.alive} of ${counted(all.tested, "host")} that only one of them named live`,
      details,
    )
  },
} satisfies Audit<"run" | "torrent" | "trackers" | "dht" | "peers">

interface Told {
  because: string
  kind: "impossible" | "network" | "host"
  addresses: string[]
}

function accusation({ via, named }: Speaker, { because, kind, addresses }: Told): Finding {
  return {
    ...finding(audit, "warn", `${via} ${because}`, {
      subject: `peer:${via}` as const,
      claimed: `connected to ${counted(named.length, "address", "addresses")}`,
      measured: counted(addresses.length, "address", "addresses"),
      advice: "No client reports connections like these: block this peer, or check what runs there.",
      evidence: { kind, addresses: addresses.slice(0, shown), of: addresses.length, named: named.length },
    }),
  }
}

function impossible({ named }: Speaker): Told | null {
  const found = named.filter(({ place }) => place.kind === "impossible")
  const hosts = new Set(found.map(({ place }) => place.host))
  if (hosts.size < leastImpossible) return null
  return {
    kind: "impossible",
    because: `says it is connected to ${hosts.size} hosts in networks that no connection can reach`,
    addresses: found.map(({ address }) => address),
  }
}

/** What everybody says, looked up once for all speakers. */
interface Known {
  /** All addresses of the peer at this one. */
  homes: ReadonlyMap<string, Place[]>
  /** Hosts that anybody named, and of each speaker's those that nobody else did. */
  hosts: number
  hostsOfOne: ReadonlyMap<string, number>
  /** By network: who named anybody in it. */
  sayersIn: ReadonlyMap<string, ReadonlySet<string>>
}

function knownFrom(speakers: readonly Speaker[], { peers }: Pick<Evidence, "peers">): Known {
  const homes = new Map<string, Place[]>()
  const sayersIn = new Map<string, Set<string>>()
  for (const { address, alsoAt, sources } of peers) {
    const places = [address, ...alsoAt].map(placeOf)
    for (const home of [address, ...alsoAt]) if (!homes.has(home)) homes.set(home, places)
    const network = places[0]?.network ?? null
    if (network === null) continue
    let sayers = sayersIn.get(network)
    if (!sayers) sayersIn.set(network, (sayers = new Set()))
    for (const sighting of sources) sayers.add(sayer(sighting))
  }
  const namers = new Map<string, string | null>()
  for (const { via, named } of speakers)
    for (const { place } of named) {
      const before = namers.get(place.host)
      namers.set(place.host, before === undefined || before === via ? via : null)
    }
  const hostsOfOne = new Map<string, number>()
  for (const via of namers.values()) if (via !== null) hostsOfOne.set(via, (hostsOfOne.get(via) ?? 0) + 1)
  return { homes, hosts: namers.size, hostsOfOne, sayersIn }
}

function flood(speaker: Speaker, known: Known): Told | null {
  const homes = homesOf(speaker, known)
  if (homes.some(({ kind, region }) => kind !== "public" || region === null)) return null
  // What is its own network in a family in which we don't know it, nobody can say.
  const families = new Set(homes.map(({ family }) => family))
  const regions = new Set(homes.map(({ region }) => region))
  const own = speaker.named.filter(
    (each) =>
      isOwn("pex", speaker.via, each) &&
      each.place.kind === "public" &&
      families.has(each.place.family) &&
      !regions.has(each.place.region),
  )
  const oneHost = largestGroup(own, ({ place }) => place.host)
  const oneNetwork = largestGroup(own, ({ place }) => place.network)
  const ports = oneHost?.members.length ?? 0
  const hosts = new Set(oneNetwork?.members.map(({ place }) => place.host)).size
  const elsewhere = known.hosts - (known.hostsOfOne.get(speaker.via) ?? 0)
  if (Math.max(ports, hosts) < leastFlood || elsewhere < leastElsewhere) return null
  if (oneHost && isFlood(oneHost.members, ports))
    return {
      kind: "host",
      because: `names ${ports} ports of one host, none alive, that nobody else knows`,
      addresses: oneHost.members.map(({ address }) => address),
    }
  if (!oneNetwork || !isFlood(oneNetwork.members, hosts)) return null
  const { name: network, members } = oneNetwork
  const itself = sayer({ kind: "pex", via: speaker.via })
  const sayers = known.sayersIn.get(network) ?? new Set()
  if (sayers.size > (sayers.has(itself) ? 1 : 0)) return null
  return {
    kind: "network",
    because: `names ${hosts} hosts of ${network}, none alive, in which nobody else knows anybody`,
    addresses: members.map(({ address }) => address),
  }
}

/** All its addresses that we know. */
const homesOf = ({ via }: Speaker, { homes }: Known): Place[] => homes.get(via) ?? [placeOf(via)]

/** So many, and those that could be tried, as many, all dead. */
const isFlood = (members: readonly Named[], size: number): boolean =>
  size >= leastFlood &&
  members.every(({ alive }) => alive !== true) &&
  members.filter(({ alive }) => alive === false).length >= leastFlood

/** What is one speaker's own is no other's, so the others' yield is what remains of all. */
function rowOf({ via, named }: Speaker, own: Tally, all: Tally, members: ReadonlyMap<Named["peer"], Member>) {
  const others = { tested: all.tested - own.tested, alive: all.alive - own.alive }
  const flagged = named.flatMap(({ flags, peer }) => {
    const member = members.get(peer)
    return (flags & seedFlag) !== 0 && member ? [member] : []
  })
  return {
    peer: via,
    named: named.length,
    ownTested: own.tested,
    ownAlive: own.alive,
    otherTested: others.tested,
    otherAlive: others.alive,
    fisher: fisherLess(own, others),
    seedsReached: flagged.length,
    seedsContradicted: flagged.filter(isNoSeeder).length,
  }
}

/** Holds little, and doesn't say or look as if it only uploaded. */
const isNoSeeder = ({ reticent, peer }: Member): boolean =>
  !reticent && peer.claimSent === true && (peer.haveRatio ?? 1) < littleRatio
