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
      presences.push(...presencesOf(peer, peerId))
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
  // At its other addresses the conversation ends as soon as it is known for the same peer.
  const elsewhere = attempts.filter(({ ok, failure }) => ok && failure?.code === "duplicate")
  const times = elsewhere.map(({ atMs, ms }) => atMs + ms)
  // Which of them was where isn't recorded: only what holds for all of them counts.
  const all: Span | null = times.length > 0 ? [Math.max(...times), Math.min(...times)] : null
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

function mostAtOnce(presences: readonly Presence[]): Pick<SharedId, "together" | "places"> {
  let most: Pick<SharedId, "together" | "places"> = { together: [], places: 0 }
  const counted = presences.filter(
    ({ peer, seenMs }) => seenMs !== null && peer.sources.some(({ kind }) => kind !== "lsd"),
  )
  for (const at of counted.map(({ seenMs }) => (seenMs?.[0] ?? 0) - movedMs)) {
    const there = counted.filter(
      ({ seenMs }) => seenMs !== null && seenMs[0] - movedMs <= at && at <= seenMs[1] + movedMs,
    )
    for (const group of Map.groupBy(there, kindOfPlace).values()) {
      const places = new Set(group.map(placeIn)).size
      if (places > most.places) most = { together: group, places }
    }
  }
  return most
}

/** What may be counted together; null for what can't be placed. */
function kindOfPlace({ address }: Presence): string | null {
  const { kind, family, network } = placeOf(address)
  if (kind === "public") return family
  return kind === "local" && family === "ipv4" ? network : null
}

function placeIn(presence: Presence): string | null {
  const { kind, network, host } = placeOf(presence.address)
  return kindOfPlace(presence) === null ? null : kind === "public" ? network : host
}
