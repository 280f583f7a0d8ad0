/** Who named whom. */
import type { Evidence, Peer, SourceKind } from "../evidence.ts"
import { membershipOf } from "./members.ts"
import { once } from "./once.ts"
import { coverage, sameMembers } from "./population.ts"

export { sameMembers } from "./population.ts"

export interface SourceCount {
  kind: SourceKind
  /** The tracker's URL; the speakers of every other kind are one source. */
  via: string | null
  /** Addresses that it named, our own left out. */
  peers: number
  /** Named by no other source; what the user gave is none. */
  onlyHere: number
  /** Of those named: they told us what they hold. */
  reached: number
}

type Sighting = Peer["sources"][number]

const sourceOf = ({ kind, via }: Sighting): string => (kind === "tracker" ? `tracker ${via ?? ""}` : kind)

/** In this order; trackers as the evidence has them. */
const kinds: readonly SourceKind[] = ["tracker", "dht", "pex", "lsd", "incoming", "manual"]

/** What each source named. Every tracker that was asked has its row, the other kinds only when they named somebody. */
export function sourceCounts(evidence: Pick<Evidence, "torrent" | "trackers" | "peers">): SourceCount[] {
  const reached = new Set(membershipOf(evidence).reached.map(({ peer }) => peer))
  const counts = new Map<string, SourceCount>()
  const countOf = ({ kind, via }: Pick<Sighting, "kind" | "via">): SourceCount => {
    const count = { kind, via: kind === "tracker" ? via : null, peers: 0, onlyHere: 0, reached: 0 }
    const key = sourceOf({ kind, via, at: "" })
    return counts.get(key) ?? (counts.set(key, count).get(key) as SourceCount)
  }
  for (const { url } of evidence.trackers) countOf({ kind: "tracker", via: url })
  for (const peer of evidence.peers) {
    if (peer.outcome === "self") continue
    const named = new Map(peer.sources.map((sighting) => [sourceOf(sighting), sighting]))
    const sources = [...named.values()].filter(({ kind }) => kind !== "manual").length
    for (const sighting of named.values()) {
      const count = countOf(sighting)
      count.peers++
      if (sources <= (sighting.kind === "manual" ? 0 : 1)) count.onlyHere++
      if (reached.has(peer)) count.reached++
    }
  }
  return [...counts.values()].toSorted((one, other) => kinds.indexOf(one.kind) - kinds.indexOf(other.kind))
}

/** One peer, though named at several ports or addresses: whoever shows the same peer id is counted once. */
export const individualOf = ({ peerId, address }: Peer): string => peerId ?? address

/**
 * What each source drew from the swarm: a set of individuals each. A source is a tracker or a kind: DHT nodes and PEX speakers
 * tell one another, so that they are one source each. Trackers that name the same peers are mirrors: one. With two or more
 * other kinds, all trackers are one, for a client announces to all of them. Peers that the user gave were drawn by nobody; for
 * what PEX drew see `pexDraws`. We ourselves, whom we may not dial, and peers of another torrent are left out.
 */
export const drawsOf = (
  evidence: Pick<Evidence, "peers">,
  which?: (peer: Peer) => boolean,
): readonly ReadonlySet<string>[] => (which ? drawsAmong(evidence, which) : drawsOfAll(evidence))

const drawsOfAll = once(["peers"], (evidence: Pick<Evidence, "peers">) => drawsAmong(evidence, () => true))

function drawsAmong(
  { peers }: Pick<Evidence, "peers">,
  which: (peer: Peer) => boolean,
): readonly ReadonlySet<string>[] {
  const pexDrew = pexDraws(peers)
  const named = new Map<string, { kind: SourceKind; members: Set<string> }>()
  for (const peer of peers) {
    const { outcome, sources } = peer
    if (outcome === "self" || outcome === "filtered" || outcome === "wrong-info-hash" || !which(peer))
      continue
    let byPex: boolean | null = null
    for (const sighting of sources) {
      const { kind } = sighting
      if (kind === "manual" || (kind === "pex" && !(byPex ??= pexDrew(peer)))) continue
      const key = sourceOf(sighting)
      let source = named.get(key)
      if (!source) named.set(key, (source = { kind, members: new Set() }))
      source.members.add(individualOf(peer))
    }
  }
  const of = (wanted: boolean): ReadonlySet<string>[] =>
    [...named.values()].flatMap(({ kind, members }) => ((kind === "tracker") === wanted ? [members] : []))
  const [trackers, others] = [of(true), of(false)]
  const distinct = trackers.filter((one, i) => !trackers.slice(0, i).some((other) => sameMembers(one, other)))
  if (others.length < 2 || distinct.length < 2) return [...distinct, ...others]
  return [new Set(distinct.flatMap((members) => [...members])), ...others]
}

/** A lone speaker may have made it up. */
const fewestSpeakers = 2

/**
 * PEX drew those whom speakers named that we know otherwise than from PEX: what the others tell is not drawn from the swarm but
 * from their friends. Who never answered us must have been named by two of them.
 */
function pexDraws(peers: Evidence["peers"]): (peer: Peer) => boolean {
  const fromPexAlone = pexAlone({ peers })
  return ({ peerId, sources }) => {
    const speakers = new Set(sources.filter(({ kind }) => kind === "pex").map(({ via }) => via))
    const fromElsewhere = [...speakers].filter((via) => via === null || !fromPexAlone.has(via)).length
    return fromElsewhere >= (peerId === null ? fewestSpeakers : 1)
  }
}

/** All addresses of those whom nobody else named. */
const pexAlone = once(
  ["peers"],
  ({ peers }: Pick<Evidence, "peers">): ReadonlySet<string> =>
    new Set(
      peers.flatMap(({ address, alsoAt, sources }) =>
        sources.every(({ kind }) => kind === "pex") ? [address, ...alsoAt] : [],
      ),
    ),
)

/** Good–Turing coverage of everybody by the sources; null with fewer than two. */
export const coverageOf = (draws: readonly ReadonlySet<string>[]): number | null =>
  draws.length < 2 ? null : coverage(draws)

export const sourceCoverage = once(["peers"], (evidence: Pick<Evidence, "peers">): number | null =>
  coverageOf(drawsOf(evidence)),
)
