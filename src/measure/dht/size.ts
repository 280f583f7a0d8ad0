import type { Dht, DhtLookup, Estimate, Family } from "../../evidence.ts"
import { placeOf } from "../networks.ts"
import { poissonAtLeast } from "../statistics/tails.ts"

const idSpace = 2 ** 160
const confidence = 0.95

const isId = (text: string): boolean => /^[0-9a-f]{40}$/i.test(text)

/** XOR distance of two ids as a share of the id space; 1, the farthest, from what is no id. */
export const distance = (one: string, other: string): number =>
  isId(one) && isId(other) ? Number(BigInt(`0x${one}`) ^ BigInt(`0x${other}`)) / idSpace : 1

export interface NearNode {
  address: string
  id: string
  /** Of the id space. */
  distance: number
  /** BEP 42; null for a local address, which is exempt. */
  idFits: boolean | null
}

/** What a lookup found nearest to its target. */
export interface Neighbourhood {
  target: string
  family: Family
  /** Nearest first. */
  nodes: readonly NearNode[]
}

/**
 * The neighbourhoods that converged lookups of one purpose found, the latest one of each target. BEP 42 ties an id's first 21 bits to
 * the address, so that honest nodes behind one address crowd together: of nodes of one network whose ids fit only the nearest
 * counts (of one network, since that is what redaction leaves).
 */
export function neighbourhoodsOf(dht: Dht, purpose: DhtLookup["purpose"]): Neighbourhood[] {
  const fits = new Map(dht.nodes.map(({ address, idFits }) => [address, idFits]))
  const latest = new Map<string, Neighbourhood>()
  for (const lookup of dht.lookups) {
    if (lookup.purpose !== purpose || lookup.end !== "converged") continue
    const { family, target } = lookup
    const nodes = lookup.closest
      .map(({ address, id }) => ({
        address,
        id,
        distance: distance(id, target),
        idFits: fits.get(address) ?? null,
      }))
      .toSorted((a, b) => a.distance - b.distance)
    const networks = nodes.map(({ address }) => placeOf(address).network)
    latest.set(`${family} ${target}`, {
      target,
      family,
      nodes: nodes.filter(
        ({ idFits }, i) =>
          idFits !== true ||
          !nodes.some((other, j) => j < i && other.idFits === true && networks[j] === networks[i]),
      ),
    })
  }
  return [...latest.values()]
}

/** Fewer nodes say too little of how densely ids lie. */
export const leastNodes = 8

/** How far lookups of random keys had to go for how many nodes: their density is that of the DHT. */
export interface Reach {
  nodes: number
  /** Sum of the distances to each lookup's farthest node, of the id space. */
  distance: number
  lookups: number
}

export function reachInto(neighbourhoods: readonly Neighbourhood[]): Reach {
  const usable = neighbourhoods.filter(({ nodes }) => nodes.length >= leastNodes)
  return {
    nodes: usable.reduce((sum, { nodes }) => sum + nodes.length, 0),
    distance: usable.reduce((sum, { nodes }) => sum + (nodes.at(-1)?.distance ?? 0), 0),
    lookups: usable.length,
  }
}

/**
 * Answering nodes in the DHT from lookups of random keys: N̂ = (Σk − 1)/Σd, k nodes within d of each key (Wang & Kangasharju 2013
 * average (k − 1)/d instead, which one lucky lookup moves more). N·Σd is Gamma(Σk), whence the exact interval. Null with fewer
 * than 8 nodes a lookup.
 *
 * Assumes ids that are uniform, lookups that miss none of the nearest, and neighbourhoods that don't overlap: 1,000 nodes or more.
 * What they miss makes it too low. Simulated: 1 to 8 lookups in DHTs of 1,000 to 10,000,000.
 */
export function dhtSize(neighbourhoods: readonly Neighbourhood[]): Estimate | null {
  const { nodes, distance: far, lookups } = reachInto(neighbourhoods)
  if (lookups === 0 || far === 0) return null
  return {
    value: (nodes - 1) / far,
    low: gammaQuantile(nodes, (1 - confidence) / 2) / far,
    high: gammaQuantile(nodes, (1 + confidence) / 2) / far,
    n: lookups,
    confidence,
    censored: false,
  }
}

/** Of a quantile, relative. */
const precision = 1e-9

/** The x with P(Gamma(shape) ≤ x) = p; that is P(Poisson(x) ≥ shape). */
function gammaQuantile(shape: number, p: number): number {
  let [low, high] = [0, shape + 20 * Math.sqrt(shape) + 20]
  while (high - low > precision * high) {
    const middle = (low + high) / 2
    if (poissonAtLeast(shape, middle) < p) low = middle
    else high = middle
  }
  return high
}
