/**
 * Which web seed is asked for what, and when: each for one block at once, so that it is known whether it answers; then, once the
 * peers leave our link free, for a few pieces one by one, and for a stretch of them so that its rate can be told.
 */
import { contactsPeers } from "../evidence/words.ts"
import type { AskedWebSeed, CapName, Torrent, WebSeed } from "../evidence.ts"
import type { GatherOptions } from "../gather.ts"
import { limits, type Pace } from "../limits.ts"
import { takesPieces } from "../measure/depth.ts"
import type { Network } from "../network.ts"
import type { WebSeedUrl } from "../torrent/metainfo-sources.ts"
import { maskWebSeedUrl } from "../torrent/tracker-url.ts"
import type { Throttle } from "../wire/throttle.ts"
import { createWebSeed, type PieceHashes, type WebSeedSession } from "../wire/web-seed.ts"
import type { Admission } from "./admission.ts"
import { seededRandom } from "./random.ts"
import type { MeasuringTurn } from "./side-by-side/measuring.ts"
import { budgetFor, samplePieces, timeStretch } from "./sample-web-seed.ts"

export interface WebSeedsContext {
  readonly urls: readonly WebSeedUrl[]
  readonly torrent: Torrent
  readonly hashes: PieceHashes
  /** 20 bytes of the v1 info hash; null: v2 only. */
  readonly infoHash: Uint8Array | null
  readonly options: Pick<
    GatherOptions,
    "depth" | "webSeeds" | "samplePieces" | "maxDownloadBytes" | "timeoutMs" | "families" | "seed" | "version"
  >
  readonly pace: Pace
  readonly rules: Pick<Admission, "webSeed">
  readonly throttle: Throttle
  /** Other audits measure over the same link; absent: none do. */
  readonly turn?: MeasuringTurn | undefined
  readonly network: Network
  readonly signal: AbortSignal
  readonly startedMs: number
  readonly hit: (cap: CapName, dropped?: number) => void
  /** Payload that peers have given so far. */
  peerBytes(): number
  /** Pieces may yet be asked of peers that gave none so far. */
  peersWait(): boolean
}

export interface WebSeeds {
  readonly records: readonly WebSeed[]
  /** Web seeds that are still asked. */
  readonly unfinished: number
  readonly payloadBytes: number
  /** Resolves when nothing more is asked. */
  readonly settled: Promise<void>
}

const tickMs = 250

export function startWebSeeds(context: WebSeedsContext): WebSeeds {
  const { urls, options, signal, hit } = context
  const asks = options.webSeeds && contactsPeers(options.depth)
  const { maxSeeds } = limits.webSeed
  const asked = asks && context.torrent.pieceCount > 0 ? urls.slice(0, maxSeeds) : []
  if (asked.length > 0 && urls.length > maxSeeds) hit("web-seeds", urls.length - maxSeeds)
  const sessions = asked.map((one) => ({
    url: one.url,
    session: sessionOf(context, one),
    // Of its own, so that what it is asked for doesn't depend on who answers first.
    random: seededRandom(`${options.seed} ${one.url}`),
    budget: budgetFor(options),
  }))
  let unfinished = sessions.length

  async function run(): Promise<void> {
    if (sessions.length === 0) return
    await hostByHost(sessions, ({ session, random }) =>
      probe(context, session, random.below(context.torrent.pieceCount)),
    )
    if (!takesPieces(options.depth)) return
    const alone = await untilCalm(context)
    const worthwhile = sessions.filter(({ session }) => worthAsking(session.record))
    await hostByHost(worthwhile, ({ session, random, budget }) =>
      limited(context, limits.webSeed.sampleMs, (signal) =>
        samplePieces({ ...context, random, signal }, session, budget),
      ),
    )
    const right = worthwhile.filter(({ session }) => session.record.samples.some(({ verified }) => verified))
    const timed = alone || options.depth === "full" ? right : []
    if (timed.length === 0) return
    const leave = await context.turn?.alone(signal)
    // One after the other: beside another, a rate would be less than its own.
    await limited(context, options.depth === "full" ? Infinity : limits.webSeed.ratesMs, async (signal) => {
      for (const { session, random, budget } of timed)
        if (!signal.aborted) await timeStretch({ ...context, random, signal }, session, budget, alone)
    })
    leave?.()
  }

  /** All hosts at once, and one at a time for each: several URLs may be one server's. */
  async function hostByHost(
    some: typeof sessions,
    work: (one: (typeof sessions)[number]) => Promise<void>,
  ): Promise<void> {
    const byHost = Map.groupBy(some, ({ url }) => URL.parse(url)?.hostname ?? url)
    await Promise.all(
      [...byHost.values()].map(async (group) => {
        for (const one of group) if (!signal.aborted) await work(one)
      }),
    )
  }

  const settled = run().finally(() => {
    unfinished = 0
  })
  const left = urls.slice(asked.length).map(({ url, bep }) => ({ url: maskWebSeedUrl(url), bep }))
  return {
    records: [...sessions.map(({ session }) => session.record), ...left],
    get unfinished() {
      return unfinished
    },
    get payloadBytes() {
      return sessions.reduce((sum, { session }) => sum + session.payloadBytes, 0)
    },
    settled,
  }
}

