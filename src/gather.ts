/**
 * Target → Evidence: the only orchestrator of network I/O. It records; it holds no opinion.
 * Peers are dialled while discovery still runs. The run ends when nothing is outstanding and nobody new appeared for a
 * while, at a budget, at the deadline, or at a signal: always with the record it has.
 */
import type { AnswerMemory } from "./discovery/answers.ts"
import { manualSource } from "./discovery/manual.ts"
import type { Source } from "./discovery/source.ts"
import { trackerSource } from "./discovery/tracker.ts"
import type { Depth, Endpoint, Evidence, Family, Progress, Run, Thresholds } from "./evidence.ts"
import { failure, InputError, type Failure } from "./failure.ts"
import { admission } from "./gather/admission.ts"
import { caps } from "./gather/caps.ts"
import { createProbes } from "./gather/probes.ts"
import { progressOf } from "./gather/progress.ts"
import { seededRandom } from "./gather/random.ts"
import { toEvidence } from "./gather/record.ts"
import { createSampling } from "./gather/sampling-room.ts"
import { limits, paces, type PaceName } from "./limits.ts"
import type { Network } from "./network.ts"
import type { Metainfo } from "./torrent/metainfo.ts"
import { listen, type PeerListener } from "./wire/listen.ts"
import type { Swarm } from "./wire/session.ts"
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

  const sampling = createSampling({
    torrent,
    options,
    pace,
    random: seededRandom(options.seed),
    throttle,
    network,
    signal: over.signal,
    now,
    hit,
    waiting: () => probes,
  })

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
    sample: sampling.sample,
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
        plan: sampling.plan,
        payloadBytes: sampling.payloadBytes,
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
    trials: sampling.trials,
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
