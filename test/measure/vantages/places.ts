/** Simulated audits of one swarm from several places: who is there when, what a tracker says to each place, and whom each reaches. */
import { failure } from "../../../src/failure.ts"
import type { Announce, Evidence, Peer, Sighting } from "../../../src/evidence.ts"
import type { Vantage } from "../../../src/measure/vantages/vantage.ts"
import { emptyBitfield, setPiece, toBase64 } from "../../../src/torrent/bitfield.ts"
import {
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aSightedPeer,
  aTorrent,
  aTracker,
  at,
} from "../../support/builders.ts"
import { shuffled } from "../trackers/phantom-swarm.ts"

export type Random = () => number
export const times = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i))
export const oneOf = <T>(random: Random, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)] as T
export const within = (random: Random, low: number, high: number): number => low + random() * (high - low)
const exponential = (random: Random, mean: number): number => -Math.log(1 - random()) * mean

export const second = 1_000
export const minute = 60 * second
export const url = "http://tracker.example.org/announce"
const intervalMs = 30 * minute

/** What a tracker tells one place and no other. */
export type Lie =
  /** Addresses that nobody has, this share of the list. */
  | { kind: "made up"; share: number }
  | { kind: "scaled"; factor: number }
  /** So many of the peers, and counts of no more. */
  | { kind: "hidden"; peers: number }

export interface PlacePlan {
  /** When each audit begins. */
  startsMs: readonly number[]
  /** Of the peers, whom a firewall or a filter near it hides: always the same ones. */
  hiddenRatio: number
  /** Peers that answer, and not this time. */
  missedRatio: number
  /** Addresses dialled at most. */
  maxPeers: number
  /** Most peers in a reply to it. */
  cap: number
  dhtRatio: number
  offline: boolean
  lie: Lie | null
}

export interface PlacesPlan {
  /** There at the start, about. */
  peers: number
  seederRatio: number
  /** Nobody reaches them. */
  natRatio: number
  sessionMs: number
  /** Came in the last ten minutes before the first audit, beside those. */
  crowd: number
  /** At this moment this share of all goes, without a word. */
  exodus: { atMs: number; share: number } | null
  /** Of those who leave, who don't say so, and for how long they stay listed. */
  silentRatio: number
  keptMs: number
  /** Gone when the first audit begins, and listed. */
  staleRatio: number
  order: "random" | "recent first" | "fixed"
  cacheMs: number
  /** Its servers; a peer, and a place, has one of its own. What one is told the others know so much later. */
  replicas: number
  lagMs: number
  /** The first of them forgets everything at this moment, and learns who is there as they announce again. */
  restartMs: number | null
  places: readonly PlacePlan[]
}

interface Somebody {
  n: number
  address: string
  peerId: string
  /** Makes a new one for every connection. */
  newIds: boolean
  seeder: boolean
  listens: boolean
  home: number
  fromMs: number
  leftMs: number
  unlistedMs: number
}

export interface Simulated {
  vantages: Vantage[]
  /** Who listened and was there at some moment of an audit. */
  reachable: number
}

const nothing = toBase64(emptyBitfield(1))
const all = emptyBitfield(1)
setPiece(all, 0)
const everything = toBase64(all)
const torrent = aTorrent({ pieceCount: 1, files: [] })
const sighted = aSightedPeer(1)
const dial = anAttempt()
const auditMs = minute

const addressOf = (n: number): string => `20.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}:6881`
const hex = (n: number): string => n.toString(16).padStart(12, "0")

function crowdOf(plan: PlacesPlan, lastMs: number, random: Random): Somebody[] {
  const somebody = (n: number, fromMs: number, leftMs: number): Somebody => {
    const gone = plan.exodus && random() < plan.exodus.share ? plan.exodus.atMs : Infinity
    const left = Math.min(leftMs, Math.max(gone, fromMs))
    const silent = random() < plan.silentRatio || left === gone
    return {
      n,
      address: addressOf(n),
      peerId: `2d5452343036302d${hex(n)}${hex(n)}`,
      newIds: random() < 0.5,
      seeder: random() < plan.seederRatio,
      listens: random() >= plan.natRatio,
      home: Math.floor(random() * plan.replicas),
      fromMs,
      leftMs: left,
      unlistedMs: left + (silent ? plan.keptMs * (0.5 + random() / 2) : 0),
    }
  }
  const old = -10 * 60 * minute
  const arrivals = Math.round((plan.peers * lastMs) / plan.sessionMs)
  const stale = Math.round(plan.peers * plan.staleRatio)
  return [
    ...times(plan.peers, (n) => somebody(n, old, exponential(random, plan.sessionMs))),
    ...times(stale, (i) => {
      const one = somebody(plan.peers + i, old, -random() * plan.keptMs)
      return { ...one, unlistedMs: one.leftMs + plan.keptMs }
    }),
    ...times(plan.crowd, (i) =>
      somebody(plan.peers + stale + i, -random() * 10 * minute, exponential(random, plan.sessionMs)),
    ),
    ...times(arrivals, (i) => {
      const fromMs = random() * lastMs
      return somebody(
        plan.peers + stale + plan.crowd + i,
        fromMs,
        fromMs + exponential(random, plan.sessionMs),
      )
    }),
  ]
}

