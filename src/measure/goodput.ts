import type { Estimate, Sample, Span } from "../evidence.ts"
import { durationOf, firstPart, knotsOf, outside, stretchesOf, windowRates, type Stretch } from "./curve.ts"

const windows = 8
/** Finer windows, in which a start that differs and a memory of the noise show. */
const cells = 32
const longestMemory = 16
/** Student's t, 7 degrees of freedom, two-sided 95%. */
const t7 = 2.3646
/** What clients' own rhythms and overheads add to every rate, however long it is watched. */
const systematicRatio = 0.02
const enoughRatio = 0.1
const steadyRatio = 0.05
const blockBytes = 16 * 1024

/** Less than this and the windows hold too few blocks, or too few bursts, to say anything. */
const leastBytes = 12 * blockBytes
const leastKnots = 10
const leastMs = 1_000

const longestHeadMs = 1_000
const headRatio = 0.2
const firstLookMs = 3_000
const cappedLookMs = 2_000

/**
 * Granted rate: bytes per second that the peer gave us while asked, its start dropped.
 *
 * The samples become one curve of bytes over busy time. Each busy stretch loses its head (1 s, or a fifth of the longest
 * stretch if that is shorter), then whatever start differs from the rest (White's MSER rule, at most half of it): slow start
 * and burst credit. The stretches joined lose such a start once more: a first piece that came while our link was busy. The
 * rest, read at the ends of bursts, is cut into 8 windows of equal time: mean ± t₇·SE, widened by 2% for what clients' own
 * rhythms do to any rate. SE is the larger of s/√8 and Geyer's, from 32 finer windows, which sees noise that remembers
 * itself.
 *
 * Assumes a pipeline that never drains and a rate that is steady after its start: constant, served in ticks of 500 ms,
 * quantised in blocks from 20 KiB/s, after slow start or a burst that is over within half of the time, or with noise of up to
 * 30% that forgets within 300 ms when watched for 10 s or more (150 ms when stopped by `goodputEnough`). A peer divides its
 * uplink among others, so this is a lower bound on what it could do. Wrong data is worth nothing and doesn't count. `high` is
 * null when a cap of ours held requests back. What came while others slowed the peer (`disturbed`) is left out.
 *
 * Batch means: Law & Kelton, Simulation Modeling and Analysis. MSER: White 1997. Initial positive sequence: Geyer 1992.
 */
export function goodput(taken: readonly Sample[], disturbed: readonly Span[] = []): Estimate | null {
  const samples = taken.filter(({ verified }) => verified !== false)
  const found = rateOf(outside(stretchesOf(samples), disturbed))
  if (!found) return null
  const censored = isCensored(samples, found)
  return {
    value: found.value,
    low: Math.max(0, found.value - found.halfWidth),
    high: censored ? null : found.value + found.halfWidth,
    n: windows,
    confidence: 0.95,
    censored,
  }
}

const isCensored = (samples: readonly Sample[], { used }: Rate): boolean =>
  samples.some(
    ({ capped, bytes, offset, atMs, ms }) =>
      capped && bytes > 0 && offset === undefined && used.some(([from, to]) => atMs < to && atMs + ms > from),
  )

/**
 * Whether the interval is within ±10%. Looks only when busy time has doubled (3 s, 6 s, 12 s…): an interval that is looked
 * at after every block and stopped at its narrowest covers the truth too seldom. The first look wants ±5%: noise that
 * remembers itself hardly shows in so short a time. A rate that a cap of ours holds down is a
 * lower bound however long it is watched: 2 s are enough.
 */
export function goodputEnough(samples: readonly Sample[], disturbed: readonly Span[] = []): boolean {
  const stretches = outside(stretchesOf(samples), disturbed)
  const busyMs = stretches.reduce((sum, stretch) => sum + durationOf(stretch), 0)
  if (busyMs < cappedLookMs) return false
  const whole = rateOf(stretches)
  if (whole !== null && isCensored(samples, whole)) return true
  if (busyMs < firstLookMs) return false
  const look = firstLookMs * 2 ** Math.floor(Math.log2(busyMs / firstLookMs))
  const found = rateOf(firstPart(stretches, look))
  const wanted = look === firstLookMs ? steadyRatio : enoughRatio
  return found !== null && found.halfWidth <= wanted * found.value
}

