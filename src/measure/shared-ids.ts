/** Peer ids that answered at several addresses, and whether one client could have been at all of them. */
import type { Endpoint, Evidence, Peer, Span } from "../evidence.ts"
import { placeOf } from "./networks.ts"

/** One address at which a peer id completed handshakes. */
export interface Presence {
  address: Endpoint
  /** The entry that it belongs to. */
  peer: Peer
  /** First and last sign of it there, ms since the run started; null: it can't be told when. */
  seenMs: Span | null
}

export interface SharedId {
  peerId: string
  presences: readonly Presence[]
  /** Those of the most places at which it was at one time. */
  together: readonly Presence[]
  places: number
}

/** A client that changes its address, and is found and dialled at the new one, takes longer than twice that. */
const movedMs = 5_000

/**
 * Every id that answered at two hosts or more. Places are what one machine rarely has several of: public IPv4 /24s or IPv6 /48s of one
 * family (a server's further addresses, a CGNAT's and privacy addresses lie in one); hosts of one private IPv4 /24 (a machine's
 * bridges and VPNs lie in different ones). A place counts at a moment if the id was seen there before and after it, ±5 s: for a client
 * that moved, the stays follow each other. Whom only LSD named isn't counted: a neighbour speaks on all its interfaces.
 */
export function sharedIds({ peers }: Pick<Evidence, "peers">): SharedId[] {
  const byId = new Map<string, Presence[]>()
  for (const peer of peers) {
    if (peer.outcome === "self" || peer.outcome === "wrong-info-hash") continue
    for (const peerId of idsOf(peer)) {
      const presences = byId.get(peerId) ?? []
      byId.set(peerId, presences)
      for (const presence of presencesOf(peer, peerId)) presences.push(presence)
    }
  }
  return [...byId]
    .filter(([, presences]) => new Set(presences.map(({ address }) => placeOf(address).host)).size > 1)
    .map(([peerId, presences]) => ({ peerId, presences, ...mostAtOnce(presences) }))
}

const idsOf = ({ peerId, readings = [] }: Peer): Set<string> =>
  new Set([peerId, ...readings.map((reading) => reading.peerId)].filter((id) => id !== null))

function presencesOf(peer: Peer, peerId: string): Presence[] {
  const { address, alsoAt, attempts } = peer
  // At its other addresses the conversation ends as soon as it is known for the same peer; where it did not, that isn't told.
  const elsewhere = attempts.filter(({ ok, failure }) => ok && failure?.code === "duplicate")
  const times = elsewhere.map(({ atMs, ms }) => atMs + ms)
  // Which of them was where isn't recorded: only what holds for all of them counts.
  const all: Span | null =
    times.length > 0 && times.length >= alsoAt.length ? [Math.max(...times), Math.min(...times)] : null
  return [
    { address, peer, seenMs: spanOf(signsOf(peer, peerId)) },
    ...alsoAt.map((other) => ({ address: other, peer, seenMs: peer.peerId === peerId ? all : null })),
  ]
}

/** That a connection stayed open proves nothing: one to a client that has gone does so, too. */
function signsOf(peer: Peer, peerId: string): number[] {
  const { attempts, samples, haveEvents, timeline, readings = [] } = peer
  const own = readings.filter((reading) => reading.peerId === peerId)
  const told = own.flatMap(({ fromMs, events }) => [fromMs, ...events.map(({ atMs }) => atMs)])
  if (idsOf(peer).size > 1) return told
  const shaken = attempts
    .filter(({ ok, failure }) => ok && failure?.code !== "duplicate")
    .map(({ atMs, ms }) => atMs + Math.min(ms, timeline.handshakeMs ?? ms))
  const sent = samples.filter(({ bytes }) => bytes > 0).map(({ atMs, ms }) => atMs + ms)
  return [...told, ...shaken, ...sent, ...haveEvents.map(({ atMs }) => atMs)]
}

const spanOf = (times: readonly number[]): Span | null =>
  times.length === 0
    ? null
    : times.reduce<Span>(([from, to], ms) => [Math.min(from, ms), Math.max(to, ms)], [Infinity, -Infinity])

/** Where one presence counts, and when. */
interface Stay {
  presence: Presence
  /** What may be counted together; null for what can't be placed. */
  kind: string | null
  place: string | null
  fromMs: number
  toMs: number
}

/** A sweep over the stays: one id may be everybody's, and its presences thousands. */
function mostAtOnce(presences: readonly Presence[]): Pick<SharedId, "together" | "places"> {
  const stays = presences.flatMap(stayOf)
  const begun = stays.toSorted((a, b) => a.fromMs - b.fromMs)
  const ended = stays.filter(({ fromMs, toMs }) => fromMs <= toMs).toSorted((a, b) => a.toMs - b.toMs)
  const there = new Map<string | null, Map<string | null, number>>()
  const sizes = new Largest()
  let left = 0
  let most = { places: 0, atMs: 0 }
  for (const [i, { kind, place, fromMs, toMs }] of begun.entries()) {
    // One who stays for no time at all isn't there.
    if (fromMs <= toMs) count(there, sizes, { kind, place }, 1)
    for (let next = ended[left]; next && next.toMs < fromMs; next = ended[++left])
      count(there, sizes, next, -1)
    if (begun[i + 1]?.fromMs === fromMs) continue
    if (sizes.largest > most.places) most = { places: sizes.largest, atMs: fromMs }
  }
  const present = stays.filter(({ fromMs, toMs }) => fromMs <= most.atMs && most.atMs <= toMs)
  const group = [...Map.groupBy(present, ({ kind }) => kind).values()].find(
    (each) => new Set(each.map(({ place }) => place)).size === most.places,
  )
  return { together: (group ?? []).map(({ presence }) => presence), places: most.places }
}

function count(
  there: Map<string | null, Map<string | null, number>>,
  sizes: Largest,
  { kind, place }: Pick<Stay, "kind" | "place">,
  by: 1 | -1,
): void {
  const places = there.get(kind) ?? new Map<string | null, number>()
  there.set(kind, places)
  const before = places.size
  const left = (places.get(place) ?? 0) + by
  if (left > 0) places.set(place, left)
  else places.delete(place)
  sizes.change(before, places.size)
}

/** The largest of many sizes that change by one at a time. */
class Largest {
  largest = 0
  readonly #sets: number[] = []

  change(from: number, to: number): void {
    if (from === to) return
    this.#sets[from] = (this.#sets[from] ?? 0) - 1
    this.#sets[to] = (this.#sets[to] ?? 0) + 1
    if (to > this.largest) this.largest = to
    else if (from === this.largest && this.#sets[from] === 0) this.largest = to
  }
}

function stayOf(presence: Presence): Stay[] {
  const { address, peer, seenMs } = presence
  if (seenMs === null || !peer.sources.some(({ kind }) => kind !== "lsd")) return []
  const { kind, family, network, host } = placeOf(address)
  const stay = { presence, fromMs: seenMs[0] - movedMs, toMs: seenMs[1] + movedMs }
  if (kind === "public") return [{ ...stay, kind: family, place: family === null ? null : network }]
  const isPlaced = kind === "local" && family === "ipv4" && network !== null
  return [{ ...stay, kind: isPlaced ? network : null, place: isPlaced ? host : null }]
}
