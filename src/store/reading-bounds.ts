/** Readings of several runs as one record, within its bounds: what is oldest, or says least, goes first. Pure. */
import type { Earlier, PeerReading } from "../evidence.ts"
import { limits } from "../limits.ts"

const { keepMs, maxRuns, maxPeers, maxReadings, maxTrackers, maxTrackerReadings, maxFileBytes } =
  limits.readings

/**
 * `now`: ms since the epoch. Readings already there aren't added twice. What a wrong clock dated later than now goes: in that order, a
 * peer that gained would seem to lose.
 */
export function joined(before: Earlier | null, after: Earlier, now: number): Earlier {
  const fresh = ({ at }: { at: string }) => Date.parse(at) >= now - keepMs && Date.parse(at) <= now
  const runs = byTime([...(before?.runs ?? []), ...after.runs], ({ at }) => at).filter(fresh)
  const peers = grouped(
    [...(before?.peers ?? []), ...after.peers].map((peer) => [peer.address, peer.readings] as const),
  )
    .map(([address, readings]) => ({
      address,
      readings: thinned(byTime(readings, ({ at }) => at).filter(fresh)),
    }))
    .filter(({ readings }) => readings.length > 0)
  const trackers = grouped(
    [...(before?.trackers ?? []), ...after.trackers].map(
      (tracker) => [tracker.url, tracker.readings] as const,
    ),
  )
    .map(([url, readings]) => ({
      url,
      readings: byTime(readings, ({ at, by }) => `${at} ${by}`)
        .filter(fresh)
        .slice(-maxTrackerReadings),
    }))
    .filter(({ readings }) => readings.length > 0)
  return fitting({
    runs: runs.slice(-maxRuns),
    peers: latest(peers, maxPeers),
    trackers: latest(trackers, maxTrackers),
  })
}

/** Oldest first, each key once. */
function byTime<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const once = new Map(items.map((item) => [keyOf(item), item]))
  return [...once].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
}

function grouped<R>(items: readonly (readonly [key: string, readings: readonly R[]])[]): [string, R[]][] {
  const groups = new Map<string, R[]>()
  for (const [key, readings] of items) groups.set(key, [...(groups.get(key) ?? []), ...readings])
  return [...groups]
}

/** Those heard of most recently, in the order that they had. */
function latest<T extends { readings: readonly { at: string }[] }>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  const lastOf = ({ readings }: T) => readings.at(-1)?.at ?? ""
  const kept = new Set(items.toSorted((a, b) => (lastOf(a) < lastOf(b) ? 1 : -1)).slice(0, most))
  return items.filter((item) => kept.has(item))
}

/** A reading between two that say the same says nothing; without such, the oldest goes. */
function thinned(readings: PeerReading[]): PeerReading[] {
  const kept = [...readings]
  while (kept.length > maxReadings) {
    const idle = kept.findIndex(
      (reading, i) =>
        i > 1 && i < kept.length - 1 && says(kept[i - 1], reading) && says(reading, kept[i + 1]),
    )
    kept.splice(Math.max(0, idle), 1)
  }
  return kept
}

const says = (one: PeerReading | undefined, other: PeerReading | undefined): boolean =>
  one?.haveCount === other?.haveCount &&
  one?.fromCount === other?.fromCount &&
  one?.bitfield === other?.bitfield &&
  one?.peerId === other?.peerId

/** First the oldest bitfields go, then whole readings, the oldest first. */
function fitting(earlier: Earlier): Earlier {
  let bytes = JSON.stringify(earlier).length
  if (bytes <= maxFileBytes) return earlier
  const bare = new Set<PeerReading>()
  const gone = new Set<PeerReading>()
  const oldest = earlier.peers.flatMap(({ readings }) => readings).toSorted((a, b) => (a.at < b.at ? -1 : 1))
  for (const reading of oldest) {
    if (bytes <= maxFileBytes) break
    bare.add(reading)
    bytes -= reading.bitfield?.length ?? 0
  }
  for (const reading of oldest) {
    if (bytes <= maxFileBytes) break
    gone.add(reading)
    bytes -= JSON.stringify({ ...reading, bitfield: null }).length
  }
  const peers = earlier.peers.map(({ address, readings }) => ({
    address,
    readings: readings
      .filter((reading) => !gone.has(reading))
      .map((reading) => (bare.has(reading) ? { ...reading, bitfield: null } : reading)),
  }))
  return { ...earlier, peers: peers.filter(({ readings }) => readings.length > 0) }
}
