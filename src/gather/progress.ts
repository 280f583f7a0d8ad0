/** What is known while evidence is gathered, for whoever wants to draw it. */
import type { Progress, SourceKind, Torrent } from "../evidence.ts"
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
  const entries = [...(visiting?.probes.book.values() ?? [])]
  const failed = (code: string) =>
    entries.filter(({ attempts }) => attempts.at(-1)?.failure?.code === code).length
  const payloadBytes = visiting?.sampling.payloadBytes ?? 0
  const foundBy = (source: SourceKind) =>
    entries.filter(({ sources }) => sources.some(({ kind }) => kind === source)).length
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
      peers: foundBy("tracker"),
    },
    dht: sources.dht && {
      asked: sources.dht.record.nodes.length,
      answered: sources.dht.record.nodes.filter(({ replies }) => replies > 0).length,
      peers: sources.dht.record.peerCount,
      settled: sources.dhtSettled,
    },
    pex: { listening: visiting?.probes.listening ?? 0, peers: foundBy("pex") },
    metadata:
      search && visiting === null ? { asked: search.record.tries.length, asking: search.asking } : null,
    peers: {
      known: entries.length,
      dialled: entries.filter(({ attempts }) => attempts.length > 0).length,
      handshaken: entries.filter(({ visits }) => visits.some(({ handshakeMs }) => handshakeMs !== null))
        .length,
      refused: failed("refused"),
      timedOut: failed("timeout"),
    },
    pieces: {
      verified: visiting?.sampling.plan.verifiedCount() ?? 0,
      wanted: visiting?.sampling.plan.wanted ?? 0,
      bytes: payloadBytes,
      bytesPerSecond: now > 0 ? (payloadBytes / now) * 1_000 : 0,
    },
  }
}
