/** Signs that somebody placed DHT nodes next to a key, to decide what is found there: each with an exact p-value. */
import { leastNodes, reachInto, type NearNode, type Neighbourhood } from "./size.ts"
import { hypergeometricAtLeast } from "../statistics/fisher.ts"
import { largestGroup, placeOf } from "../networks.ts"
import { binomialAtLeast, poissonAtLeast } from "../statistics/tails.ts"

/** Fewer are no crowd. */
const leastCrowd = 4
/** Lookups of random keys may be less thorough than the key's own, and so see the DHT thinner than it is. */
const slack = 2
/** No measured DHT comes near (mainline: 7 to 28 million). */
const mostNodes = 1e8
const leastElsewhere = 32

export interface Crowd {
  pValue: number
  /** So many nodes … */
  nodes: number
  /** … lie within this share of the id space from the key … */
  within: number
  /** … where so many were due at most. */
  expected: number
  by: "random keys" | "the lookup's farther nodes" | "the largest DHT known"
}

/**
 * Whether ids lie denser around a key than around random keys. Ids are uniform, so the prefix lengths shared with a key are geometric, and
 * the distance to the i-th node is Gamma(i) over the DHT's density. Against random keys: with K nodes within D of them, s·d/(s·d + D)
 * is Beta(i, K), s = 2 being our allowance; nodes that claim to be next to whatever is asked for are there too, and mean nobody.
 * Without random keys: the i nearest among the k of this lookup are Binomial(k − 1, s·d/d_k), and Poisson, were the DHT as large as
 * none is. The least p, times the number of looks (Bonferroni). Null with fewer than 8 nodes.
 *
 * Assumes that the answering nodes' ids are uniform and that those missed are missed anywhere alike, or up to twice as often at
 * random keys. Simulated: false alarms at p < 0.001 in DHTs of 50 to 10,000,000.
 */
export function crowdAt(key: Neighbourhood, elsewhere: readonly Neighbourhood[]): Crowd | null {
  const { nodes } = key
  const farthest = nodes.at(-1)?.distance ?? 0
  if (nodes.length < leastNodes || farthest === 0) return null
  const reach = reachInto(elsewhere)
  const looks = nodes.slice(leastCrowd - 1).flatMap(({ distance: within }, i) => {
    const count = leastCrowd + i
    const look = (by: Crowd["by"], expected: number, pValue: number): Crowd => ({
      pValue,
      nodes: count,
      within,
      expected,
      by,
    })
    if (reach.distance > 0) {
      const share = (slack * within) / (slack * within + reach.distance)
      const expected = (slack * within * reach.nodes) / reach.distance
      return [look("random keys", expected, binomialAtLeast(count, count + reach.nodes - 1, share))]
    }
    const share = Math.min(1, (slack * within) / farthest)
    const others = nodes.length - 1
    const due = mostNodes * within
    return [
      look("the largest DHT known", due, poissonAtLeast(count, due)),
      ...(count < nodes.length
        ? [look("the lookup's farther nodes", others * share, binomialAtLeast(count, others, share))]
        : []),
    ]
  })
  const [first, ...rest] = looks
  if (!first) return null
  const least = rest.reduce((best, look) => (look.pValue < best.pValue ? look : best), first)
  return { ...least, pValue: Math.min(1, least.pValue * looks.length) }
}

export interface Share {
  pValue: number
  near: { hits: number; of: number }
  elsewhere: { hits: number; of: number }
}

function compared(near: readonly boolean[], elsewhere: readonly boolean[]): Share | null {
  if (near.length < leastNodes || elsewhere.length < leastElsewhere) return null
  const hits = (each: readonly boolean[]) => each.filter(Boolean).length
  const all = {
    all: near.length + elsewhere.length,
    marked: hits(near) + hits(elsewhere),
    drawn: near.length,
  }
  return {
    pValue: hypergeometricAtLeast(all, hits(near)),
    near: { hits: hits(near), of: near.length },
    elsewhere: { hits: hits(elsewhere), of: elsewhere.length },
  }
}

const nodesOf = (neighbourhoods: readonly Neighbourhood[]): NearNode[] => [
  ...new Map(neighbourhoods.flatMap(({ nodes }) => nodes).map((node) => [node.address, node])).values(),
]

/** Ids next to the key that don't fit their address (BEP 42), against those next to random keys: Fisher's exact test. */
export function unfitAt(key: Neighbourhood, elsewhere: readonly Neighbourhood[]): Share | null {
  const unfit = (nodes: readonly NearNode[]) =>
    nodes.flatMap(({ idFits }) => (idFits === null ? [] : [!idFits]))
  return compared(unfit(key.nodes), unfit(nodesOf(elsewhere)))
}

/**
 * The IPv4 /24 or IPv6 /48 that most nodes next to the key are in, against the nodes next to random keys: Fisher's exact test,
 * times the number of networks that might have been the largest. Null when redaction took the networks.
 */
export function networkAt(
  key: Neighbourhood,
  elsewhere: readonly Neighbourhood[],
): (Share & { network: string }) | null {
  const networkOf = ({ address }: NearNode): string | null => placeOf(address).network
  const near = key.nodes.map(networkOf).filter((network) => network !== null)
  const largest = largestGroup(near, (network) => network)
  if (!largest || largest.members.length < leastCrowd) return null
  const { name: network } = largest
  const others = nodesOf(elsewhere)
    .map(networkOf)
    .filter((each) => each !== null)
  const share = compared(
    near.map((each) => each === network),
    others.map((each) => each === network),
  )
  return share && { ...share, network, pValue: Math.min(1, share.pValue * new Set(near).size) }
}
