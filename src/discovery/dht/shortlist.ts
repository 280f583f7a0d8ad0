/**
 * Who a lookup knows, nearest to the target first, and whom it asks next (BEP 5, Kademlia). Most of this is about liars: a node can
 * name anyone as being as near as it likes.
 *
 * - Places. One address (an IPv6 /56) is one node: another port of it is tried only after the first failed, and never counts twice.
 * - Networks. Nodes may name a thousand addresses of one victim: of an IPv4 /24 or an IPv6 /48 only some are asked.
 * - Namers. Who named mostly nodes that don't answer is not followed any more; few are asked at once on one node's word.
 * - Fitting. Nodes whose id doesn't fit their address (BEP 42) don't end a lookup: it goes on past them, up to a bound.
 */
import { limits } from "../../limits.ts"
import { formatEndpoint, neighbourhood, victimAt } from "../../torrent/endpoint.ts"
import { distanceBetween, idFits } from "./node-id.ts"

type State = "new" | "asked" | "slow" | "late" | "answered" | "failed"

export interface Candidate {
  readonly endpoint: string
  readonly host: string
  readonly port: number
  /** One address; loopback is one host to us all, so each port there is a place of its own. */
  readonly place: string
  /** Null: loopback, or among ourselves. */
  readonly network: string | null
  /** Null: not named, only given as a start. */
  readonly id: Uint8Array | null
  distance: string
  fits: boolean
  state: State
  /** When it was asked. */
  askedMs: number
  readonly namers: Set<Namer>
}

/** How a node's word held: those that it named, and how they answered. */
export interface Namer {
  asking: number
  failed: number
  answered: number
}

export const newNamer = (): Namer => ({ asking: 0, failed: 0, answered: 0 })

export interface Survey {
  next: Candidate | null
  /** Nobody nearer is left to ask, and nobody to wait for. */
  done: boolean
}

export interface Shortlist {
  readonly all: readonly Candidate[]
  add(node: { host: string; port: number; id?: Uint8Array }, namer: Namer | null): void
  survey(): Survey
  onAsked(candidate: Candidate, nowMs: number): void
  onSlow(candidate: Candidate): void
  onFailed(candidate: Candidate): void
  /** False: its place has answered before, on another port. */
  onAnswered(candidate: Candidate, id: Uint8Array): boolean
}

/** Behind every node whose distance is known. */
const unknownDistance = "g"

export const placeOf = (host: string, port: number): string =>
  neighbourhood(host) ?? formatEndpoint(host, port)

/** `amongOurselves`: a laboratory's nodes may all be in one network, and are nobody's victims. */
export function createShortlist(target: Uint8Array, amongOurselves = false): Shortlist {
  const { closest, maxClosest, triesPerPlace, parallelPerNamer } = limits.dht
  const { nodesPerNetwork } = limits.victim
  const sorted: Candidate[] = []
  const known = new Map<string, Candidate>()
  const places = new Map<string, Candidate[]>()
  /** How many were asked, on others' word. */
  const askedIn = new Map<string, number>()

  function insert(candidate: Candidate): void {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sorted[middle]?.distance ?? "") <= candidate.distance) low = middle + 1
      else high = middle
    }
    sorted.splice(low, 0, candidate)
  }

  /** At its place somebody answered, is named by more, or is being asked; or too many failed there. */
  function isCrowdedOut(candidate: Candidate): "now" | "until-answer" | null {
    const isNamed = candidate.namers.size > 0
    if (isNamed && (askedIn.get(candidate.network ?? "") ?? 0) >= nodesPerNetwork) return "now"
    const there = places.get(candidate.place) ?? []
    if (there.length === 1) return null
    if (there.some(({ state }) => state === "asked")) return "until-answer"
    const tried = there.filter(({ state }) => state !== "new").length
    const taken = there.some(
      ({ state, namers }) => state === "answered" || (state === "new" && namers.size > candidate.namers.size),
    )
    return taken || tried >= triesPerPlace ? "now" : null
  }

  const settle = (candidate: Candidate, state: State) => {
    for (const namer of candidate.namers) {
      if (candidate.state === "asked") namer.asking--
      if (candidate.state === "slow" || candidate.state === "late") namer.failed--
      if (state === "answered") namer.answered++
      else namer.failed++
    }
    candidate.state = state
  }

  return {
    all: sorted,
    add({ host, port, id }, namer) {
      const endpoint = formatEndpoint(host, port)
      const old = known.get(endpoint)
      if (old) {
        if (namer && old.state === "new") old.namers.add(namer)
        return
      }
      const candidate: Candidate = {
        endpoint,
        host,
        port,
        place: placeOf(host, port),
        network: amongOurselves ? null : (victimAt(host)?.network ?? null),
        id: id ?? null,
        distance: id ? distanceBetween(id, target) : unknownDistance,
        fits: id ? idFits(id, host) !== false : false,
        state: "new",
        askedMs: 0,
        namers: new Set(namer ? [namer] : []),
      }
      known.set(endpoint, candidate)
      const there = places.get(candidate.place)
      if (there) there.push(candidate)
      else places.set(candidate.place, [candidate])
      insert(candidate)
    },
    survey() {
      let [answered, fitting, waits] = [0, 0, false]
      let next: Candidate | null = null
      let doubtful: Candidate | null = null
      for (const candidate of sorted) {
        if (candidate.state === "answered") {
          answered++
          if (candidate.fits) fitting++
          if (fitting >= closest || answered >= maxClosest) return { next, done: !next && !waits }
        } else if (candidate.state === "asked" || candidate.state === "slow") {
          waits = true
        } else if (candidate.state === "new" && !next) {
          const crowded = isCrowdedOut(candidate)
          if (crowded === "now") continue
          if (isDoubtful(candidate)) doubtful ??= candidate
          else if (crowded !== null || isTooMany(candidate, parallelPerNamer)) waits = true
          else next = candidate
        }
      }
      if (!next && !waits) next = doubtful
      return { next, done: !next && !waits }
    },
    onAsked(candidate, nowMs) {
      candidate.state = "asked"
      candidate.askedMs = nowMs
      const { network, namers } = candidate
      if (network !== null && namers.size > 0) askedIn.set(network, (askedIn.get(network) ?? 0) + 1)
      for (const namer of candidate.namers) namer.asking++
    },
    onSlow: (candidate) => settle(candidate, "slow"),
    onFailed: (candidate) => settle(candidate, "failed"),
    onAnswered(candidate, id) {
      settle(candidate, "answered")
      const isFirst = (places.get(candidate.place) ?? []).every(
        (other) => other === candidate || other.state !== "answered",
      )
      sorted.splice(sorted.indexOf(candidate), 1)
      // What it says itself counts, whatever others said of it.
      candidate.distance = distanceBetween(id, target)
      candidate.fits = idFits(id, candidate.host) !== false
      if (isFirst) insert(candidate)
      return isFirst
    },
  }
}

const named = ({ namers }: Candidate, holds: (namer: Namer) => boolean): boolean =>
  namers.size > 0 && [...namers].every(holds)

const isDoubtful = (candidate: Candidate): boolean =>
  named(candidate, ({ failed, answered }) => failed >= 3 && failed > 2 * answered)

const isTooMany = (candidate: Candidate, most: number): boolean =>
  named(candidate, ({ asking }) => asking >= most)
