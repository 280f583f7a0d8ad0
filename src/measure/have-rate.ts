import type { Estimate, Peer, Reading, Torrent } from "../evidence.ts"
import { gammaQuantile } from "./statistics/gamma.ts"

/** HAVEs so soon after the claim belong to it (a «lazy» bitfield). */
const headMs = 1_000
const leastMs = 1_000
const burstMs = 100
/** Bursts may stand for the whole span if they reach over that share of it, and no silence at its end is longer than any before. */
const leastShare = 0.3
const longestSilence = 1.5
/** Faster than any line that we expect (1 Gbit/s), and not just a piece or two that came together: a hash check. */
const mostBytesPerSecond = 125_000_000
const mostAtOnce = 16
/** A super-seeder shows that many by and by, and a leecher that began just now holds no more. */
const mostStaged = 8
const leastForBurst = 8
/** These tell of their pieces by a timer (10 s): what comes at once wasn't finished at once. */
const timed: ReadonlySet<string | null> = new Set(["Transmission"])
/** And these only when they have something else to say: who asks nothing of them hears of no piece for minutes. */
const mute: ReadonlySet<string | null> = new Set(["rTorrent"])
/** Clients hold HAVEs back for up to 10 s: a shorter silence says nothing. */
const leastSilenceMs = 15_000

/** What a leecher's HAVEs amount to: `bursts` equal ones, on average, in the time that they stand for. */
export interface HaveCount {
  /** Of equal size, as many as tell as much as these: (Σb)²/Σb². 0: none came. */
  readonly bursts: number
  /** What one of them is worth, bytes per second: the rate is `bursts` times that. */
  readonly weight: number
}

/**
 * Download rate of a leecher, without a byte of its own: ΔHAVE · piece length / Δt.
 *
 * The span begins a second after the claim. HAVEs that come together are one burst, since clients hold them back (aria2 1 s,
 * Transmission 10 s) or finish pieces in parallel: sizes b₁…b_m. If the bursts reach over most of the span, the count between the
 * first and the last one is divided by the time between these, which neither cuts a batch in half; else the whole count by
 * the whole span. 95% interval: Garwood's exact one, χ²/2 quantiles, for (Σb)²/Σb² events: for bursts of one size exact, and of any
 * sizes that of a compound Poisson process with its variance Σb². Of a client known to tell of its pieces by a timer (Transmission)
 * they count one by one, from burst to burst. Pieces count with the mean length, the short last one too.
 *
 * Covers a Poisson stream of pieces, one of batches, and whatever is more regular: a shaped line, held-back HAVEs.
 * Null where HAVEs don't tell a rate: the peer says that it only uploads (BEP 21), shows its first few pieces one by one as
 * super-seeders do (BEP 16), took pieces back (BEP 54), was seen for less than a second, or told of many at once: a hash check,
 * or HAVEs held back longer than we looked, as rTorrent does. Who told of none in 15 s or more: 0, and up to 3.7 pieces in it.
 *
 * Garwood 1936; Fay & Feuer 1997 for sums.
 */
export function haveRate(peer: HavePeer, torrent: HaveTorrent): Estimate | null {
  const counted = countHaves(peer, torrent)
  return counted && sumOfRates([counted])
}

type HavePeer = Pick<Peer, "readings" | "extensions" | "clientFamily">
type HaveTorrent = Pick<Torrent, "sizeBytes" | "pieceCount">

