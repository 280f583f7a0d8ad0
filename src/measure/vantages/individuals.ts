/** Who is who: one peer as several places saw it. */
import type { Evidence, Peer } from "../../evidence.ts"
import { membershipOf } from "../members.ts"
import { isLocalAddress } from "../trackers/tracker-host.ts"

export interface Individual {
  /** What each place recorded of it, in the order of the places; one may have several addresses of it. */
  seen: readonly { place: number; peer: Peer }[]
}

/**
 * Peers of several audits, each once. The same peer: it has an address in common, or shows the same peer id, which then must be nobody
 * else's (`sharedIds`); clients that make a new id for every connection are matched by address alone. The auditors themselves are no
 * peers, at whichever place they were named.
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
  for (const [i, entry] of entries.entries()) for (const key of keysOf(entry)) join(key, i)
  const shared = sharedIds(entries, groups.rootOf)
  for (const [i, { peer }] of entries.entries())
    if (peer.peerId !== null && !shared.has(peer.peerId)) join(`id ${peer.peerId}`, i)
  const own = new Set(
    audits.flatMap(({ run }, place) =>
      run.vantage.self.flatMap((address) => [address, `${place} ${address}`]),
    ),
  )
  const members = Map.groupBy(entries.keys(), (i) => groups.rootOf(i))
  return [...members.values()].flatMap((indices) => {
    const seen = indices.flatMap((i) => entries[i] ?? [])
    return seen.some((entry) => isAuditor(entry, own)) ? [] : [{ seen }]
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

const isAuditor = ({ place, peer }: Entry, own: ReadonlySet<string>): boolean =>
  peer.outcome === "self" ||
  peer.peerId?.startsWith(ownPrefix) === true ||
  addressesOf(peer).some((address) =>
    own.has(isLocalAddress(address) && trackersOf(peer).length === 0 ? `${place} ${address}` : address),
  )

interface Entry {
  place: number
  peer: Peer
}

/** Two homes use the same local addresses, each for peers of its own; one that a tracker names to both is one peer's. */
const keysOf = ({ place, peer }: Entry): string[] =>
  addressesOf(peer).flatMap((address) =>
    isLocalAddress(address)
      ? [`${place} ${address}`, ...trackersOf(peer).map((url) => `${url} ${address}`)]
      : [address],
  )

const trackersOf = ({ sources }: Peer): string[] =>
  sources.flatMap(({ kind, via }) => (kind === "tracker" && via !== null ? [via] : []))

/**
 * Copied ids, which lead to nobody: two peers show one at one place, or one of several who show it shows another id at another place, as
 * nobody does who has two addresses.
 */
function sharedIds(entries: readonly Entry[], rootOf: (entry: number) => number): ReadonlySet<string> {
  const owners = new Map<string, Set<number>>()
  const idsOf = new Map<number, Set<string>>()
  const shared = new Set<string>()
  const atPlace = new Map<string, number>()
  for (const [i, { place, peer }] of entries.entries()) {
    const { peerId } = peer
    if (peerId === null) continue
    const root = rootOf(i)
    owners.set(peerId, (owners.get(peerId) ?? new Set()).add(root))
    idsOf.set(root, (idsOf.get(root) ?? new Set()).add(peerId))
    const first = atPlace.get(`${place} ${peerId}`)
    if (first === undefined) atPlace.set(`${place} ${peerId}`, root)
    else if (first !== root) shared.add(peerId)
  }
  for (const [peerId, roots] of owners)
    if (roots.size > 1 && [...roots].some((root) => (idsOf.get(root)?.size ?? 0) > 1)) shared.add(peerId)
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
