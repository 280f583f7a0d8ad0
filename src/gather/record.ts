/** Everything that a run saw, as Evidence. */
import type {
  Attempt,
  Dht,
  Evidence,
  Family,
  MetadataSearch,
  Peer,
  Run,
  Torrent,
  Tracker,
  Trial,
  WebSeed,
} from "../evidence.ts"
import type { GatherOptions } from "../gather.ts"
import { limits, paces } from "../limits.ts"
import { grantedRates } from "../measure/contention.ts"
import { haveRate } from "../measure/have-rate.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import type { Reference } from "../torrent/reference.ts"
import { homesOf, type Home } from "./homes.ts"
import { toPeer, type Entry } from "./peer-book.ts"

export interface Gathered {
  id: string
  startedAt: string
  durationMs: number
  stopReason: Run["stopReason"]
  options: GatherOptions
  capsHit: Run["capsHit"]
  inbound: boolean
  listenPort: number | null
  /** A socket for uTP was open. */
  utp: boolean
  /** Null: none was given. */
  reference: Pick<Reference, "right" | "wrong" | "missing"> | null
  /** Our endpoints as trackers told us. */
  self: readonly string[]
  cpuMs: number
  torrent: Torrent
  webSeeds: readonly WebSeed[]
  /** Of pieces that web seeds sent. */
  webSeedBytes: number
  trackers: readonly Tracker[]
  dht: Dht | null
  discovery: Run["discovery"]
  metadata: MetadataSearch | null
  metadataBytes: { readonly read: number; readonly written: number }
  trials: readonly Trial[]
  entries: readonly Entry[]
}

export function toEvidence(gathered: Gathered): Evidence {
  const { options, torrent, trackers, dht, metadata, entries, capsHit, stopReason } = gathered
  const pace = paces[options.pace]
  const peers = homesOf(entries, torrent.pieceCount).map((home) => peerOf(home, torrent.pieceCount))
  const visits = entries.flatMap((entry) => entry.visits)
  const sum = (of: (bytes: { read: number; written: number }) => number) =>
    [
      ...visits.map(({ bytes }) => bytes),
      ...entries.flatMap(({ echoBytes, checkBytes }) => [echoBytes, checkBytes]),
    ].reduce((total, bytes) => total + of(bytes), 0)
  // Who sends any handshake back shows us ours, too.
  const reachedSelf = peers
    .filter(({ outcome, echo }) => outcome === "self" && echo?.echoed !== true)
    .map(({ address }) => address)

  const evidence = rounded({
    run: {
      id: gathered.id,
      startedAt: gathered.startedAt,
      durationMs: gathered.durationMs,
      depth: options.depth,
      pace: options.pace,
      seed: options.seed,
      complete: stopReason === "complete",
      stopReason,
      thresholds: options.thresholds,
      limits: {
        timeoutMs: options.timeoutMs,
        maxPeers: options.maxPeers,
        maxDownloadBytes: options.maxDownloadBytes,
        samplePieces: options.samplePieces,
        sockets: pace.sockets,
        dialsPerSecond: uncapped(pace.dialsPerSecond),
        totalBytesPerSecond: uncapped(pace.totalBytesPerSecond),
        peerBytesPerSecond: uncapped(pace.peerBytesPerSecond),
        unchokeMs: pace.unchokeMs,
        blockMs: limits.peer.blockMs,
      },
      capsHit,
      trials: [...gathered.trials],
      discovery: gathered.discovery,
      metadata,
      contact: {
        encryption: options.encryption,
        utp: gathered.utp,
        proxy: options.proxied,
        off: [...(options.off ?? [])],
      },
      reference: gathered.reference && {
        right: gathered.reference.right,
        wrong: gathered.reference.wrong,
        missing: gathered.reference.missing,
      },
      vantage: {
        ...(options.vantage !== undefined && { label: options.vantage }),
        ipv4: answered(gathered, peers, "ipv4"),
        ipv6: answered(gathered, peers, "ipv6"),
        inbound: gathered.inbound ? true : null,
        port: gathered.listenPort,
        self: [...new Set([...gathered.self, ...reachedSelf])],
      },
      usage: {
        downloadedBytes: sum(({ read }) => read) + gathered.metadataBytes.read + gathered.webSeedBytes,
        uploadedBytes: sum(({ written }) => written) + gathered.metadataBytes.written,
        payloadBytes: visits.reduce((total, visit) => total + visit.payloadBytes, gathered.webSeedBytes),
        cpuMs: gathered.cpuMs,
        peakRssBytes: process.resourceUsage().maxRSS * 1_024,
      },
    },
    torrent,
    trackers: [...trackers],
    dht,
    webSeeds: [...gathered.webSeeds],
    peers,
  })
  const rates = grantedRates(evidence)
  for (const [i, peer] of evidence.peers.entries()) {
    peer.goodputBytesPerSecond = rounded(rates[i] ?? null)
    peer.downloadBytesPerSecond = rounded(haveRate(peer, torrent))
  }
  return evidence
}

/** A dual-homed peer is one entry: its other address, and who named that, belong to it. What a visit there showed is not told. */
function peerOf({ main, others }: Home, pieceCount: number): Peer {
  const peer = toPeer(main, pieceCount)
  return {
    ...peer,
    alsoAt: others.map(({ address }) => address),
    sources: [...peer.sources, ...others.flatMap(({ sources }) => sources)],
    attempts: [...peer.attempts, ...others.flatMap(told)],
  }
}

/** Of an address where it was visited: what went wrong there would seem to be all. */
function told({ attempts }: Entry): Attempt[] {
  const duplicates = attempts.filter(({ failure }) => failure?.code === "duplicate")
  const isVisited = attempts.some(({ ok, failure }) => ok && failure?.code !== "duplicate")
  return isVisited ? duplicates : attempts
}

const uncapped = (rate: number): number | null => (Number.isFinite(rate) ? rate : null)

const answered = (
  { trackers, dht }: Pick<Gathered, "trackers" | "dht">,
  peers: readonly Peer[],
  family: Family,
): boolean =>
  trackers.some(({ announces }) =>
    announces.some((each) => each.ok && !each.reused && each.family === family),
  ) ||
  (dht?.nodes ?? []).some(
    ({ address, replies }) => replies > 0 && parseEndpoint(address)?.family === family,
  ) ||
  peers.some(
    ({ address, timeline }) => timeline.connectMs !== null && parseEndpoint(address)?.family === family,
  )

/** Microseconds say nothing; and what is judged must be exactly what a file holds. */
function rounded<T>(value: T): T
function rounded(value: unknown): unknown {
  if (typeof value === "number") return roundedNumber(value)
  if (Array.isArray(value)) return value.map((each: unknown) => rounded(each))
  if (typeof value !== "object" || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const each = (value as Record<string, unknown>)[key]
    if (each !== undefined) copy[key] = rounded(each)
  }
  return copy
}

function roundedNumber(value: number): number | null {
  if (!Number.isFinite(value)) return null
  const short = Number.isInteger(value) ? value : Number(value.toFixed(value < 10 ? 6 : 2))
  // JSON has no −0.
  return short === 0 ? 0 : short
}