/** See `haveRate`. Several readings are one, end to end. */
export function countHaves(
  { readings = [], extensions, clientFamily }: HavePeer,
  { sizeBytes, pieceCount }: HaveTorrent,
): HaveCount | null {
  if (extensions?.uploadOnly === true || mute.has(clientFamily) || pieceCount === 0) return null
  const pieceBytes = sizeBytes / pieceCount
  const spans = readings.filter(tells(pieceCount)).flatMap((reading) => spanOf(reading, pieceBytes) ?? [])
  const pieces = sum(spans.map((span) => span.pieces))
  const ms = sum(spans.map((span) => span.ms))
  if (ms < leastMs) return null
  if (pieces === 0 && ms < leastSilenceMs) return null
  if (pieces === 0) return { bursts: 0, weight: (pieceBytes * 1_000) / ms }
  const isTimed = timed.has(clientFamily) && spans.every(({ isWhole }) => isWhole)
  const bursts = isTimed ? pieces : pieces ** 2 / sum(spans.map((span) => span.squares))
  // One lump, and nothing before it says how long it took to gather.
  if (bursts < 2 && pieces > leastForBurst && !spans.every(({ isWhole }) => isWhole)) return null
  return { bursts, weight: (pieces * pieceBytes * 1_000) / ms / bursts }
}

const tells =
  (pieceCount: number) =>
  ({ fromCount, toCount, withdrawn }: Reading): boolean =>
    withdrawn === 0 && fromCount < pieceCount && !(fromCount === 0 && toCount <= mostStaged)

interface Span {
  /** From burst to burst. */
  readonly isWhole: boolean
  readonly ms: number
  readonly pieces: number
  /** Of the sizes of bursts. */
  readonly squares: number
}

/** Null: too short, or a hash check. */
function spanOf({ fromMs, toMs, fromCount, events }: Reading, pieceBytes: number): Span | null {
  const startMs = fromMs + headMs
  const first = events.findLast(({ atMs }) => atMs <= startMs)?.count ?? fromCount
  const later = burstsOf(events.filter(({ atMs }) => atMs > startMs))
  const counts = [first, ...later.map(({ count }) => count)]
  const times = [startMs, ...later.map(({ atMs }) => atMs)]
  const steps = later.map(({ count }, at) => count - (counts[at] ?? count))
  const gaps = later.map(({ atMs }, at) => atMs - (times[at] ?? atMs))
  if (toMs - startMs < leastMs) return null
  const isChecked = steps.some(
    (pieces, at) =>
      pieces > mostAtOnce && (pieces * pieceBytes * 1_000) / Math.max(1, gaps[at] ?? 0) > mostBytesPerSecond,
  )
  if (isChecked) return null
  const between = times.length > 2 ? (times.at(-1) ?? 0) - (times[1] ?? 0) : 0
  const silence = toMs - (times.at(-1) ?? toMs)
  const isWhole = between >= leastShare * (toMs - startMs) && silence <= longestSilence * Math.max(...gaps)
  const counted = isWhole ? steps.slice(1) : steps
  return {
    isWhole,
    ms: isWhole ? between : toMs - startMs,
    pieces: sum(counted),
    squares: sum(counted.map((pieces) => pieces ** 2)),
  }
}

/** What came within a moment came together. */
function burstsOf(events: Reading["events"]): Reading["events"] {
  const bursts: Reading["events"] = []
  let beganMs = -Infinity
  for (const event of events) {
    if (event.atMs - beganMs < burstMs) bursts.pop()
    else beganMs = event.atMs
    bursts.push(event)
  }
  return bursts
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const tail = 0.025

/**
 * Σ bursts·weight with the gamma interval for weighted sums of Poisson counts (Fay & Feuer 1997), which for a single one is
 * Garwood's, and otherwise at least as wide as needed. Assumes that they don't depend on each other. Null of nobody.
 */
export function sumOfRates(counts: readonly HaveCount[]): Estimate | null {
  if (counts.length === 0) return null
  const value = sum(counts.map(({ bursts, weight }) => bursts * weight))
  const variance = sum(counts.map(({ bursts, weight }) => bursts * weight ** 2))
  const one = counts.reduce((most, { weight }) => Math.max(most, weight), -Infinity)
  const scaled = (mean: number, spread: number, p: number) =>
    (spread / mean) * gammaQuantile(mean ** 2 / spread, p)
  return {
    value,
    low: value === 0 ? 0 : scaled(value, variance, tail),
    high: scaled(value + one, variance + one ** 2, 1 - tail),
    n: Math.round(sum(counts.map(({ bursts }) => bursts))),
    confidence: 0.95,
    censored: false,
  }
}