/** We ourselves, while an audit lasts. */
function auditorOf(place: number, round: number, startMs: number, home: number, random: Random): Somebody {
  const fromMs = startMs + second + Math.floor(random() * second)
  return {
    n: -1 - place,
    address: `30.${place}.${round}.1:6881`,
    peerId: `2d5441303130302d${hex(place)}${hex(round)}`,
    newIds: false,
    seeder: false,
    listens: true,
    home,
    fromMs,
    leftMs: startMs + auditMs,
    unlistedMs: startMs + auditMs,
  }
}

export function simulate(plan: PlacesPlan, random: Random): Simulated {
  const starts = plan.places.flatMap(({ startsMs }) => startsMs)
  const lastMs = Math.max(...starts) + auditMs
  const everybody = crowdOf(plan, lastMs, random)
  const isThere = ({ fromMs, leftMs }: Somebody, atMs: number) => fromMs <= atMs && atMs < leftMs
  const lives = (one: Somebody) =>
    starts.some((start) => one.fromMs <= start + auditMs && one.leftMs > start + 2 * second)
  // Everybody announces once in an interval, each at a moment of their own.
  const againMs = (n: number) => ((Math.imul(n, 2_654_435_761) >>> 0) / 2 ** 32) * intervalMs
  const ours = plan.places.flatMap(({ startsMs, offline }, p) => {
    const home = Math.floor(random() * plan.replicas)
    return offline ? [] : startsMs.map((startMs, round) => auditorOf(p, round, startMs, home, random))
  })
  const knownAt = (replica: number, atMs: number): Somebody[] =>
    [...everybody, ...ours].filter(({ n, home, fromMs, leftMs, unlistedMs }) => {
      const lagMs = home === replica ? 0 : plan.lagMs
      const toldMs =
        replica === 0 && plan.restartMs !== null && fromMs < plan.restartMs && plan.restartMs <= atMs
          ? plan.restartMs + againMs(n)
          : fromMs
      return toldMs + lagMs <= atMs && toldMs <= leftMs && atMs < unlistedMs + lagMs
    })
  let invented = 1 << 22

  function told(
    place: PlacePlan,
    own: Somebody | undefined,
    atMs: number,
  ): { announce: Announce; named: string[] } {
    const made = plan.cacheMs === 0 ? atMs : Math.floor(atMs / plan.cacheMs) * plan.cacheMs
    const replica = own?.home ?? 0
    const others = (known: readonly Somebody[]) => known.filter((one) => one !== own)
    const counted = others(knownAt(replica, made))
    let [complete, incomplete] = [
      counted.filter(({ seeder }) => seeder).length,
      counted.filter(({ seeder }) => !seeder).length,
    ]
    const known = others(knownAt(replica, atMs))
    const ordered =
      plan.order === "random"
        ? shuffled(known, random)
        : known.toSorted((a, b) => (plan.order === "fixed" ? a.n - b.n : b.fromMs - a.fromMs))
    const { lie } = place
    let named = ordered.slice(0, place.cap).map(({ address }) => address)
    if (lie?.kind === "made up") {
      const fakes = Math.round(named.length * lie.share)
      named = [...named.slice(fakes), ...times(fakes, () => addressOf(invented++))]
    }
    if (lie?.kind === "scaled")
      [complete, incomplete] = [Math.round(complete * lie.factor), Math.round(incomplete * lie.factor)]
    if (lie?.kind === "hidden") {
      named = named.slice(0, lie.peers)
      complete = 0
      incomplete = lie.peers
    }
    const announce = anAnnounce({
      at: at(atMs),
      seeders: complete,
      leechers: incomplete + 1,
      peerCount: named.length,
      selfCount: 1,
      intervalMs,
    })
    return { announce, named }
  }

  const vantages = plan.places.map((place, p): Vantage => {
    const hidden = new Set(everybody.filter(() => random() < place.hiddenRatio))
    return {
      label: `place-${p}`,
      rounds: place.startsMs.map((startMs, round): Evidence => {
        const own = ours.find(({ address }) => address === `30.${p}.${round}.1:6881`)
        const askedMs = own?.fromMs ?? startMs
        const run = aRun({
          id: `${p}${round}`.padStart(8, "0"),
          startedAt: at(startMs),
          durationMs: auditMs,
          vantage: {
            label: `place-${p}`,
            ipv4: !place.offline,
            ipv6: false,
            inbound: null,
            port: 1,
            self: own ? [own.address] : [],
          },
        })
        if (place.offline) {
          const silent = anAnnounce({
            at: at(askedMs),
            ok: false,
            failure: failure("timeout"),
            seeders: null,
            leechers: null,
            selfCount: 0,
            peerCount: null,
          })
          return anEvidence({ run, torrent, trackers: [aTracker({ url, announces: [silent] })], peers: [] })
        }
        const { announce, named } = told(place, own, askedMs)
        const sources = new Map<string, Sighting[]>()
        const tell = (address: string, kind: Sighting["kind"], via: string | null) => {
          const sighting = { kind, via, at: at(askedMs) }
          const known = sources.get(address)
          if (known) known.push(sighting)
          else sources.set(address, [sighting])
        }
        for (const address of named) tell(address, "tracker", url)
        for (const one of everybody)
          if (random() < place.dhtRatio && isThere(one, askedMs - 10 * minute * random()))
            tell(one.address, "dht", "192.0.2.1:6881")
        const byAddress = new Map(everybody.map((one) => [one.address, one] as const))
        const peers = shuffled([...sources], random).map(([address, of], i): Peer => {
          const peer = { ...sighted, address, sources: of }
          if (i >= place.maxPeers) return peer
          const one = byAddress.get(address)
          const atMs = 3 * second + Math.floor((random() * auditMs) / 2)
          const attempt = { ...dial, atMs, at: at(startMs + atMs) }
          const reached =
            one !== undefined &&
            one.listens &&
            !hidden.has(one) &&
            isThere(one, startMs + atMs) &&
            random() >= place.missedRatio
          if (!reached) {
            const why = random() < 0.2 ? "refused" : "timeout"
            return {
              ...peer,
              attempts: [{ ...attempt, ok: false, failure: failure(why) }],
              stage: "dialled",
              outcome: why === "refused" ? "connect-refused" : "connect-timeout",
            }
          }
          return {
            ...peer,
            attempts: [attempt],
            stage: "claimed",
            outcome: "ok",
            claimSent: true,
            peerId: one.newIds ? `2d4c54323042302d${hex(p * 100 + round)}${hex(one.n)}` : one.peerId,
            bitfield: one.seeder ? everything : nothing,
          }
        })
        return anEvidence({ run, torrent, trackers: [aTracker({ url, announces: [announce] })], peers })
      }),
    }
  })
  return { vantages, reachable: everybody.filter((one) => one.listens && lives(one)).length }
}

