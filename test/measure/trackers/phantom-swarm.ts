/** Simulated swarms of two to four trackers: who lives, who left, who is behind NAT, what each tracker lists, and whom we dial. */
import { failure } from "../../../src/failure.ts"
import type { Attempt, Evidence, Peer, Tracker } from "../../../src/evidence.ts"
import {
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aSighting,
  aSightedPeer,
  aTracker,
  at,
} from "../../support/builders.ts"

type Random = () => number

export interface TrackerPlan {
  /** Live peers whose first tracker this is. */
  peers: number
  /** Of them, behind NAT or a firewall. */
  natRatio: number
  intervalMinutes: number
  /** Most peers of one reply, a family. */
  cap: number
  order: "random" | "recent first" | "fixed"
  replies: number
  /** Of its peers, reached over IPv6. */
  ipv6Ratio: number
  /** Of what it returns, dead addresses made up. */
  paddedRatio: number
}

export interface SwarmPlan {
  trackers: TrackerPlan[]
  /** Of the peers of each tracker, or of every one, how many announce to each other one as well. */
  overlapRatio: number | readonly number[]
  meanSessionMinutes: number
  /** Of those who leave, who don't say so. */
  silentRatio: number
  /** Addresses dialled at most. */
  maxPeers: number
  /** Live peers that PEX or the DHT name as well. */
  vouchedRatio: number
}

interface Somebody {
  home: number
  ipv6: boolean
  listens: boolean
  trackers: readonly number[]
  /** Since it left; 0: it is there. */
  goneMinutes: number
}

export const urlOf = (i: number): string => `http://tracker${i}.example${i}.org/announce`

/** A tracker forgets who hasn't announced for so many intervals. */
const keptIntervals = 2
/** Live peers that answer all the same: full, or packets lost. */
const missedRatio = 0.05
/** IPv6 has no NAT, and firewalls that let nobody in. */
const ipv6ClosedRatio = 0.8
const refusedRatio = 0.2

const times = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i))

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items]
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const moved = all[i] as T
    all[i] = all[j] as T
    all[j] = moved
  }
  return all
}

const dial = anAttempt()
const sighted = aSightedPeer(0)

/** The evidence of one audit. */
export function simulate(plan: SwarmPlan, random: Random): Evidence {
  const everybody = plan.trackers.flatMap((tracker, home) => population(plan, tracker, home, random))
  const sightings = new Map<string, { who: Somebody | null; sources: Peer["sources"] }>()
  const trackers = plan.trackers.map((tracker, i): Tracker => {
    const listed = shuffled(
      everybody.flatMap((who, id) => {
        const ageMinutes = who.goneMinutes + random() * tracker.intervalMinutes
        const kept = who.goneMinutes === 0 || ageMinutes < keptIntervals * tracker.intervalMinutes
        return who.trackers.includes(i) && kept ? [{ who, id, ageMinutes }] : []
      }),
      random,
    )
    if (tracker.order === "recent first") listed.sort((a, b) => a.ageMinutes - b.ageMinutes)
    const announces = times(tracker.replies, (reply) => reply).flatMap((reply) =>
      (["ipv4", "ipv6"] as const).flatMap((family) => {
        const members = listed.filter(({ who }) => who.ipv6 === (family === "ipv6"))
        if (members.length === 0) return []
        const atMs = 1_000 * reply + (family === "ipv6" ? 500 : 0) + i
        const real = (tracker.order === "random" ? shuffled(members, random) : members)
          .slice(0, tracker.cap)
          .slice(0, Math.round(Math.min(tracker.cap, members.length) * (1 - tracker.paddedRatio)) || 0)
        const fakes = Math.round(Math.min(tracker.cap, members.length) * tracker.paddedRatio)
        const named = [
          ...real.map(({ who, id }) => ({ who, address: addressOf(id, who.ipv6) })),
          ...times(fakes, (fake) => ({
            who: null,
            address: addressOf(1_000_000 + 100_000 * i + fake + 1_000 * reply, family === "ipv6"),
          })),
        ]
        const sighting = aSighting({ via: urlOf(i), at: at(atMs) })
        for (const { who, address } of named) {
          const known = sightings.get(address) ?? { who, sources: [] }
          known.sources.push(sighting)
          sightings.set(address, known)
        }
        const seeders = Math.round(listed.length * 0.7)
        return [
          anAnnounce({
            atMs,
            family,
            peerCount: named.length,
            seeders,
            leechers: listed.length - seeders + 1,
            downloads: Math.floor(random() * 10_000),
          }),
        ]
      }),
    )
    return aTracker({ url: urlOf(i), protocol: "http", families: ["ipv4", "ipv6"], announces })
  })
  const peers = shuffled([...sightings], random).map(([address, { who, sources }], order): Peer => {
    const vouched = who !== null && who.goneMinutes === 0 && random() < plan.vouchedRatio
    const named = vouched ? [...sources, aSighting({ kind: "pex", via: "203.0.113.1:6881" })] : sources
    if (order >= plan.maxPeers) return { ...sighted, address, sources: named }
    const visited = (over: Partial<Attempt>, of: Partial<Peer>): Peer => ({
      ...sighted,
      address,
      sources: named,
      attempts: [{ ...dial, atMs: 2_000 + 100 * order, ...over }],
      ...of,
    })
    if (who && who.goneMinutes === 0 && who.listens && random() >= missedRatio)
      return visited({}, { stage: "identified", outcome: "ok" })
    return random() < refusedRatio
      ? visited({ ok: false, failure: failure("refused") }, { stage: "dialled", outcome: "connect-refused" })
      : visited({ ok: false, failure: failure("timeout") }, { stage: "dialled", outcome: "connect-timeout" })
  })
  return anEvidence({
    run: aRun({ vantage: { ...aRun().vantage, ipv6: true } }),
    trackers,
    peers,
  })
}

