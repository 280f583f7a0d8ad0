/**
 * Target → Evidence: the only orchestrator of network I/O. It records; it holds no opinion.
 * Peers are dialled while discovery still runs. The run ends when nothing is outstanding and nobody new appeared for a
 * while, at a budget, at the deadline, or at a signal: always with the record it has.
 */
import { contactsPeers } from "./evidence/words.ts"
import type { AnswerMemory } from "./discovery/answers.ts"
import { withDeadline } from "./discovery/deadline.ts"
import type { NodeMemory } from "./discovery/dht.ts"
import type {
  Depth,
  EncryptionPolicy,
  Endpoint,
  Evidence,
  Family,
  Progress,
  RunEvent,
  Thresholds,
  Torrent,
} from "./evidence.ts"
import { failure, InputError, succeed } from "./failure.ts"
import { admission } from "./gather/admission.ts"
import { caps } from "./gather/caps.ts"
import { doorOf, type Answer } from "./gather/door.ts"
import { createEnding, type Ending } from "./gather/ending.ts"
import { createEvents } from "./gather/events.ts"
import { findMetadata } from "./gather/find-metadata.ts"
import { progressOf } from "./gather/progress.ts"
import { toEvidence } from "./gather/record.ts"
import { RefusedMetadata } from "./gather/refused-metadata.ts"
import type { SharedRun, SharedTools } from "./gather/side-by-side.ts"
import { createSources } from "./gather/sources.ts"
import { identityOf, unknownTorrent, type Target } from "./gather/target.ts"
import { startVisiting, type Visiting } from "./gather/visiting.ts"
import { limits, paces, type PaceName } from "./limits.ts"
import type { Network, ProxyOff } from "./network.ts"
import type { Magnet } from "./torrent/magnet.ts"
import type { Metainfo } from "./torrent/metainfo.ts"
import type { Reference } from "./torrent/reference.ts"
import { metainfoFromInfo } from "./torrent/metainfo-from-info.ts"
import { swarmHashes } from "./torrent/swarm-hashes.ts"

export { openShared, type SharedOptions, type SharedTools } from "./gather/side-by-side.ts"
export { bootstrapOf, sourceUse } from "./gather/sources.ts"
export { RefusedMetadata } from "./gather/refused-metadata.ts"
export { identityOf, type Target } from "./gather/target.ts"

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
  dht: boolean
  /** "host:port": DHT nodes to begin with. */
  dhtBootstrap: readonly string[]
  pex: boolean
  lsd: boolean
  webSeeds: boolean
  encryption: EncryptionPolicy
  /** Everything goes through a SOCKS5 proxy: nobody can dial us. */
  proxied: boolean
  /** What the proxy can't carry, so that it isn't tried. */
  off?: readonly ProxyOff[]
  families: readonly Family[]
  /** null: any free port. */
  port: number | null
  allowLocal: boolean
  thresholds: Thresholds
  /** What the user calls the place that we look from. */
  vantage?: string
  version: string
}

export interface GatherTools {
  network: Network
  answers: AnswerMemory
  nodes: NodeMemory
  /** The publisher's own copy of the torrent; it is closed by whoever opened it. */
  openReference?: (metainfo: Metainfo) => Promise<Reference>
  onProgress: (progress: Progress) => void
  /** Told of what happens, at most a quarter of a second late. */
  onEvent?: (event: RunEvent) => void
  /** What it has in common with other audits of this process; absent: nothing. */
  shared?: SharedTools
  /** Aborted with the reason "interrupted" or "terminated". */
  stop: AbortSignal
}

/** Azureus style; in neither Transmission's nor libtorrent's table of clients. */
const peerIdPrefix = "-TA0100-"
const tickMs = 100
/** Of the timeout: so much longer, at most, an audit lasts that others kept waiting. */
const mostHeld = 2
const progressMs = 250

export async function gather(target: Target, options: GatherOptions, tools: GatherTools): Promise<Evidence> {
  const shared = tools.shared?.join() ?? null
  const ending = createEnding(tools.stop)
  try {
    return await gatherBeside(shared, ending, target, options, tools)
  } finally {
    // Also when a bug of ours, or an unreadable file of the user's, ended it: other audits may go on for long.
    ending.end("complete")
    ending.release()
    shared?.leave()
  }
}

