import type { Audit, Finding, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { dhtUnasked } from "../measure/dht/use.ts"
import { finding } from "../measure/finding.ts"
import { fisherLess, type Tally } from "../measure/statistics/fisher.ts"
import { holm, ofRun } from "../measure/statistics/holm.ts"
import { placeOf, type Place } from "../measure/networks.ts"
import { offline } from "../measure/offline.ts"
import { counted, percent } from "../measure/wording.ts"
import { isOwn, livesOf, sayer, speakersOf, tallyOf, type Named, type Speaker } from "../measure/speakers.ts"

const audit = "dht-phantoms"
/** Effect floors: hosts that were dialled, on either side, and how many of the others' must live for none to be odd. */
const leastTested = 20
const leastAliveElsewhere = 0.25
/** Some nodes keep announces longer than others, and so name more of the departed: that much less may live. */
const honestRatio = 0.25
const shown = 20

/**
 * A node of whose values none lives, against the values of the other nodes of the same lookup: all those near a key get the same
 * announces, so their values are about equally fresh and equally often behind NAT. None of its hosts may be named by anybody else
 * either, other such nodes apart. Kept out as honest: rTorrent, which writes ports byte-swapped, and WebTorrent, which forgets no
 * announce. A node of unknown software that keeps announces for days would still be named: the finding says stale or made up, and
 * its subject is the DHT.
 */
export const dhtPhantoms = {
  id: audit,
  title: "DHT phantoms",
  question: "Do the peers that DHT nodes name exist?",
  references: ["BEP 5"],
  requires: ["run", "trackers", "dht", "peers"],
  judge(evidence): Finding[] {
    const { run, dht, peers } = evidence
    const say = (verdict: Verdict, because: string, said: Partial<Finding> = {}): Finding[] => [
      { ...finding(audit, verdict, because, { subject: "dht" }), ...said },
    ]
    const unasked = dhtUnasked(evidence)
    if (dht === null || unasked !== null) return say("skipped", unasked ?? "no DHT was asked")
    if (!contactsPeers(run.depth)) return say("skipped", `depth ${run.depth} contacts no peer`)
    const speakers = speakersOf(evidence, "dht")
    if (speakers.length === 0) return say("skipped", "no DHT node named anybody")
    if (offline(evidence)) return say("inconclusive", "nothing at all answered: that may be us")

    const swapped = swappedPorts(
      speakers,
      peers.map(({ address }) => address),
    )
    const versions = new Map(dht.nodes.map(({ address, version }) => [address, version ?? ""]))
    const nodes = speakers.map(({ via, named }) => {
      const fit = named.filter(({ address }) => !swapped.has(address))
      const excuse = excuses.find(({ version }) => versions.get(via)?.startsWith(version))?.client ?? null
      return { via, named: fit, excuse, tally: tallyOf(fit) }
    })
    const all = tallyOf(nodes.flatMap(({ named }) => named))
    const weighed = nodes.filter(({ tally }) => tally.tested >= leastTested)
    const dubious = weighed.filter(({ tally, excuse }) => tally.alive === 0 && excuse === null)
    const dubiousSayers = new Set(dubious.map(({ via }) => sayer({ kind: "dht", via })))
    const areDubious = perSet((sayers) => sayers.values().every((each) => dubiousSayers.has(each)))
    const hosts = hostsByFamily(dubious.length > 0 ? nodes : [])
    const suspects = dubious.flatMap((node) => {
      if (!node.named.every(({ sayers }) => areDubious(sayers))) return []
      const others = othersOf(node, hosts)
      const odd = others.tested >= leastTested && others.alive >= leastAliveElsewhere * others.tested
      if (!odd) return []
      const due = honestRatio * (others.alive / others.tested)
      const pValue = Math.max(fisherLess(node.tally, others), (1 - due) ** node.tally.tested)
      return [{ node, others, pValue }]
    })
    // Every node with enough values might have been the suspect.
    const cleared = Array<number>(weighed.length - suspects.length).fill(1)
    const rejected = holm([...suspects.map(({ pValue }) => pValue), ...cleared], ofRun)
    const found = suspects.filter((_, i) => rejected[i])
    const details = {
      measured: all.tested === 0 ? null : `${all.alive} of ${counted(all.tested, "host")} live`,
      evidence: {
        // All its tests are one of the run's: pValue is corrected for them.
        tests: weighed.length > 0 ? 1 : 0,
        swappedPorts: [...swapped].slice(0, shown),
        nodes: nodes
          .toSorted((a, b) => b.tally.tested - a.tally.tested)
          .slice(0, shown)
          .map(({ via, named, tally, excuse }) => ({
            node: via,
            named: named.length,
            namedByNobodyElse: named.filter((each) => isOwn("dht", via, each)).length,
            ...tally,
            excuse,
          })),
      },
    }
    if (found.length > 0)
      return say("warn", found.map(({ node, others }) => sentence(node.via, node.tally, others)).join("; "), {
        ...details,
        pValue: Math.min(1, ...found.map(({ pValue }) => pValue * weighed.length)),
        advice: "Those values are stale or made up: clients lose time with them, no more.",
      })
    const note =
      swapped.size > 0
        ? `, ${counted(swapped.size, "address", "addresses")} with swapped port bytes left out`
        : ""
    if (all.tested < leastTested)
      return say(
        "inconclusive",
        `only ${counted(all.tested, "host")} of the DHT's could be tried${note}`,
        details,
      )
    if (nodes.some(({ named }) => named.some(({ place }) => place.family === null)))
      return say(
        "inconclusive",
        "redaction took the addresses' families, which differ in who answers",
        details,
      )
    return say(
      "pass",
      `${all.alive} of ${counted(all.tested, "host")} that DHT nodes named live (${percent(all.alive / all.tested)})${note}`,
      details,
    )
  },
} satisfies Audit<"run" | "trackers" | "dht" | "peers">

const sentence = (via: string, tally: Tally, others: Tally): string =>
  `none of ${counted(tally.tested, "host")} that ${via} names lives, ${others.alive} of ${others.tested} of the other nodes' do`

/** Software whose values are worthless for an honest reason, by the first letters of its `v`. */
const excuses = [
  { version: "6c74", client: "rTorrent" }, // "lt"
  { version: "5742", client: "WebTorrent" }, // "WB"
]

/** All who name a host share one set of its sayers, which is looked through once. */
function perSet(judge: (sayers: ReadonlySet<string>) => boolean): (sayers: ReadonlySet<string>) => boolean {
  const known = new Map<ReadonlySet<string>, boolean>()
  return (sayers) => {
    const answer = known.get(sayers) ?? judge(sayers)
    known.set(sayers, answer)
    return answer
  }
}

interface Hosts extends Tally {
  /** Whether a host lives, of those that were dialled. */
  lives: ReadonlyMap<string, boolean>
}

function hostsByFamily(nodes: readonly Speaker[]): Map<Place["family"], Hosts> {
  const byFamily = Map.groupBy(
    nodes.flatMap(({ named }) => named),
    ({ place }) => place.family,
  )
  return new Map(
    [...byFamily].map(([family, named]) => {
      const lives = livesOf(named)
      return [family, { lives, ...tallyOf(named) }]
    }),
  )
}

/** What the other nodes named, of the families of its own values: IPv6 hosts are behind a firewall more often. */
function othersOf({ named }: Speaker, hosts: ReadonlyMap<Place["family"], Hosts>): Tally {
  const own = new Set(named.map(({ place }) => place.host))
  const families = new Set(named.map(({ place }) => place.family))
  const [family] = families
  const all = hosts.get(family ?? null)
  // Fully redacted: they might be of any family.
  if (families.size !== 1 || family === undefined || family === null || !all) return { alive: 0, tested: 0 }
  const mine = [...own].flatMap((host) => all.lives.get(host) ?? [])
  return { tested: all.tested - mine.length, alive: all.alive - mine.filter(Boolean).length }
}

const swap = (port: number): number => ((port & 0xff) << 8) | (port >> 8)
/** 6881 to 6889 and 51413, byte-swapped: nobody listens there by chance. */
const usual = new Set([6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 51_413].map(swap))

/** Dead addresses whose port is another one's of the same host with its bytes swapped, or a usual one's. */
function swappedPorts(speakers: readonly Speaker[], known: readonly string[]): Set<string> {
  const ports = new Map<string, Set<number>>()
  for (const address of known) {
    const { host, port } = placeOf(address)
    ports.set(host, (ports.get(host) ?? new Set()).add(port))
  }
  const isSwapped = ({ place: { host, port }, alive }: Named): boolean =>
    alive !== true && (usual.has(port) || (swap(port) !== port && ports.get(host)?.has(swap(port)) === true))
  return new Set(
    speakers
      .flatMap(({ named }) => named)
      .filter(isSwapped)
      .map(({ address }) => address),
  )
}
