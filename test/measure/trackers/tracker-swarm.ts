/** Simulated swarms that change, the trackers that count them, and what a few runs of ours see of both. */
import type { Announce, Earlier, Evidence, Peer, Tracker } from "../../../src/evidence.ts"
import { failure } from "../../../src/failure.ts"
import { liarOf, type TrackerLie } from "../../../src/demo/tracker-lies.ts"
import { emptyBitfield, fullBitfield, setPiece, toBase64 } from "../../../src/torrent/bitfield.ts"
import {
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aSighting,
  aSightedPeer,
  aTorrent,
  aTracker,
  at,
  pieceCount,
  startedAt,
} from "../../support/builders.ts"
import { shuffled } from "./phantom-swarm.ts"

type Random = () => number
const minuteMs = 60_000

export interface CountingPlan {
  /** Most peers of one reply, a family. */
  cap: number
  /** Names a quarter to a half of them, 30 at least, more or fewer each time. */
  ragged: boolean
  order: "random" | "recent first" | "oldest first"
  /** Counts in announces are so old at most. */
  cacheMs: number
  /** Forgets who left without a word after that. */
  keptMs: number
  /** Lists only whom it can connect to, and counts all. */
  hidesUnreachable: boolean
  /** Both families have addresses; else IPv4 only. */
  dualStack: boolean
  /** Of all peers, known to it. */
  share: number
  lies: readonly TrackerLie[]
  /** Its lies are about the canary's hash, too. */
  liesToAll: boolean
}

export interface ChangingPlan {
  /** At the time of this run, about. */
  peers: number
  /** Of the peers at this run's first announce, how many were there a session before: below 1 it grows, above it shrinks. */
  before: number
  sessionMs: number
  /** As many as `peers` come in this time; in a session unless given. */
  arrivalMs?: number
  /** 1 unless given: evenly; below, ever more of them as time goes by. */
  arrivalPower?: number
  /** Behind NAT or a firewall. */
  unreachableRatio: number
  dualRatio: number
  seederRatio: number
  /** Announces in this run, and one in each earlier run. */
  announces: number
  minIntervalMs: number
  earlierRuns: number
  betweenRunsMs: number
  /** Starts as a leecher and completes in the course of it all. */
  completingRatio: number
  sizeBytes: number
  trackers: readonly CountingPlan[]
}

interface Somebody {
  address: string
  six: string | null
  fromMs: number
  leftMs: number
  /** Told the tracker. */
  polite: boolean
  reachable: boolean
  /** When it has every piece. */
  completeMs: number
  knownTo: ReadonlySet<number>
}

export const urlOf = (i: number): string => `http://tracker${i}.example${i}.org/announce`
const times = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i))
const exponential = (random: Random, mean: number): number => -Math.log(1 - random()) * mean
export const oneOf = <T>(random: Random, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)] as T