function sessionOf(context: WebSeedsContext, { url, bep }: WebSeedUrl): WebSeedSession {
  const { options, network, throttle, hit } = context
  const { maxRequests, maxRequestsFull } = limits.webSeed
  return createWebSeed({
    url,
    bep,
    torrent: context.torrent,
    hashes: context.hashes,
    infoHash: context.infoHash,
    rules: context.rules.webSeed(url),
    families: options.families,
    userAgent: `torrent-audit/${options.version}`,
    network,
    lane: throttle.lane(),
    timing: limits.webSeed,
    maxRequests: options.depth === "full" ? maxRequestsFull : maxRequests,
    startedMs: context.startedMs,
    onDropped: () => hit("web-seeds"),
  })
}

/** Under a signal that also ends after so long. */
async function limited(
  { network, signal }: Pick<WebSeedsContext, "network" | "signal">,
  ms: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const end = new AbortController()
  if (Number.isFinite(ms)) void network.sleep(ms, end.signal).then(() => end.abort())
  await work(AbortSignal.any([signal, end.signal]))
  end.abort()
}

async function probe(context: WebSeedsContext, session: WebSeedSession, piece: number): Promise<void> {
  const { throttle, signal, hit } = context
  const bytes = Math.min(limits.peer.blockBytes, context.torrent.pieceBytes)
  if (!throttle.claim(bytes)) return hit("max-download")
  await session.probe(piece, signal)
  throttle.refund(bytes - session.payloadBytes)
}

/** What our own rules or this program keep from being asked need not be tried again. */
const worthAsking = ({ failure }: AskedWebSeed): boolean =>
  failure?.code !== "filtered" && failure?.code !== "unsupported"

/** True once no peer gave anything for a while and none is expected to; false when that didn't come in time. */
async function untilCalm(context: WebSeedsContext): Promise<boolean> {
  const { network, signal, options } = context
  const { idleMs, patienceMs } = limits.webSeed
  const startedMs = network.now()
  const untilMs = startedMs + Math.min(patienceMs, options.timeoutMs / 3)
  let bytes = context.peerBytes()
  let quietSinceMs = startedMs
  const firstMs = Math.min(idleMs, context.pace.quietMs / 4)
  while (!signal.aborted && network.now() < untilMs) {
    const quietMs = network.now() - quietSinceMs
    if (
      !context.peersWait() &&
      quietMs >= (bytes === 0 ? firstMs : Math.min(idleMs, context.pace.quietMs / 2))
    )
      return true
    await network.sleep(tickMs, signal)
    if (context.peerBytes() === bytes) continue
    bytes = context.peerBytes()
    quietSinceMs = network.now()
  }
  return false
}
