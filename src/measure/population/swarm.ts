/** How many there are, and how many of each role, by all sources together. */
import type { Estimate, Evidence, Peer } from "../../evidence.ts"
import { listsOf } from "../trackers/lists.ts"
import { membershipOf } from "../members.ts"
import { acrossSources } from "./across-sources.ts"
import { confidence } from "../population.ts"
import { droppedPeers, type Role } from "../roles.ts"
import { coverageOf, drawsOf, individualOf } from "../sources.ts"

type Swarm = Pick<Evidence, "run" | "torrent" | "trackers" | "peers">

export interface Population {
  estimate: Estimate | null
  /** Good–Turing: the share of the sources' sightings that others repeat. Null with fewer than two sources. */
  coverageRatio: number | null
}

const none: Population = { estimate: null, coverageRatio: null }

/**
 * How many peers there are. Several sources: all that they name or would name (`acrossSources`), the departed whom they still
 * list too; the lower end is the same estimate from those alone whom we reached, which neither the departed nor the made-up
 * change; no upper end. One source, or several that hardly overlap: if a bounded list names everybody, those, between the
 * reached and its bound; otherwise null. Censored when a cap of ours kept sightings out.
 *
 * Simulated, the lower end: 80 peers with half of them behind NAT, a third known to no tracker, as many departed as seeders,
 * 200 made up by one peer's PEX, PEX of leechers alone.
 */
export function populationOf(evidence: Swarm): Population {
  const draws = drawsOf(evidence)
  const coverageRatio = coverageOf(draws)
  const named = acrossSources(draws)
  if (!named) return { estimate: ofOneList(evidence, draws), coverageRatio }
  const { found, draws: alive } = reachedBy(evidence, () => true)
  const value = Math.max(named.value, found)
  const low = Math.min(value, Math.max(found, acrossSources(alive)?.low ?? 0))
  return { estimate: { ...named, value, low, censored: droppedPeers(evidence) > 0 }, coverageRatio }
}

function ofOneList(evidence: Swarm, draws: readonly ReadonlySet<string>[]): Estimate | null {
  const all = new Set(draws.flatMap((draw) => [...draw]))
  const listed = evidence.peers.filter((peer) => all.has(individualOf(peer)))
  const bounds = listsOf(evidence).flatMap(({ bound, named }) =>
    bound && named.size > 0 && listed.every(({ address }) => named.has(address)) ? [bound.peers] : [],
  )
  if (bounds.length === 0) return null
  const found = individuals(evidence.peers)
  return {
    value: found,
    low: Math.min(membershipOf(evidence).reached.length, found),
    // Whom the user gave besides may not be on the list.
    high: Math.max(all.size, ...bounds) + found - all.size,
    n: found,
    confidence,
    censored: droppedPeers(evidence) > 0,
  }
}

/**
 * How many seeders and leechers there are, at least: from those whom we reached, by who named them. Those whom nobody reaches
 * are in no draw: it is too low by them, and has no upper end (`possible` tells how many the silent would add). A seeder is
 * one by its own word. Null with fewer than two sources, or too little overlap. Simulated as the population is.
 */
export function roleEstimates(evidence: Swarm): Record<Role, Population> {
  const ofRole = (seeders: boolean): Population => {
    const { found, draws } = reachedBy(evidence, (seeder) => seeder === seeders)
    const estimate = acrossSources(draws)
    if (!estimate) return none
    return {
      estimate: {
        ...estimate,
        value: Math.max(found, estimate.value),
        low: Math.max(found, estimate.low),
        n: found,
        censored: droppedPeers(evidence) > 0,
      },
      coverageRatio: coverageOf(draws),
    }
  }
  return { seeders: ofRole(true), leechers: ofRole(false) }
}

function reachedBy(
  evidence: Swarm,
  of: (seeder: boolean) => boolean,
): { found: number; draws: readonly ReadonlySet<string>[] } {
  const members = membershipOf(evidence).reached.filter(({ seeder }) => of(seeder))
  const chosen = new Set(members.map(({ peer }) => peer))
  return { found: individuals([...chosen]), draws: drawsOf(evidence, (peer) => chosen.has(peer)) }
}

const individuals = (peers: readonly Peer[]): number =>
  new Set(
    peers
      .filter(({ outcome }) => outcome !== "self" && outcome !== "filtered" && outcome !== "wrong-info-hash")
      .map(individualOf),
  ).size