export const plainPlace: PlacePlan = {
  startsMs: [0],
  hiddenRatio: 0,
  missedRatio: 0.05,
  maxPeers: 1_000,
  cap: 50,
  dhtRatio: 0,
  offline: false,
  lie: null,
}

export const plainPlan: PlacesPlan = {
  peers: 200,
  seederRatio: 0.6,
  natRatio: 0.4,
  sessionMs: 240 * minute,
  crowd: 0,
  exodus: null,
  silentRatio: 0.4,
  keptMs: 45 * minute,
  staleRatio: 0.1,
  order: "random",
  cacheMs: 0,
  replicas: 1,
  lagMs: 0,
  restartMs: null,
  places: times(3, () => plainPlace),
}

/** Whatever honest trackers, swarms and lines may do to two to five places. */
export function honestPlan(random: Random): PlacesPlan {
  const rounds = oneOf(random, [1, 1, 2, 4])
  const everyMs = oneOf(random, [10, 30, 40]) * minute
  const spreadMs = oneOf(random, [0, 20 * second, 5 * minute, 40 * minute])
  const lastMinutes = (rounds * everyMs) / minute
  const cap = oneOf(random, [20, 50, 200])
  return {
    peers: Math.round(within(random, 2.5, 6) ** 3.6),
    seederRatio: within(random, 0.1, 0.9),
    natRatio: within(random, 0, 0.75),
    sessionMs: within(random, 20, 300) * minute,
    crowd: oneOf(random, [0, 0, 100, 400]),
    exodus: oneOf(random, [
      null,
      null,
      { atMs: within(random, -30, lastMinutes) * minute, share: within(random, 0.5, 1) },
    ]),
    silentRatio: within(random, 0.1, 0.8),
    keptMs: oneOf(random, [30, 60, 120]) * minute,
    staleRatio: oneOf(random, [0, 0.1, 0.5, 2]),
    order: oneOf(random, ["random", "random", "recent first", "fixed"] as const),
    cacheMs: oneOf(random, [0, minute, 30 * minute]),
    replicas: oneOf(random, [1, 1, 2, 4]),
    lagMs: oneOf(random, [0, 5 * second, 5 * minute, 60 * minute, Infinity]),
    restartMs: oneOf(random, [null, null, within(random, -20, lastMinutes) * minute]),
    places: times(oneOf(random, [2, 3, 3, 4, 5]), () => ({
      startsMs: times(rounds, (round) => round * everyMs + Math.floor(random() * spreadMs)),
      hiddenRatio: oneOf(random, [0, 0, 0.5, 1]),
      missedRatio: 0.05,
      maxPeers: oneOf(random, [200, 1_000]),
      cap,
      dhtRatio: oneOf(random, [0, 0, 0.5]),
      offline: random() < 0.1,
      lie: null,
    })),
  }
}
