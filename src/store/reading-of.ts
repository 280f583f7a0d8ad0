/** One run's evidence as readings for later runs. Pure. */
import type {
  Announce,
  Depth,
  Earlier,
  Endpoint,
  Evidence,
  Peer,
  PeerReading,
  Tracker,
  TrackerReading,
} from "../evidence.ts"
import { limits } from "../limits.ts"

type Seen = Pick<Evidence, "run" | "torrent" | "trackers" | "peers">

const visiting: ReadonlySet<Depth> = new Set<Depth>(["handshake", "sample", "full"])

/** Null: nobody told us what it holds, so that there is nothing to compare with later. */
export function readingsOf({ run, torrent, trackers, peers }: Seen): Earlier | null {
  if (!visiting.has(run.depth)) return null
  const read = peers.flatMap((peer) => {
    const reading = readingOf(peer, run, torrent.pieceCount)
    return reading ? [{ address: peer.address, readings: [reading] }] : []
  })
  if (read.length === 0) return null
  return {
    runs: [{ at: run.startedAt, durationMs: run.durationMs }],
    peers: read,
    trackers: trackers.flatMap((tracker) => {
      const readings = trackerReadings(tracker, peers)
      return readings.length > 0 ? [{ url: tracker.url, readings }] : []
    }),
  }
}

/** Of the visit that the record is about. Silence where a claim was waited for tells nothing. */
function readingOf(peer: Peer, run: Seen["run"], pieceCount: number): PeerReading | null {
  const { haveCount, bitfield, claimSent, outcome, haveEvents, readings = [] } = peer
  if (haveCount === null || bitfield === null || claimSent === false) return null
  if (outcome === "self" || outcome === "wrong-info-hash") return null
  const visit = readings.findLast(({ toCount }) => toCount === haveCount)
  const whole = haveCount === 0 || haveCount === pieceCount
  return {
    at: later(run.startedAt, visit?.toMs ?? run.durationMs),
    peerId: peer.peerId,
    client: peer.client,
    uploadOnly: peer.extensions?.uploadOnly ?? null,
    haveCount,
    fromCount: visit?.fromCount ?? haveEvents[0]?.count ?? haveCount,
    bitfield: whole ? null : bitfield,
  }
}

const later = (at: string, ms: number): string => new Date(Date.parse(at) + Math.round(ms)).toISOString()

/**
 * What it answered itself in this run: an answer that was used again is a reading of the run that got it, and what it says to our
 * leaving names nobody.
 */
function trackerReadings({ url, announces, scrape }: Tracker, peers: readonly Peer[]): TrackerReading[] {
  const made = announces
    .filter(({ ok, reused, event }) => ok && !reused && event !== "stopped")
    .map((announce): TrackerReading => ({
      at: announce.at,
      by: "announce",
      seeders: announce.seeders,
      leechers: announce.leechers,
      downloads: announce.downloads,
      selfCount: announce.selfCount,
      minIntervalMs: announce.minIntervalMs,
      listed: listedBy(url, announce, peers),
    }))
  const since = announces.some(({ reused }) => reused)
  if (!scrape?.ok || since) return made
  const { at, seeders, leechers, downloads, selfCount } = scrape
  return [
    ...made,
    { at, by: "scrape", seeders, leechers, downloads, selfCount, minIntervalMs: null, listed: null },
  ]
}

function listedBy(url: string, { at, peerCount }: Announce, peers: readonly Peer[]): Endpoint[] | null {
  if (peerCount === null || peerCount > limits.readings.maxListed) return null
  const named = peers
    .filter(({ sources }) =>
      sources.some((source) => source.kind === "tracker" && source.via === url && source.at === at),
    )
    .map(({ address }) => address)
  // Fewer: a cap of ours kept some out of the record, and part of a list tells nothing.
  return named.length < peerCount || named.length > limits.readings.maxListed ? null : named
}
