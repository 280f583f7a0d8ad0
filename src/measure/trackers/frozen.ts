import type { Evidence, Peer } from "../../evidence.ts"
import { progressOf } from "../progress.ts"
import { keptMs, readingsOf, type Reading } from "./readings.ts"

export const leastAnnounces = 3
export const leastCompletions = 3
/** What comes so soon after the claim belongs to it: seeders with a «lazy» bitfield (µTorrent's, by default) complete within that. */
const headMs = 10_000
/** Of a tracker that names no minimum; the two families of one announce are nearer. */
const leastApartMs = 2_000

export interface Completion {
  address: string
  /** Last seen without, and first seen with, every piece. */
  from: string
  to: string
}

export interface Frozen {
  url: string
  seeders: number
  leechers: number
  downloads: number | null
  /** When it gave these counts, each at least its own minimum interval after the one before. */
  at: string[]
  /** Of peers that it listed, between the first of these replies and `lagMs` before the last. */
  completions: Completion[]
  /** Counts may be kept for so long, and a client takes a moment to tell its tracker that it is done. */
  lagMs: number
  /** Whom the last reply names of those, and of the seeders that sent us right pieces: at least so many seeders it must count. */
  seedersListed: number
  /** `proven`: `downloads` must have risen, or more seeders are there than it counts. `open`: the others may make up for it. */
  state: "proven" | "open" | "quiet"
}

type Seen = Pick<Evidence, "run" | "torrent" | "trackers" | "peers" | "earlier">

/**
 * Trackers whose announces gave the same counts again and again, the last one in this run, and what happened meanwhile. Exact: each
 * completion raises `downloads` for good; without that count (a tracker that keeps none may say 0), whoever completed and is still listed is a
 * seeder. Seeders and
 * leechers alone may be as many as before by chance. Scrapes may be cached for long, so that only announces count.
 */
export function frozenOf(evidence: Seen): Frozen[] {
  const seen = once(() => ({ completions: completionsOf(evidence), listed: listersOf(evidence.peers) }))
  return readingsOf(evidence).flatMap((readings, i) => {
    const url = evidence.trackers[i]?.url ?? ""
    const announces = readings.filter(({ by }) => by === "announce")
    const last = announces.at(-1)
    if (!last?.fresh || last.seeders === null || last.leechers === null) return []
    const changed = announces.findLastIndex((reading) => !sameCounts(reading, last))
    const same = spaced(announces.slice(changed + 1))
    const [first] = same
    if (!first || same.length < leastAnnounces) return []
    const { completions, listed: listedNow } = seen()
    const listed = new Set([
      ...announces.flatMap((reading) => [...(reading.listed ?? [])]),
      ...(listedNow.get(url) ?? []),
    ])
    const lagMs = Math.max(keptMs(evidence.trackers[i]), last.minIntervalMs ?? 0)
    const until = last.atMs - lagMs
    const meanwhile = completions.filter(
      ({ address, from, to }) =>
        listed.has(address) && Date.parse(from) >= first.atMs && Date.parse(to) <= until,
    )
    const seedersListed = new Set(
      [...meanwhile.map(({ address }) => address), ...provenSeeders(evidence)].filter((address) =>
        last.listed?.has(address),
      ),
    ).size
    const enough = meanwhile.length >= leastCompletions
    const contradicted = countsDownloads(last) || seedersListed > last.seeders
    return [
      {
        url,
        seeders: last.seeders,
        leechers: last.leechers,
        downloads: last.downloads,
        at: same.map(({ at }) => at),
        completions: meanwhile,
        lagMs,
        seedersListed,
        state: meanwhile.length === 0 ? "quiet" : enough && contradicted ? "proven" : "open",
      },
    ]
  })
}

/** Most trackers' counts move, and then nobody needs to be looked at. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => (made ??= { value: make() }).value
}

export const countsDownloads = ({ downloads }: Pick<Reading, "downloads">): boolean => (downloads ?? 0) > 0

const sameCounts = (one: Reading, other: Reading): boolean =>
  one.seeders === other.seeders && one.leechers === other.leechers && one.downloads === other.downloads

function spaced(readings: readonly Reading[]): Reading[] {
  const kept: Reading[] = []
  for (const reading of readings) {
    const before = kept.at(-1)
    const apartMs = before?.minIntervalMs ?? leastApartMs
    if (!before || reading.atMs - before.atMs >= apartMs) kept.push(reading)
  }
  // The last reply is what all is held against.
  const last = readings.at(-1)
  return last && !kept.includes(last) ? [...kept.slice(0, -1), last] : kept
}

/** Leechers that were seen to hold every piece later on, between runs or within this one. Who sent wrong pieces vouches for nothing. */
function completionsOf(evidence: Seen): Completion[] {
  const { run, torrent, peers } = evidence
  const liars = new Set(peers.filter(sentWrong).map(({ address }) => address))
  const startedMs = Date.parse(run.startedAt)
  const at = (atMs: number) => new Date(startedMs + Math.round(atMs)).toISOString()
  const between = (progressOf(evidence)?.confirmedCompletions ?? []).map(({ address, from, to }) => ({
    address,
    from,
    to,
  }))
  const within = peers.flatMap(({ address, extensions, haveEvents, readings = [] }) =>
    extensions?.uploadOnly === true && extensions.uploadOnlyChanged !== true
      ? []
      : [
          haveEvents,
          ...readings.map(({ fromMs, fromCount, events }) => [{ atMs: fromMs, count: fromCount }, ...events]),
        ].flatMap((events) => {
          const [first] = events
          if (!first || first.count === 0) return []
          const claimed = events.slice(events.findLastIndex(({ atMs }) => atMs <= first.atMs + headMs))
          const done = claimed.findIndex(({ count }) => count === torrent.pieceCount)
          const [before, after] = [claimed[done - 1], claimed[done]]
          if (!before || !after) return []
          return [{ address, from: at(before.atMs), to: at(after.atMs) }]
        }),
  )
  const first = new Map<string, Completion>()
  for (const completion of [...within, ...between])
    if (!liars.has(completion.address) && !first.has(completion.address))
      first.set(completion.address, completion)
  return [...first.values()]
}

const sentWrong = ({ samples }: Peer): boolean => samples.some(({ verified }) => verified === false)

/** Right pieces, every piece claimed. */
const provenSeeders = ({ peers, torrent }: Seen): string[] =>
  peers
    .filter(
      (peer) =>
        peer.haveCount === torrent.pieceCount &&
        !sentWrong(peer) &&
        peer.samples.some(({ verified }) => verified === true),
    )
    .map(({ address }) => address)

/** Whom each tracker named in this run, by its URL. */
function listersOf(peers: readonly Peer[]): Map<string, string[]> {
  const listed = new Map<string, string[]>()
  for (const { address, sources } of peers)
    for (const { kind, via } of sources) if (kind === "tracker" && via !== null) push(listed, via, address)
  return listed
}

function push(listed: Map<string, string[]>, via: string, address: string): void {
  const known = listed.get(via)
  if (known) known.push(address)
  else listed.set(via, [address])
}
