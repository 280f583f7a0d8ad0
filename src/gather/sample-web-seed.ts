/** What is asked of one web seed: a few pieces, again what came out wrong, and a stretch of pieces for its rate. */
import type { AskedWebSeed, CapName, Torrent } from "../evidence.ts"
import type { FailureCode } from "../failure.ts"
import type { GatherOptions } from "../gather.ts"
import { limits } from "../limits.ts"
import { goodput, goodputEnough } from "../measure/goodput.ts"
import type { Network } from "../network.ts"
import type { Throttle } from "../wire/throttle.ts"
import type { WebSeedSession } from "../wire/web-seed.ts"
import type { Random } from "./random.ts"

export interface WebSeedRoom {
  readonly torrent: Torrent
  readonly options: Pick<GatherOptions, "depth" | "samplePieces" | "maxDownloadBytes">
  readonly throttle: Pick<Throttle, "claim" | "refund" | "remainingBytes">
  readonly network: Pick<Network, "now" | "sleep">
  readonly signal: AbortSignal
  readonly random: Random
  readonly hit: (cap: CapName, dropped?: number) => void
  /** Payload that peers have given so far. */
  peerBytes(): number
}

/** Of one web seed. */
export interface WebSeedBudget {
  leftBytes: number
}

const tickMs = 250
/** Less of what came meanwhile leaves a rate its own. */
const disturbedRatio = 0.1
/** After so many failures of the kind there is nothing more to learn. */
const failuresEnough = 2
const wrongEnough = 3
const candidatesPerStratum = 32

/** Answers that the file isn't there, or is another: these pass on their own only if somebody changes it. */
const lasting: ReadonlySet<FailureCode> = new Set([
  "wrong-length",
  "no-range",
  "bad-redirect",
  "bad-reply",
  "bad-encoding",
  "hash-mismatch",
])

export function budgetFor({ depth, maxDownloadBytes }: WebSeedRoom["options"]): WebSeedBudget {
  const share = depth === "full" ? limits.webSeed.shareFull : limits.webSeed.share
  return { leftBytes: Math.floor(maxDownloadBytes * share) }
}

/** Pieces one by one. */
export async function samplePieces(
  room: WebSeedRoom,
  session: WebSeedSession,
  budget: WebSeedBudget,
): Promise<void> {
  const { torrent, options, random } = room
  const fitting = Math.max(2, Math.floor(budget.leftBytes / Math.max(1, torrent.pieceBytes) / 2))
  const wanted = Math.min(limits.webSeed.samplePieces, options.samplePieces, torrent.pieceCount, fitting)
  const pieces = onePerStratum(torrent.pieceCount, wanted, random, (piece) => session.requestsFor(piece))
  for (const piece of pieces) if (!(await askFor(room, session, piece, budget))) return
}

/** One piece, and once more after what may pass or what would accuse it. False: nothing more is to be learnt. */
async function askFor(
  room: WebSeedRoom,
  session: WebSeedSession,
  piece: number,
  budget: WebSeedBudget,
): Promise<boolean> {
  const { network, signal } = room
  const { samples, attempts } = session.record
  for (let time = 0; time < 2; time++) {
    if (!(await taken(room, session, piece, 1, budget, signal)) || signal.aborted) return false
    const last = samples.at(-1)
    if (last?.verified === true) return true
    const code = last?.failure?.code
    if (code === undefined) return true
    if (wrongIn(session.record) >= wrongEnough) return false
    const status = attempts.at(-1)?.status ?? null
    const passing = !lasting.has(code) && status !== 404 && status !== 410
    if (!passing && code !== "hash-mismatch") return failuresOf(session.record) < failuresEnough
    if (!passing) continue
    const waitMs = Math.max(limits.webSeed.retryMs, session.retryMs ?? 0)
    if (time > 0 || waitMs > limits.webSeed.maxRetryMs) return false
    await network.sleep(waitMs, signal)
  }
  return true
}

const wrongIn = ({ samples }: AskedWebSeed): number =>
  samples.filter(({ verified }) => verified === false).length

/** Whole pieces that could not be had, the first look aside. */
const failuresOf = ({ samples }: AskedWebSeed): number =>
  samples.filter(({ failure, verified }) => failure !== null && verified === null).length

/** Sets the bytes aside and asks. False when there is no budget for it. */
async function taken(
  { torrent, throttle, hit }: WebSeedRoom,
  session: WebSeedSession,
  piece: number,
  count: number,
  budget: WebSeedBudget,
  signal: AbortSignal,
): Promise<boolean> {
  const bytes = count * torrent.pieceBytes
  if (bytes > budget.leftBytes) return false
  if (!throttle.claim(bytes)) {
    hit("max-download")
    return false
  }
  const before = session.payloadBytes
  await session.fetch(piece, count, signal)
  const received = session.payloadBytes - before
  throttle.refund(Math.max(0, bytes - received))
  budget.leftBytes -= received
  return true
}

/**
 * A stretch in one request where it lies in one file: as few lines in the server's log as can be, and no pause between pieces. At
 * depth `full` it is the whole torrent. `alone`: no peer was expected to use our link meanwhile; else the rate says nothing.
 */
export async function timeStretch(
  room: WebSeedRoom,
  session: WebSeedSession,
  budget: WebSeedBudget,
  alone: boolean,
): Promise<void> {
  const { torrent, options, network, throttle, signal } = room
  const full = options.depth === "full"
  const { samples } = session.record
  const before = { samples: samples.length, peers: room.peerBytes(), payload: session.payloadBytes }
  const most = Math.min(budget.leftBytes, throttle.remainingBytes())
  const count = Math.min(torrent.pieceCount, Math.floor(most / Math.max(1, torrent.pieceBytes)))
  if (count === 0) return
  const first = full ? 0 : room.random.below(torrent.pieceCount - count + 1)
  const end = new AbortController()
  const stop = AbortSignal.any([signal, end.signal])
  const stretch = () => [...samples.slice(before.samples), ...session.unfinished()]
  const untilMs = network.now() + limits.webSeed.rateMs
  const watch = async () => {
    while (!stop.aborted) {
      await network.sleep(tickMs, stop)
      if (!full && (network.now() >= untilMs || goodputEnough(stretch()))) end.abort()
    }
  }
  const watching = watch()
  await taken(room, session, first, count, budget, stop)
  end.abort()
  await watching
  // Our own end of it is no fault of the server's.
  if (session.record.failure?.code === "aborted") session.record.failure = null
  const others = room.peerBytes() - before.peers
  if (alone && others <= disturbedRatio * (session.payloadBytes - before.payload))
    session.record.goodputBytesPerSecond = goodput(samples.slice(before.samples))
}

/** One piece of each of so many equal parts of the torrent, so that no long stretch stays unlooked at; of few files each. */
function onePerStratum(
  pieceCount: number,
  wanted: number,
  random: Random,
  requestsFor: (piece: number) => number,
): number[] {
  return Array.from({ length: wanted }, (_, stratum) => {
    const from = Math.ceil((stratum * pieceCount) / wanted)
    const to = Math.ceil(((stratum + 1) * pieceCount) / wanted)
    for (let tried = 0; tried < candidatesPerStratum; tried++) {
      const piece = from + random.below(to - from)
      const requests = requestsFor(piece)
      if (requests > 0 && requests <= limits.webSeed.maxRanges) return piece
    }
    return null
  }).filter((piece) => piece !== null)
}
