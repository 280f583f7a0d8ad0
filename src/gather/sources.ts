/** Everybody who may name peers, started together: trackers, the user, the DHT, the local network. */
import { contactsPeers } from "../evidence/words.ts"
import type { AnswerMemory } from "../discovery/answers.ts"
import {
  defaultBootstrap,
  dhtSource,
  noNodes,
  type DhtQuestion,
  type DhtSource,
  type NodeMemory,
  type SharedDht,
} from "../discovery/dht.ts"
import { lsdSource, type LsdSource } from "../discovery/lsd.ts"
import { manualSource } from "../discovery/manual.ts"
import type { Observation, Source } from "../discovery/source.ts"
import { trackerSource, type TrackerSource } from "../discovery/tracker.ts"
import type { CapName, Run } from "../evidence.ts"
import type { GatherOptions } from "../gather.ts"
import type { Network } from "../network.ts"
import type { Admission } from "./admission.ts"
import type { Identity } from "./target.ts"

export interface SourceContext {
  readonly identity: Identity
  readonly options: GatherOptions
  readonly peerId: Uint8Array
  /** Where we listen; null: nowhere. */
  readonly port: number | null
  readonly rules: Admission
  readonly network: Network
  readonly startedMs: number
  readonly answers: AnswerMemory
  readonly nodes: NodeMemory
  /** The client of several audits; absent: one of its own. */
  readonly sharedDht?: SharedDht | undefined
}

export interface Sources {
  readonly trackers: TrackerSource
  readonly dht: DhtSource | null
  readonly dhtSettled: boolean
  /** Which of the further sources are asked, or were until the torrent forbade it. */
  readonly use: NonNullable<Run["discovery"]>
  /** Everybody has given a first answer, or won't. */
  readonly settled: boolean
  readonly capsHit: readonly { cap: CapName; dropped: number }[]
  /** Resolves when nothing more can come. */
  run(onObservation: (observation: Observation) => void, signal: AbortSignal): Promise<void>
  /** What the metadata of a magnet link said. A private torrent (BEP 27) is from now on its trackers' alone. */
  learn(isPrivate: boolean): void
  farewell(signal: AbortSignal): Promise<void>
}

export function createSources(context: SourceContext): Sources {
  const { identity, options, peerId, port, rules, network, startedMs } = context
  const { infoHash } = identity
  const known = Promise.withResolvers<boolean>()
  const trackers = trackerSource({
    infoHash,
    peerId,
    port,
    leftBytes: identity.leftBytes,
    private: identity.private,
    depth: options.depth,
    families: options.families,
    tiers: identity.tiers,
    userTrackers: options.trackers,
    userAgent: `torrent-audit/${options.version}`,
    rulesFor: (url, origin) => rules.tracker(url, origin),
    network,
    startedMs,
    answers: context.answers,
    ...(identity.mayBePrivate ? { canary: known.promise } : {}),
  })
  const use = sourceUse(identity, options)
  const dht =
    use.dht === "on"
      ? dhtSource({
          infoHash,
          port,
          families: options.families,
          bootstrap: bootstrapOf(identity, options),
          rules: rules.peer("dht", null),
          network,
          startedMs,
          memory: options.allowLocal ? noNodes : context.nodes,
          shared: context.sharedDht,
        })
      : null
  const lsd: LsdSource | null =
    use.lsd === "on"
      ? lsdSource({
          infoHash,
          port,
          families: options.families,
          rules: rules.peer("lsd", null),
          network,
          startedMs,
        })
      : null
  const open = [dht, lsd].filter((source) => source !== null)
  const manual = manualSource([...options.peers, ...identity.peers], () => network.date())
  const all: Source[] = [trackers, manual, ...open]

  let dhtSettled = false
  void dht?.settled.then(() => {
    dhtSettled = true
  })
  let settled = false
  void Promise.all([trackers, ...open].map((source) => source.settled)).then(() => {
    settled = true
  })

  return {
    trackers,
    dht,
    use,
    get dhtSettled() {
      return dhtSettled
    },
    get settled() {
      return settled
    },
    get capsHit() {
      return [trackers, ...open].flatMap((source) => source.capsHit)
    },
    async run(onObservation, signal) {
      await Promise.all(
        all.map(async (source) => {
          for await (const observation of source.discover(signal)) onObservation(observation)
        }),
      )
    },
    learn(isPrivate) {
      known.resolve(!isPrivate)
      if (!isPrivate) return
      rules.keepTo(trackers.keepOne())
      for (const source of open) source.stop()
      for (const name of ["dht", "pex", "lsd"] as const) if (use[name] === "on") use[name] = "private"
    },
    async farewell(signal) {
      known.resolve(false)
      await Promise.all(all.map((source) => source.farewell(signal)))
    },
  }
}

/** Whom to ask beside trackers. A scrape is of trackers alone: a DHT would be told of every torrent. */
export function sourceUse(
  identity: Pick<Identity, "private" | "nodes">,
  options: Pick<GatherOptions, "dht" | "dhtBootstrap" | "allowLocal" | "pex" | "lsd" | "depth" | "off">,
): Sources["use"] {
  const { pex, depth, off = [] } = options
  const isScrape = depth === "scrape"
  const of = (wanted: boolean) => (identity.private ? "private" : wanted ? "on" : "off")
  return {
    dht: of(!isScrape && options.dht && !off.includes("DHT") && bootstrapOf(identity, options).length > 0),
    pex: of(pex && contactsPeers(depth)),
    lsd: of(!isScrape && options.lsd && !off.includes("LSD")),
  }
}

/** The public DHT hears nothing of a torrent on a network of one's own: there the user or the torrent names nodes, or none is asked. */
export function bootstrapOf(
  identity: Pick<Identity, "nodes">,
  { dhtBootstrap, allowLocal }: Pick<GatherOptions, "dhtBootstrap" | "allowLocal">,
): DhtQuestion["bootstrap"] {
  return [
    ...dhtBootstrap.map((name) => ({ name, origin: "user" as const })),
    ...identity.nodes.map((name) => ({ name, origin: "torrent" as const })),
    ...(allowLocal ? [] : defaultBootstrap.map((name) => ({ name, origin: "default" as const }))),
  ]
}
