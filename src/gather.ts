/**
 * Target → Evidence: the only orchestrator of network I/O. It records; it holds no opinion.
 * Peers are dialled while discovery still runs. The run ends when nothing is outstanding and nobody new appeared for a
 * while, at a budget, at the deadline, or at a signal: always with the record it has.
 */
import type { AnswerMemory } from "./discovery/answers.ts"
import { manualSource } from "./discovery/manual.ts"
import type { Source } from "./discovery/source.ts"
import { trackerSource } from "./discovery/tracker.ts"
import type { Depth, Endpoint, Evidence, Family, Progress, Run, Sample, Thresholds } from "./evidence.ts"
import { failure, InputError, type Failure } from "./failure.ts"
import { admission } from "./gather/admission.ts"
import { caps } from "./gather/caps.ts"
import { createProbes } from "./gather/probes.ts"
import { progressOf } from "./gather/progress.ts"
import type { Entry } from "./gather/peer-book.ts"
import { seededRandom } from "./gather/random.ts"
import { toEvidence } from "./gather/record.ts"
import { samplePeer } from "./gather/sample-peer.ts"
import { samplingPlan } from "./gather/sampling.ts"
import { slots } from "./gather/slots.ts"
import { limits, paces, type PaceName } from "./limits.ts"
import type { Network } from "./network.ts"
import { hasPiece } from "./torrent/bitfield.ts"
import type { Metainfo } from "./torrent/metainfo.ts"
import { listen, type PeerListener } from "./wire/listen.ts"
import type { Session, Swarm } from "./wire/session.ts"
import { createThrottle } from "./wire/throttle.ts"

export interface GatherOptions {
  depth: Depth
  pace: PaceName
  timeoutMs: number
  maxPeers: number
  maxDownloadBytes: number
  samplePieces: number
  seed: string
  trackers: readonly string[]
  peers: readonly Endpoint[]
  families: readonly Family[]
  /** null: any free port. */
  port: number | null
  allowLocal: boolean
  thresholds: Thresholds
  version: string
}

export interface GatherTools {
  network: Network
  answers: AnswerMemory
  onProgress: (progress: Progress) => void
  /** Aborted with the reason "interrupted" or "terminated". */
  stop: AbortSignal
}

/** Azureus style; in neither Transmission's nor libtorrent's table of clients. */
const peerIdPrefix = "-TA0100-"
const tickMs = 100
const progressMs = 250

