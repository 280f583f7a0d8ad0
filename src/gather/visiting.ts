/** The audit proper, once the torrent is known: whoever is named is visited and sampled. */
import { contactsPeers } from "../evidence/words.ts"
import type { Observation } from "../discovery/source.ts"
import type { CapName, Torrent } from "../evidence.ts"
import { failure } from "../failure.ts"
import type { GatherOptions } from "../gather.ts"
import { limits, type Pace } from "../limits.ts"
import type { Connection } from "../network.ts"
import type { Metainfo } from "../torrent/metainfo.ts"
import type { Reference } from "../torrent/reference.ts"
import { swarmHashes } from "../torrent/swarm-hashes.ts"
import { doorkeeper } from "../wire/doorkeeper.ts"
import type { Swarm } from "../wire/session.ts"
import { createThrottle } from "../wire/throttle.ts"
import type { Admission } from "./admission.ts"
import type { Caps } from "./caps.ts"
import { createProbes, type ProbeContext, type Probes } from "./probes.ts"
import { seededRandom } from "./random.ts"
import { createSampling, type Sampling } from "./sampling-room.ts"
import type { SharedBudgets } from "./side-by-side/budgets.ts"
import type { Sources } from "./sources.ts"
import { startWebSeeds, type WebSeeds } from "./web-seeds.ts"

export interface VisitingContext {
  /** Who we are to peers. */
  readonly ourselves: Omit<Swarm, "torrent" | "pieceHashes" | "throttle" | "pex" | "onPex" | "onHolepunch">
  readonly torrent: Torrent
  /** Null while it is unknown: a magnet link's, at a depth that doesn't ask for it. */
  readonly metainfo: Pick<Metainfo, "webSeeds" | "v2"> | null
  /** 20 bytes per piece. */
  readonly pieceHashes: Uint8Array
  readonly reference: Reference | null
  readonly options: GatherOptions
  readonly pace: Pace
  /** Where several audits share what the pace allows. */
  readonly budgets?: SharedBudgets | undefined
  readonly rules: Admission
  readonly sources: Sources
  readonly signal: AbortSignal
  /** ms since the run started. */
  readonly now: () => number
  readonly hit: Caps["hit"]
  /** By which way a peer shook hands already, when it was asked for the metadata. */
  readonly wayOf?: ProbeContext["wayOf"]
}

export interface Visiting {
  readonly probes: Probes
  readonly sampling: Sampling
  readonly webSeeds: WebSeeds
  see(observation: Observation): void
  /** `openedMs`: when it was opened, on the network's clock; absent: now. */
  welcome(connection: Connection, openedMs?: number): void
  /** Nobody is left to visit, and nobody new came for a while. */
  readonly quiet: boolean
  /** Nothing of the payload budget is left. */
  readonly spent: boolean
  /** Connections and peers' messages that a cap of ours dropped, known only at the end. */
  readonly capsHit: readonly { cap: CapName; dropped: number }[]
  close(): Promise<void>
}

export function startVisiting(context: VisitingContext): Visiting {
  const { ourselves, torrent, options, pace, budgets, rules, sources, signal, now, hit } = context
  const { network } = ourselves
  const probing = contactsPeers(options.depth)
  const throttle = createThrottle({
    ...pace,
    maxBytes: options.maxDownloadBytes,
    total: budgets?.payload,
    network,
  })
  const swarm: Swarm = {
    ...ourselves,
    torrent,
    ...namesOf(torrent, ourselves),
    pieceHashes: context.pieceHashes,
    v2: context.metainfo?.v2 ?? null,
    reference: context.reference,
    throttle,
    pex: sources.use.pex === "on",
    onPex: (session, message) => probes.hearPex(session, message),
    // BEP 55 goes over uTP, and by what peers say of each other.
    ...(ourselves.utp && !torrent.private
      ? { onHolepunch: (session, payload) => probes.hearHolepunch(session, payload) }
      : {}),
  }
  const sampling = createSampling({
    torrent,
    options,
    pace,
    random: seededRandom(options.seed),
    throttle,
    turn: budgets?.turn,
    network,
    signal,
    now,
    hit,
    waiting: () => probes,
  })
  const probes = createProbes({
    swarm,
    network,
    signal,
    depth: options.depth,
    pace,
    budgets,
    maxPeers: options.maxPeers,
    admission: rules,
    isSelf: (address) => sources.trackers.self.includes(address),
    ...(context.wayOf ? { wayOf: context.wayOf } : {}),
    onSelf: (address) => sources.trackers.provenSelf(address),
    now,
    hit,
    random: seededRandom(`${options.seed} echoes`),
    sample: sampling.sample,
  })
  const webSeeds = startWebSeeds({
    urls: context.metainfo?.webSeeds ?? [],
    torrent,
    hashes: { v1: context.pieceHashes, v2: context.metainfo?.v2 ?? null },
    infoHash: torrent.infoHashV1 === null ? null : Buffer.from(torrent.infoHashV1, "hex"),
    options,
    pace,
    rules,
    throttle,
    turn: budgets?.turn,
    network,
    signal,
    startedMs: ourselves.startedMs,
    hit,
    peerBytes: () => payloadOf(probes),
    peersWait: () => probes.unsampled > 0,
  })
  const keeper = doorkeeper(swarm, (session) => void probes.welcome(session))

  return {
    probes,
    sampling,
    webSeeds,
    see({ kind, via, at, peers, flags }) {
      probes.sight(peers, { kind, via, at, ...(flags === undefined ? {} : { flags }) })
    },
    welcome: (connection, openedMs) => keeper.admit(connection, openedMs),
    get quiet() {
      const unfinished = probes.unfinished + webSeeds.unfinished
      return unfinished === 0 && (!probing || now() - probes.lastNewsMs >= pace.quietMs)
    },
    get spent() {
      return throttle.remainingBytes() < torrent.pieceBytes
    },
    get capsHit() {
      const visits = [...probes.book.values()].flatMap((entry) => entry.visits)
      const caps: { cap: CapName; dropped: number }[] = []
      if (keeper.dropped > 0) caps.push({ cap: "incoming", dropped: keeper.dropped })
      for (const { haveEventsThinned, samples } of visits) {
        if (haveEventsThinned) caps.push({ cap: "have-events", dropped: 1 })
        if (samples.length >= limits.peer.maxSamples) caps.push({ cap: "samples", dropped: 1 })
      }
      return caps
    },
    async close() {
      keeper.close()
      await Promise.all([probes.closeAll(failure("aborted")), webSeeds.settled])
    },
  }
}

/** A magnet link may have named only one of a hybrid's two info hashes. */
function namesOf(
  torrent: Torrent,
  { infoHash }: Pick<Swarm, "infoHash">,
): Pick<Swarm, "infoHash" | "alsoInfoHash"> {
  const { v1, v2 } = swarmHashes(torrent)
  return { infoHash: v1 ?? v2 ?? infoHash, alsoInfoHash: v1 === null ? null : v2 }
}

const payloadOf = ({ book }: Pick<Probes, "book">): number =>
  [...book.values()].reduce(
    (sum, { visits }) => visits.reduce((total, { payloadBytes }) => total + payloadBytes, sum),
    0,
  )
