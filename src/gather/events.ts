/** What happened since the last look, told by what is recorded: nothing else has to know that somebody listens. */
import type {
  Announce,
  PeerEvent,
  PieceEvent,
  Progress,
  RunEvent,
  Sample,
  Scrape,
  Tracker,
  WebSeed,
} from "../evidence.ts"
import { limits } from "../limits.ts"
import { clientOf, stageOf, type Entry } from "./peer-book.ts"

export interface Recorded {
  progress: Progress
  trackers: readonly Tracker[]
  entries: Iterable<Entry>
  webSeeds: readonly WebSeed[]
}

export interface Events {
  /** Also the last time, when everything is recorded. */
  look(recorded: Recorded): void
}

interface Followed {
  stage: PeerEvent["stage"]
  failed: number
  samples: number
}

export function createEvents(startedAt: string, tell: (event: RunEvent) => void): Events {
  const startedMs = Date.parse(startedAt)
  const timeOf = (atMs: number) => new Date(startedMs + atMs).toISOString()
  const told = new Set<Announce | Scrape>()
  const followed = new Map<Entry, Followed>()
  const ofWebSeeds = new Map<string, number>()
  let phase: Progress["phase"] | null = null
  let progressAtMs = -Infinity

  function lookAtTracker({ url, announces, scrape }: Tracker): void {
    for (const question of [...announces, ...(scrape ? [scrape] : [])]) {
      if (told.has(question)) continue
      told.add(question)
      tell(trackerEvent(url, question))
    }
  }

  function lookAtPeer(entry: Entry, now: number): void {
    const known = followed.get(entry)
    const stage = stageOf(entry)
    const ended = entry.attempts.filter(({ failure, ok }) => failure !== null && !ok)
    const samples = entry.visits.flatMap((visit) => visit.samples)
    for (const sample of samples.slice(known?.samples ?? 0))
      tell({ ...pieceEvent(sample, timeOf), address: entry.address, url: null })
    followed.set(entry, { stage, failed: ended.length, samples: samples.length })
    if (known?.stage === stage && known.failed === ended.length) return
    tell({
      type: "peer",
      at: timeOf(now),
      address: entry.address,
      stage,
      failure: (ended.length > (known?.failed ?? 0) ? ended.at(-1)?.failure?.code : null) ?? null,
      client: clientOf(entry),
      haveCount: entry.visits.findLast(({ haveCount }) => haveCount !== null)?.haveCount ?? null,
    })
  }

  return {
    look({ progress, trackers, entries, webSeeds }) {
      const { now } = progress
      if (progress.phase !== phase) {
        phase = progress.phase
        tell({ type: "phase", at: timeOf(now), phase })
      }
      for (const tracker of trackers) lookAtTracker(tracker)
      for (const entry of entries) lookAtPeer(entry, now)
      for (const { url, samples = [] } of webSeeds) {
        for (const sample of samples.slice(ofWebSeeds.get(url) ?? 0))
          tell({ ...pieceEvent(sample, timeOf), address: null, url })
        ofWebSeeds.set(url, samples.length)
      }
      if (now - progressAtMs < limits.events.progressMs) return
      progressAtMs = now
      const { bytesPerSecond } = progress.pieces
      const pieces = { ...progress.pieces, bytesPerSecond: Math.round(bytesPerSecond) }
      tell({ type: "progress", at: timeOf(now), progress: { ...progress, now: rounded(now), pieces } })
    },
  }
}

/** Microseconds say nothing. */
const rounded = (ms: number): number => Number(ms.toFixed(2))

function trackerEvent(url: string, question: Announce | Scrape): RunEvent {
  const { at, ok, ms, family, failure, seeders, leechers, downloads } = question
  const isAnnounce = "event" in question
  return {
    type: "tracker",
    at,
    url,
    question: isAnnounce ? question.event : "scrape",
    family,
    ok,
    failure: failure?.code ?? null,
    ms: ms === null ? null : rounded(ms),
    seeders,
    leechers,
    downloads,
    peerCount: isAnnounce ? question.peerCount : null,
  }
}

const pieceEvent = (
  { piece, atMs, bytes, ms, verified, failure }: Sample,
  timeOf: (atMs: number) => string,
): Omit<PieceEvent, "address" | "url"> => ({
  type: "piece",
  at: timeOf(atMs + ms),
  piece,
  bytes,
  ms: rounded(ms),
  verified,
  failure: failure?.code ?? null,
})