export async function gather(
  metainfo: Metainfo,
  options: GatherOptions,
  tools: GatherTools,
): Promise<Evidence> {
  const { network } = tools
  const pace = paces[options.pace]
  const startedAt = network.date().toISOString()
  const startedMs = network.now()
  const now = () => network.now() - startedMs
  const cpuBeforeMs = cpuMs()
  const { hit, list: capsHit } = caps(now)
  const random = seededRandom(options.seed)
  const { torrent } = metainfo
  const probing = options.depth !== "scrape" && options.depth !== "discover"

  const over = new AbortController()
  let stopReason: Run["stopReason"] = "complete"
  const end = (why: Run["stopReason"]) => {
    if (over.signal.aborted) return
    stopReason = why
    over.abort()
  }
  const onStop = () => end(tools.stop.reason === "terminated" ? "terminated" : "interrupted")
  if (tools.stop.aborted) onStop()
  else tools.stop.addEventListener("abort", onStop, { once: true })

  const suffix = network.randomBytes(12)
  const peerId = new Uint8Array([...new TextEncoder().encode(peerIdPrefix), ...suffix])
  const throttle = createThrottle({ ...pace, maxBytes: options.maxDownloadBytes, network })
  const swarm: Swarm = {
    infoHash: metainfo.infoHash,
    peerId,
    torrent,
    pieceHashes: metainfo.pieceHashes,
    listenPort: null,
    clientVersion: `torrent-audit ${options.version}`,
    network,
    startedMs,
    throttle,
    connectMs: pace.connectMs,
  }

  let listener: PeerListener | null = null
  if (probing) {
    const listening = await listen(swarm, options.port ?? 0, (session) => void probes.welcome(session))
    if (listening.ok) listener = listening.value
    else if (options.port !== null) throw cannotListen(options.port, listening.failure)
    swarm.listenPort = listener?.port ?? null
  }

  const rules = admission({
    ...options,
    trackers: [...metainfo.tiers.flat(), ...options.trackers],
  })
  const trackers = trackerSource({
    infoHash: metainfo.infoHash,
    peerId,
    port: swarm.listenPort,
    leftBytes: torrent.sizeBytes,
    private: torrent.private,
    depth: options.depth,
    families: options.families,
    tiers: metainfo.tiers,
    userTrackers: options.trackers,
    userAgent: `torrent-audit/${options.version}`,
    rulesFor: (url) => rules.tracker(url),
    network,
    startedMs,
    answers: tools.answers,
  })

  const copies = new Uint32Array(torrent.pieceCount)
  const plan = samplingPlan({
    pieceCount: torrent.pieceCount,
    wanted: options.depth === "full" ? torrent.pieceCount : options.samplePieces,
    random,
    copies: (piece) => copies[piece] ?? 0,
  })
  const goodputSlots = slots(pace.goodputSlots, random)
  let payloadBytes = 0
  const sampled = (sample: Sample) => {
    payloadBytes += sample.bytes
    if (sample.failure?.code === "budget") hit("max-download")
  }

  const counted = new Set<Entry>()
  const countCopies = (entry: Entry, { record }: Session) => {
    if (counted.has(entry) || record.pieces === null) return
    counted.add(entry)
    for (let piece = 0; piece < copies.length; piece++)
      if (hasPiece(record.pieces, piece)) copies[piece] = (copies[piece] ?? 0) + 1
  }
  const sampling = {
    plan,
    goodputSlots,
    pieceBytes: torrent.pieceBytes,
    goodputBytes: options.maxDownloadBytes * limits.run.goodputShare,
    rechokeMs: Math.max(0, pace.unchokeMs - limits.peer.blockMs),
    signal: over.signal,
    now,
    sleep: (ms: number, signal: AbortSignal) => network.sleep(ms, signal),
    affords(bytes: number) {
      // Most of those who are yet to come will never answer: they may hold back half of the budget, not all.
      const reserve = Math.min(probes.unsampled * torrent.pieceBytes, options.maxDownloadBytes / 2)
      const enough = throttle.remainingBytes() - reserve >= bytes
      if (!enough) hit("max-download", 0)
      return enough
    },
    othersWork: () => probes.unfinished > 0,
    sampled,
  }

  const probes = createProbes({
    swarm,
    network,
    signal: over.signal,
    depth: options.depth,
    pace,
    maxPeers: options.maxPeers,
    admission: rules,
    isSelf: (address) => trackers.self.includes(address),
    onSelf: (address) => trackers.provenSelf(address),
    now,
    hit,
    sample(entry, session, room) {
      countCopies(entry, session)
      return samplePeer({ ...sampling, ...room }, entry.address, session)
    },
  })

  const sources: Source[] = [trackers, manualSource(options.peers)]
  const discovering = sources.map(async (source) => {
    for await (const { kind, via, at, peers } of source.discover(over.signal))
      probes.sight(peers, { kind, via, at })
  })
  let settled = false
  void trackers.settled.then(() => {
    settled = true
  })

  const deadlineMs = Math.max(options.timeoutMs - limits.run.farewellMs, options.timeoutMs * 0.8)
  const budgetSpent = () =>
    capsHit.some(({ cap }) => cap === "max-download") && throttle.remainingBytes() < torrent.pieceBytes
  let phase: Progress["phase"] = "trackers"
  let reportedMs = -Infinity
  const report = () => {
    reportedMs = now()
    tools.onProgress(
      progressOf({
        now: now(),
        timeoutMs: options.timeoutMs,
        torrent,
        phase,
        trackers: trackers.trackers,
        probes,
        plan,
        payloadBytes,
      }),
    )
  }
  while (!over.signal.aborted) {
    await network.sleep(tickMs, over.signal)
    if (settled && probing) phase = "peers"
    const quiet = probing ? now() - probes.lastNewsMs >= pace.quietMs : true
    if (settled && probes.unfinished === 0 && quiet) end(budgetSpent() ? "budget" : "complete")
    else if (now() >= deadlineMs) {
      hit("timeout", probes.unfinished)
      end("timeout")
    }
    if (now() - reportedMs >= progressMs) report()
  }

  phase = "farewell"
  report()
  const leftMs = Math.max(0, Math.min(limits.tracker.stoppedMs, options.timeoutMs - now()))
  const farewell = AbortSignal.timeout(Math.floor(leftMs))
  listener?.close()
  await Promise.all([
    probes.closeAll(failure("aborted")),
    ...sources.map((source) => source.farewell(farewell)),
    ...discovering,
  ])
  tools.stop.removeEventListener("abort", onStop)

  for (const { cap, dropped } of trackers.capsHit) hit(cap, dropped)
  if (listener && listener.dropped > 0) hit("incoming", listener.dropped)
  const entries = [...probes.book.values()]
  for (const { visits } of entries) {
    if (visits.some(({ haveEventsThinned }) => haveEventsThinned)) hit("have-events")
    if (visits.some(({ samples }) => samples.length >= limits.peer.maxSamples)) hit("samples")
  }
  return toEvidence({
    id: Buffer.from(network.randomBytes(4)).toString("hex"),
    startedAt,
    durationMs: now(),
    stopReason,
    options,
    capsHit,
    inbound: probes.inbound,
    listenPort: swarm.listenPort,
    self: trackers.self,
    cpuMs: cpuMs() - cpuBeforeMs,
    metainfo,
    trackers: trackers.trackers,
    entries,
  })
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const cannotListen = (port: number, { code, detail }: Failure): InputError =>
  new InputError(
    "bad-value",
    `--port ${port}: cannot listen there: ${detail ?? code}`,
    "Another program may hold it: choose another, or leave --port out.",
  )