function populationOf(plan: ChangingPlan, spanMs: number, random: Random): Somebody[] {
  const somebody = (i: number, fromMs: number, leftMs: number): Somebody => {
    const draw = random()
    const seeder = draw < plan.seederRatio
    const completes = !seeder && random() < plan.completingRatio
    const knownTo = new Set(plan.trackers.flatMap(({ share }, k) => (random() < share ? [k] : [])))
    return {
      address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:6881`,
      six: random() < plan.dualRatio ? `[2001:db8:${i.toString(16)}::1]:6881` : null,
      fromMs,
      leftMs,
      polite: random() < 0.6,
      reachable: random() >= plan.unreachableRatio,
      completeMs: seeder
        ? fromMs
        : completes
          ? Math.max(fromMs, -spanMs) + random() * (spanMs + 2 * minuteMs)
          : Infinity,
      knownTo,
    }
  }
  const old = Math.round(plan.peers * plan.before)
  const rate = plan.peers / (plan.arrivalMs ?? plan.sessionMs)
  const arrivals = Math.round(rate * spanMs)
  // Who left before the first announce may be listed still.
  return [
    ...times(old, (i) =>
      somebody(i, -spanMs - plan.sessionMs, -spanMs + exponential(random, plan.sessionMs)),
    ),
    ...times(Math.round(old * 0.3), (i) =>
      somebody(old + i, -spanMs - plan.sessionMs, -spanMs - random() * 60 * minuteMs),
    ),
    ...times(arrivals, (i) => {
      const fromMs = -spanMs + random() ** (plan.arrivalPower ?? 1) * spanMs
      return somebody(2 * old + i, fromMs, fromMs + exponential(random, plan.sessionMs))
    }),
  ]
}

export function simulate(plan: ChangingPlan, random: Random): Evidence {
  const spanMs = plan.earlierRuns * plan.betweenRunsMs + plan.announces * plan.minIntervalMs
  // This run starts at 0.
  const startMs = (plan.announces - 1) * plan.minIntervalMs
  const everybody = populationOf(plan, spanMs, random).map((one) => ({
    ...one,
    fromMs: one.fromMs + startMs,
  }))
  const sightings = new Map<string, Peer["sources"]>()
  const earlierTrackers: Earlier["trackers"] = []
  const runTimes = times(plan.earlierRuns, (i) => -(plan.earlierRuns - i) * plan.betweenRunsMs)
  const trackers = plan.trackers.map((counting, k): Tracker => {
    const own = everybody.filter(({ knownTo }) => knownTo.has(k))
    let nowMs = 0
    const liar = liarOf(counting.lies, () => nowMs)
    const isListed = (one: Somebody, atMs: number) =>
      one.fromMs <= atMs && atMs < one.leftMs + (one.polite ? 0 : counting.keptMs)
    const knownAt = (atMs: number) => {
      const there = own.filter((one) => isListed(one, atMs))
      const addresses = there.flatMap((one) => (counting.dualStack && one.six ? [one, one] : [one]))
      return {
        complete: addresses.filter(({ completeMs }) => completeMs <= atMs).length,
        incomplete: addresses.filter(({ completeMs }) => completeMs > atMs).length,
        downloaded: 500 + own.filter((one) => one.completeMs > one.fromMs && one.completeMs <= atMs).length,
      }
    }
    const reply = (atMs: number, family: "ipv4" | "ipv6") => {
      nowMs = atMs + 10 * 3_600_000
      const made = counting.cacheMs === 0 ? atMs : Math.floor(atMs / counting.cacheMs) * counting.cacheMs
      const known = knownAt(made)
      const counts = liar.counts("torrent", { ...known, incomplete: known.incomplete + 1 })
      const there = own.filter(
        (one) =>
          isListed(one, atMs) &&
          (one.reachable || !counting.hidesUnreachable) &&
          (family === "ipv4" || one.six),
      )
      const ordered =
        counting.order === "random"
          ? shuffled(there, random)
          : there.toSorted((a, b) =>
              counting.order === "recent first" ? b.fromMs - a.fromMs : a.fromMs - b.fromMs,
            )
      const real = ordered
        .slice(
          0,
          counting.ragged ? Math.max(30, Math.round((0.25 + 0.25 * random()) * there.length)) : counting.cap,
        )
        .map((one) => (family === "ipv4" ? one.address : (one.six ?? "")))
      const padding = family === "ipv4" ? liar.phantoms.map(({ ip, port }) => `${ip}:${port}`) : []
      return { counts, listed: [...real, ...padding] }
    }
    earlierTrackers.push({
      url: urlOf(k),
      readings: runTimes.map((atMs) => {
        const { counts, listed } = reply(atMs, "ipv4")
        return {
          at: at(atMs),
          by: "announce",
          seeders: counts.complete,
          leechers: counts.incomplete,
          downloads: counts.downloaded,
          selfCount: 1,
          minIntervalMs: plan.minIntervalMs,
          listed: listed.length > 200 ? null : listed,
        }
      }),
    })
    const families = counting.dualStack ? (["ipv4", "ipv6"] as const) : (["ipv4"] as const)
    const announces = times(plan.announces, (i) => i).flatMap((i) =>
      families.map((family, j): Announce => {
        const atMs = i * plan.minIntervalMs + 100 * k + 1_000 * j
        const { counts, listed } = reply(atMs, family)
        const sighting = aSighting({ via: urlOf(k), at: at(atMs) })
        for (const address of listed) {
          const known = sightings.get(address)
          if (known) known.push(sighting)
          else sightings.set(address, [sighting])
        }
        return anAnnounce({
          atMs,
          event: i === 0 ? "started" : "update",
          family,
          seeders: counts.complete,
          leechers: counts.incomplete,
          downloads: counts.downloaded,
          minIntervalMs: plan.minIntervalMs,
          peerCount: listed.length,
        })
      }),
    )
    const alone = { complete: 0, incomplete: 1, downloaded: 0 }
    const strange = counting.liesToAll ? liar.counts("canary", alone) : alone
    const canary = {
      at: at(50),
      atMs: 50,
      ms: 40,
      ok: true,
      failure: null,
      seeders: strange.complete,
      leechers: strange.incomplete,
      peerCount: counting.liesToAll ? liar.phantoms.length : 0,
    }
    return aTracker({ url: urlOf(k), protocol: "http", families: [...families], announces, canary })
  })
  const byAddress = new Map(
    everybody.flatMap((one) => [[one.address, one] as const, ...(one.six ? [[one.six, one] as const] : [])]),
  )
  const endMs = startMs + 30_000
  const peers = [...sightings].map(([address, sources], i): Peer =>
    visited(aSightedPeer(0, { address, sources }), byAddress.get(address), endMs, i),
  )
  return anEvidence({
    run: aRun({ durationMs: endMs, vantage: { ...aRun().vantage, ipv6: true } }),
    torrent: aTorrent({ sizeBytes: plan.sizeBytes }),
    trackers,
    peers,
    earlier:
      plan.earlierRuns === 0
        ? null
        : {
            runs: runTimes.map((atMs) => ({ at: at(atMs), durationMs: 30_000 })),
            peers: everybody.flatMap((one) => {
              const readings = runTimes
                .filter((atMs) => one.reachable && one.fromMs <= atMs && atMs + 20_000 < one.leftMs)
                .map((atMs) => readingOf(one, atMs + 20_000))
              return readings.length === 0 ? [] : [{ address: one.address, readings }]
            }),
            trackers: earlierTrackers,
          },
  })
}

const identity = { client: "qBittorrent 4.6.0", uploadOnly: false }
const idOf = (address: string): string => Buffer.from(address.padEnd(20, "-").slice(0, 20)).toString("hex")
const half = (() => {
  const bits = emptyBitfield(pieceCount)
  for (let piece = 0; piece < pieceCount; piece += 2) setPiece(bits, piece)
  return toBase64(bits)
})()
const whole = toBase64(fullBitfield(pieceCount))

function readingOf(one: Somebody, atMs: number) {
  const done = one.completeMs <= atMs
  const haveCount = done ? pieceCount : pieceCount / 2
  return {
    at: new Date(Date.parse(startedAt) + atMs).toISOString(),
    peerId: idOf(one.address),
    ...identity,
    haveCount,
    fromCount: haveCount,
    bitfield: done ? null : half,
  }
}

function visited(peer: Peer, one: Somebody | undefined, endMs: number, i: number): Peer {
  const atMs = 2_000 + 10 * i
  const met = one !== undefined && one.reachable && one.leftMs > atMs && one.fromMs <= endMs
  if (!met)
    return {
      ...peer,
      attempts: [anAttempt({ atMs, ok: false, failure: failure(i % 3 === 0 ? "refused" : "timeout") })],
      stage: "dialled",
      outcome: i % 3 === 0 ? "connect-refused" : "connect-timeout",
    }
  const done = one.completeMs <= endMs
  return {
    ...peer,
    attempts: [anAttempt({ atMs })],
    stage: "claimed",
    outcome: "ok",
    peerId: idOf(peer.address),
    client: identity.client,
    clientFamily: "qBittorrent",
    claimSent: true,
    bitfield: done ? whole : half,
    haveCount: done ? pieceCount : pieceCount / 2,
    haveRatio: done ? 1 : 0.5,
    haveEvents: [],
  }
}
