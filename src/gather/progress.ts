/** What is known while evidence is gathered, for whoever wants to draw it. */
import type { Progress, Torrent } from "../evidence.ts"
import type { FindMetadata } from "./find-metadata.ts"
import type { Sources } from "./sources.ts"
import type { Visiting } from "./visiting.ts"

export function progressOf(state: {
  now: number
  timeoutMs: number
  torrent: Torrent
  phase: Progress["phase"]
  sources: Pick<Sources, "trackers" | "dht" | "dhtSettled">
  search: Pick<FindMetadata, "asking" | "record"> | null
  /** Null before there is anybody to visit. */
  visiting: Pick<Visiting, "probes" | "sampling"> | null
}): Progress {
  const { now, timeoutMs, torrent, phase, sources, search, visiting } = state
  const { trackers } = sources.trackers
  const peers = { known: 0, dialled: 0, handshaken: 0, refused: 0, timedOut: 0 }
  const found = { tracker: 0, pex: 0 }
  for (const { attempts, visits, sources: namedBy } of visiting?.probes.book.values() ?? []) {
    const ended = attempts.at(-1)?.failure?.code
    peers.known++
    if (attempts.length > 0) peers.dialled++
    if (visits.some(({ handshakeMs }) => handshakeMs !== null)) peers.handshaken++
    if (ended === "refused") peers.refused++
    if (ended === "timeout") peers.timedOut++
    if (namedBy.some(({ kind }) => kind === "tracker")) found.tracker++
    if (namedBy.some(({ kind }) => kind === "pex")) found.pex++
  }
  const payloadBytes = visiting?.sampling.payloadBytes ?? 0
  return {
    now,
    timeoutMs,
    name: torrent.name,
    sizeBytes: torrent.sizeBytes,
    phase,
    trackers: {
      answered: trackers.filter(({ announces, scrape }) => scrape?.ok || announces.some(({ ok }) => ok))
        .length,
      total: trackers.length,
      peers: found.tracker,
    },
    dht: sources.dht && {
      asked: sources.dht.record.nodes.length,
      answered: sources.dht.record.nodes.filter(({ replies }) => replies > 0).length,
      peers: sources.dht.record.peerCount,
      settled: sources.dhtSettled,
    },
    pex: { listening: visiting?.probes.listening ?? 0, peers: found.pex },
    metadata:
      search && visiting === null ? { asked: search.record.tries.length, asking: search.asking } : null,
    peers,
    pieces: {
      verified: visiting?.sampling.plan.verifiedCount() ?? 0,
      wanted: visiting?.sampling.plan.wanted ?? 0,
      bytes: payloadBytes,
      bytesPerSecond: now > 0 ? (payloadBytes / now) * 1_000 : 0,
    },
  }
}