/** `shared`: what it has in common with other audits; null: nothing. */
async function gatherBeside(
  shared: SharedRun | null,
  ending: Ending,
  target: Target,
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
  const identity = identityOf(target)
  const probing = contactsPeers(options.depth)

  const { signal, end } = ending
  const suffix = network.randomBytes(12)
  const peerId = new Uint8Array([...new TextEncoder().encode(peerIdPrefix), ...suffix])
  let answer: Answer = (connection) => connection.close(failure("aborted"))
  const door = probing ? await doorOf(shared, options, network, (...of) => answer(...of)) : null
  const port = door?.port ?? null
  const utp = door?.utp ?? null
  const utpDropped = utp?.dropped ?? 0
  const ourselves = {
    infoHash: identity.infoHash,
    alsoInfoHash: identity.alsoInfoHash,
    peerId,
    listenPort: port,
    clientVersion: `torrent-audit ${options.version}`,
    network,
    startedMs,
    connectMs: pace.connectMs,
    utp,
    encryption: options.encryption,
  }

  const rules = admission({
    ...options,
    trackers: [...identity.tiers.flat(), ...options.trackers],
    peers: [...options.peers, ...identity.peers],
    named: options.peers,
    dhtBootstrap: [...options.dhtBootstrap, ...identity.nodes],
  })
  const sources = createSources({
    ...tools,
    identity,
    options,
    peerId,
    port,
    rules,
    startedMs,
    sharedDht: shared?.dht,
  })
  const magnet = "magnet" in target ? target.magnet : null
  let metainfo = "metainfo" in target ? target.metainfo : null
  const torrent = (): Torrent => metainfo?.torrent ?? unknownTorrent(magnet)
  const visit = () => {
    const pieceHashes = metainfo?.pieceHashes ?? new Uint8Array()
    return startVisiting({
      ourselves,
      torrent: torrent(),
      metainfo,
      pieceHashes,
      reference,
      options,
      pace,
      budgets: shared?.budgets,
      rules,
      sources,
      signal,
      now,
      hit,
      wayOf: (address) => search?.wayOf(address) ?? null,
    })
  }
  const search =
    magnet && probing
      ? findMetadata({
          ourselves,
          pex: sources.use.pex === "on",
          network,
          signal,
          rules,
          pace,
          budgets: shared?.budgets,
          maxPeers: options.maxPeers,
          hit,
          now,
        })
      : null
  const openReference = async () =>
    metainfo && probing ? ((await tools.openReference?.(metainfo)) ?? null) : null
  let reference = await openReference()
  let visiting: Visiting | null = search ? null : visit()
  answer = (...of) => (visiting ?? search)?.welcome(...of)
  const hashes = () => {
    const { v1, v2 } = swarmHashes(torrent())
    return [v1, v2, identity.infoHash].filter((hash) => hash !== null)
  }
  if (probing)
    shared?.moveIn({
      infoHashes: hashes,
      policy: options.encryption,
      welcome: (...of) => answer(...of),
      onDropped: () => hit("incoming"),
    })
  const discovering = sources.run((observation) => (visiting ?? search)?.see(observation), signal)

  const events = tools.onEvent ? createEvents(startedAt, tools.onEvent) : null
  /** Other audits had what it waited for. */
  let heldMs = 0
  let phase: Progress["phase"] = "trackers"
  let reportedMs = -Infinity
  const report = () => {
    reportedMs = now()
    const timeoutMs = options.timeoutMs + heldMs
    const progress = progressOf({
      now: now(),
      timeoutMs,
      torrent: torrent(),
      phase,
      sources,
      search,
      visiting,
    })
    tools.onProgress(progress)
    events?.look({
      progress,
      trackers: sources.trackers.trackers,
      entries: visiting?.probes.book.values() ?? [],
      webSeeds: visiting?.webSeeds.records ?? [],
    })
  }
  const deadlineMs = Math.max(options.timeoutMs - limits.run.farewellMs, options.timeoutMs * 0.8)
  /** Until `done`, or the end of the run. */
  async function tick(done: () => boolean, unfinished: () => number): Promise<void> {
    while (!signal.aborted && !done()) {
      const beforeMs = now()
      await network.sleep(tickMs, signal)
      const isHeld = shared?.heldBack === true || (shared?.lookupWaits === true && !sources.dhtSettled)
      if (isHeld && heldMs < mostHeld * options.timeoutMs) heldMs += now() - beforeMs
      if (now() - heldMs >= deadlineMs) {
        hit("timeout", unfinished())
        end("timeout")
      }
      if (now() - reportedMs >= progressMs) report()
    }
  }

  let refusal: InputError | null = null
  if (search && magnet) {
    phase = "metadata"
    const quiet = () =>
      sources.settled && search.unfinished === 0 && now() - search.lastNewsMs >= pace.quietMs
    await tick(
      () => search.info !== null || quiet(),
      () => search.unfinished,
    )
    const knocking: Parameters<Answer>[] = []
    answer = (connection, openedMs = network.now()) => {
      if (knocking.length < limits.incoming.maxPending) knocking.push([connection, openedMs])
      else connection.close(failure("budget"))
    }
    await search.stop()
    ;({ metainfo, refusal } = interpreted(search.info, magnet))
    if (metainfo === null) end("complete")
    else sources.learn(metainfo.torrent.private)
    // Whoever told us the metadata is not dialled again at once.
    await network.sleep(limits.peer.redialMs, signal)
    reference = await openReference()
    const known = visit()
    visiting = known
    for (const observation of search.heard) known.see(observation)
    answer = (...of) => known.welcome(...of)
    for (const of of knocking) known.welcome(...of)
  }
  const visited = visiting ?? visit()
  await tick(
    () => {
      if (sources.settled && probing) phase = "peers"
      return sources.settled && visited.quiet
    },
    () => visited.probes.unfinished,
  )
  end(capsHit.some(({ cap }) => cap === "max-download") && visited.spent ? "budget" : "complete")

  phase = "farewell"
  report()
  const leftMs = Math.max(0, Math.min(limits.tracker.stoppedMs, options.timeoutMs + heldMs - now()))
  const sayGoodbye = async (inTime: AbortSignal) => succeed(await sources.farewell(inTime))
  // The port may be others' too, and stay open.
  answer = (connection) => connection.close(failure("aborted"))
  door?.closeListener()
  const goodbye = withDeadline(network, leftMs, new AbortController().signal, sayGoodbye)
  await Promise.all([visited.close(), goodbye, discovering])
  door?.closeUtp()
  if (events) report()
  if (utp && utp.dropped > utpDropped) hit("utp-connections", utp.dropped - utpDropped)

  for (const { cap, dropped } of [...sources.capsHit, ...visited.capsHit]) hit(cap, dropped)
  const { trackers } = sources.trackers
  const unasked = trackers.flatMap(({ announces }) =>
    announces.filter(({ failure }) => failure?.code === "no-socket"),
  )
  if (unasked.length > 0) hit("file-descriptors", unasked.length)
  const evidence = toEvidence({
    id: Buffer.from(network.randomBytes(4)).toString("hex"),
    startedAt,
    durationMs: now(),
    stopReason: ending.why,
    options,
    capsHit,
    inbound: visited.probes.inbound || search?.inbound === true,
    listenPort: port,
    utp: utp !== null,
    reference,
    self: sources.trackers.self,
    cpuMs: cpuMs() - cpuBeforeMs,
    torrent: torrent(),
    webSeeds: visited.webSeeds.records,
    webSeedBytes: visited.webSeeds.payloadBytes,
    trackers: sources.trackers.trackers,
    dht: sources.dht?.record ?? null,
    discovery: { ...sources.use, webSeeds: options.webSeeds && probing ? "on" : "off" },
    metadata: search?.record ?? null,
    metadataBytes: search?.bytes ?? { read: 0, written: 0 },
    trials: visited.sampling.trials,
    entries: [...visited.probes.book.values()],
  })
  if (refusal !== null) throw new RefusedMetadata(refusal, evidence)
  return evidence
}

/** What a peer sent fits the info hash, and may yet be no torrent. */
function interpreted(
  info: Uint8Array | null,
  magnet: Magnet,
): { metainfo: Metainfo | null; refusal: InputError | null } {
  try {
    return { metainfo: info && metainfoFromInfo(info, magnet), refusal: null }
  } catch (error) {
    if (error instanceof InputError) return { metainfo: null, refusal: error }
    throw error
  }
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