const addressOf = (id: number, ipv6: boolean): string =>
  ipv6
    ? `[2001:db8::${id
        .toString(16)
        .padStart(8, "0")
        .replace(/(.{4})(.{4})/, "$1:$2")}]:6881`
    : `10.${id >> 16}.${(id >> 8) & 255}.${id & 255}:6881`

/** Those who are there, and those who left silently within the longest time that any tracker keeps somebody. */
function population(plan: SwarmPlan, tracker: TrackerPlan, home: number, random: Random): Somebody[] {
  const longestMinutes =
    keptIntervals * Math.max(...plan.trackers.map(({ intervalMinutes }) => intervalMinutes))
  const overlapRatio =
    typeof plan.overlapRatio === "number" ? plan.overlapRatio : (plan.overlapRatio[home] ?? 0)
  const gone = Math.round(tracker.peers * plan.silentRatio * (longestMinutes / plan.meanSessionMinutes))
  return times(tracker.peers + gone, (i): Somebody => {
    const ipv6 = random() < tracker.ipv6Ratio
    return {
      home,
      ipv6,
      listens: random() >= (ipv6 ? ipv6ClosedRatio : tracker.natRatio),
      trackers: plan.trackers.flatMap((_, other) =>
        other === home || random() < overlapRatio ? [other] : [],
      ),
      goneMinutes: i < tracker.peers ? 0 : random() * longestMinutes,
    }
  })
}

const oneOf = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
const within = (random: Random, low: number, high: number): number => low + random() * (high - low)

/** Two to four honest trackers that differ in whatever honest trackers may differ in. */
export function honestPlan(random: Random, nat: readonly [low: number, high: number]): SwarmPlan {
  return {
    trackers: times(2 + Math.floor(random() * 3), () => ({
      peers: Math.round(within(random, 3, 6.5) ** 3.6),
      natRatio: within(random, ...nat),
      intervalMinutes: oneOf(random, [15, 30, 60, 120]),
      cap: oneOf(random, [30, 50, 74, 200, 1_000]),
      order: oneOf(random, ["random", "random", "recent first", "fixed"] as const),
      replies: oneOf(random, [1, 1, 2, 3]),
      ipv6Ratio: oneOf(random, [0, 0, 0.1, 0.5, 1]),
      paddedRatio: 0,
    })),
    overlapRatio: oneOf(random, [0, 0.1, 0.5, 0.9, 1]),
    // With the mean interval, 15% of a list are gone.
    meanSessionMinutes: within(random, 60, 360),
    silentRatio: within(random, 0.1, 0.6),
    maxPeers: oneOf(random, [200, 500, 5_000]),
    vouchedRatio: oneOf(random, [0, 0, 0.5]),
  }
}
