import type { Attempt, Evidence, Peer, Sighting } from "../evidence.ts"
import type { Tally } from "./statistics/fisher.ts"
import { lineWasUp } from "./line-was-up.ts"
import { placeOf, type Place } from "./networks.ts"

/** One address that one speaker named. */
export interface Named {
  address: string
  place: Place
  /** Of its PEX sightings by this speaker, all together. */
  flags: number
  /** Everybody who named this host, by whatever port, as "kind via". */
  sayers: ReadonlySet<string>
  peer: Peer
  /** Something answered there; nothing did, though dialled; null: it can't be said. */
  alive: boolean | null
}

export interface Speaker {
  /** The endpoint of the peer or DHT node that spoke. */
  via: string
  named: readonly Named[]
}

export const sayer = ({ kind, via }: Pick<Sighting, "kind" | "via">): string => `${kind} ${via ?? ""}`

/** Who named what by DHT or PEX, in order of first word. We ourselves are nobody's find. */
export function speakersOf({ peers }: Pick<Evidence, "peers">, kind: "dht" | "pex"): Speaker[] {
  const speakers = new Map<string, Map<string, Named>>()
  const sayersOf = new Map<string, Set<string>>()
  const wasUp = lineWasUp(peers, isMet)
  for (const peer of peers) {
    if (peer.outcome === "self") continue
    const { address } = peer
    const place = placeOf(address)
    const sayers = sayersOf.get(place.host) ?? new Set<string>()
    sayersOf.set(place.host, sayers)
    const alive = lives(peer, wasUp)
    for (const sighting of peer.sources) {
      sayers.add(sayer(sighting))
      const { via, flags = 0 } = sighting
      if (sighting.kind !== kind || via === null) continue
      const named = speakers.get(via) ?? new Map<string, Named>()
      speakers.set(via, named)
      const before = named.get(address)?.flags ?? 0
      named.set(address, { address, place, flags: flags | before, sayers, peer, alive })
    }
  }
  return [...speakers].map(([via, named]) => ({ via, named: [...named.values()] }))
}

/** Nobody but this speaker said a word of the host, which never dialled us either. */
export const isOwn = (kind: "dht" | "pex", via: string, { sayers }: Named): boolean =>
  sayers.size === 1 && sayers.has(sayer({ kind, via }))

/** Hosts that were dialled, and how many of them live: a host does if one of its addresses does. */
export function tallyOf(named: readonly Named[]): Tally {
  const outcomes = [...livesOf(named).values()]
  return { tested: outcomes.length, alive: outcomes.filter(Boolean).length }
}

/** Whether each host lives, of those that were dialled. */
export function livesOf(named: readonly Named[]): Map<string, boolean> {
  const byHost = new Map<string, boolean>()
  for (const { place, alive } of named)
    if (alive !== null) byHost.set(place.host, alive || byHost.get(place.host) === true)
  return byHost
}

/** Dials while our own line may have been gone count for nothing: see `lineWasUp`. */
function lives(
  { address, stage, attempts, outcome }: Peer,
  wasUp: ReturnType<typeof lineWasUp>,
): boolean | null {
  if ((stage !== "sighted" && stage !== "dialled") || attempts.some(isMet)) return true
  const dead = outcome === "connect-timeout" || outcome === "connect-refused"
  return dead && attempts.some(({ atMs }) => wasUp(address, atMs)) ? false : null
}

const silent: ReadonlySet<string> = new Set([
  "timeout",
  "refused",
  "unreachable",
  "filtered",
  "aborted",
  "no-socket",
  "proxy",
  "slower",
  "no-rendezvous",
])
const isMet = ({ ok, failure }: Attempt): boolean => ok || (failure !== null && !silent.has(failure.code))