interface Rate {
  value: number
  halfWidth: number
  /** Spans of time that it rests on. */
  used: [number, number][]
}

function rateOf(stretches: readonly Stretch[]): Rate | null {
  const longest = Math.max(0, ...stretches.map(durationOf))
  const headMs = Math.min(longestHeadMs, headRatio * longest)
  const steady = knotsOf(stretches)
    .map((knots, i) => settled(from(knots, (stretches[i]?.ms[0] ?? 0) + headMs)))
    .filter(({ ms }) => ms.length > 1)
  const curve = settled(joined(steady))
  if (curve.ms.length < leastKnots || durationOf(curve) < leastMs) return null
  if ((curve.bytes.at(-1) ?? 0) - (curve.bytes[0] ?? 0) < leastBytes) return null
  const rates = windowRates(curve, windows)
  const value = rates.reduce((sum, rate) => sum + rate, 0) / windows
  const finer = curve.ms.length > 2 * cells ? errorOf(windowRates(curve, cells), longestMemory) : 0
  const error = Math.max(errorOf(rates, 0), finer)
  return {
    value,
    halfWidth: t7 * error + systematicRatio * value,
    used: steady.map(({ ms }) => [ms[0] ?? 0, ms.at(-1) ?? 0]),
  }
}

/**
 * Standard error of the mean of neighbours that remember each other: autocovariances are added while two in a row have a
 * positive sum, the first with the variance itself (Geyer 1992), at most `memory` of them; 0 takes the values as independent.
 */
function errorOf(values: readonly number[], memory: number): number {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const covariance = (lag: number) => {
    let sum = 0
    for (let i = lag; i < n; i++) sum += ((values[i] ?? 0) - mean) * ((values[i - lag] ?? 0) - mean)
    return sum / (n - 1)
  }
  const own = covariance(0)
  if (memory === 0) return Math.sqrt(own / n)
  let variance = -own
  for (let lag = 0; lag < memory; lag += 2) {
    const pair = covariance(lag) + covariance(lag + 1)
    if (pair <= 0) break
    variance += 2 * pair
  }
  return Math.sqrt(Math.max(0, variance) / n)
}

function from({ ms, bytes }: Stretch, start: number): Stretch {
  const first = ms.findIndex((at) => at >= start)
  return first < 0 ? { ms: [], bytes: [] } : { ms: ms.slice(first), bytes: bytes.slice(first) }
}

/** Drops the start that makes the mean of the rest least certain (MSER): the smallest Σ(x−x̄)²/n². */
function settled(knots: Stretch): Stretch {
  if (knots.ms.length < cells / 2) return knots
  const rates = windowRates(knots, cells)
  let best = 0
  let least = Infinity
  for (let cut = 0; cut <= cells / 2; cut++) {
    const rest = rates.slice(cut)
    const mean = rest.reduce((sum, rate) => sum + rate, 0) / rest.length
    const score = rest.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rest.length ** 2
    if (score < least) {
      least = score
      best = cut
    }
  }
  return from(knots, (knots.ms[0] ?? 0) + (best * durationOf(knots)) / cells)
}

/** Stretches end to end, each from zero. */
function joined(stretches: readonly Stretch[]): Stretch {
  const curve: Stretch = { ms: [0], bytes: [0] }
  for (const { ms, bytes } of stretches) {
    const startMs = (curve.ms.at(-1) ?? 0) - (ms[0] ?? 0)
    const startBytes = (curve.bytes.at(-1) ?? 0) - (bytes[0] ?? 0)
    for (let i = 1; i < ms.length; i++) {
      curve.ms.push(startMs + (ms[i] ?? 0))
      curve.bytes.push(startBytes + (bytes[i] ?? 0))
    }
  }
  return curve
}
