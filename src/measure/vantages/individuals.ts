/** Who is who: one peer as several places saw it. */
import type { Evidence, Peer } from "../../evidence.ts"
import { membershipOf } from "../members.ts"

export interface Individual {
  /** What each place recorded of it, in the order of the places; one may have several addresses of it. */
  seen: readonly { place: number; peer: Peer }[]
}

/**
 * Peers of several audits, each once. The same peer: it has an address in common, or shows the same peer id, which then must be nobody
 * else's at any place; clients that make a new id for every connection are matched by address alone. The auditors themselves are
 * no peers, at whichever place they were named.
 */
export function individualsOf(audits: readonly Pick<Evidence, "run" | "peers">[]): Individual[] {
  const entries = audits.flatMap(({ peers }, place) => peers.map((peer) => ({ place, peer })))
  const groups = disjointSets(entries.length)
  const first = new Map<string, number>()
  const join = (key: string, entry: number): void => {
    const known = first.get(key)
    if (known === undefined) first.set(key, entry)
    else groups.join(known, entry)
  }
  for (const [i, { peer }] of entries.entries()) for (const address of addressesOf(peer)) join(address, i)
  const shared = sharedIds(entries, groups.rootOf)
  for (const [i, { peer }] of entries.entries())
    if (peer.peerId !== null && !shared.has(peer.peerId)) join(`id ${peer.peerId}`, i)
  const own = new Set(audits.flatMap(({ run }) => run.vantage.self))
  const members = Map.groupBy(entries.keys(), (i) => groups.rootOf(i))
  return [...members.values()].flatMap((indices) => {
    const seen = indices.flatMap((i) => entries[i] ?? [])
    return seen.some(({ peer }) => isAuditor(peer, own)) ? [] : [{ seen }]
  })
}

/** Whether an address is of somebody whom any of these audits reached. */
export function metAnywhere(
  audits: readonly Pick<Evidence, "peers" | "torrent">[],
): (address: string) => boolean {
  const met = new Set(
    audits.flatMap((audit) => membershipOf(audit).reached.flatMap(({ peer }) => addressesOf(peer))),
  )
  return (address) => met.has(address)
}

export const addressesOf = ({ address, alsoAt }: Peer): string[] => [address, ...alsoAt]

/** Peer ids of ours begin so, in hex: `-TA`. */
const ownPrefix = "2d5441"

const isAuditor = (peer: Peer, own: ReadonlySet<string>): boolean =>
  peer.outcome === "self" ||
  peer.peerId?.startsWith(ownPrefix) === true ||
  addressesOf(peer).some((address) => own.has(address))

/** Ids that two peers show at one place: a copied one leads to nobody. */
function sharedIds(
  entries: readonly { place: number; peer: Peer }[],
  rootOf: (entry: number) => number,
): ReadonlySet<string> {
  const owners = new Map<string, number>()
  const shared = new Set<string>()
  for (const [i, { place, peer }] of entries.entries()) {
    if (peer.peerId === null) continue
    const key = `${place} ${peer.peerId}`
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, rootOf(i))
    else if (owner !== rootOf(i)) shared.add(peer.peerId)
  }
  return shared
}

function disjointSets(size: number) {
  const parents = Array.from({ length: size }, (_, i) => i)
  const rootOf = (of: number): number => {
    let root = of
    while ((parents[root] ?? root) !== root) root = parents[root] ?? root
    for (let at = of; at !== root;) {
      const next = parents[at] ?? root
      parents[at] = root
      at = next
    }
    return root
  }
  return {
    rootOf,
    join(one: number, other: number): void {
      const [a, b] = [rootOf(one), rootOf(other)]
      parents[Math.max(a, b)] = Math.min(a, b)
    },
  }
}
