import type { Sample, Span } from "../evidence.ts"

/** A cap of ours that holds requests back for longer than this has nothing to do with the fetch before. */
const longestHoldMs = 1_000

/** A busy stretch: bytes of one peer over time, without a pause that was ours. `ms` and `bytes` rise together. */
export interface Stretch {
  ms: number[]
  bytes: number[]
}

/**
 * All of a peer's samples as cumulative curves, but for single blocks, which are too short to time. Fetches that overlap belong together. Between others the pipeline had run
 * dry: while nothing is asked of a peer its silence says nothing, so the next fetch begins a new stretch. Unless a rate cap
 * of ours held it back: then the pause is part of the rate that we allowed, the lower bound that a capped rate is. Every
 * stretch starts at its first arrival: the response time before it is not the rate's business.
 */
export function stretchesOf(samples: readonly Sample[]): Stretch[] {
  const inOrder = samples
    .filter(({ bytes, offset }) => bytes > 0 && offset === undefined)
    .sort((a, b) => a.atMs - b.atMs)
  const groups: Sample[][] = []
  let busyUntil = -Infinity
  for (const sample of inOrder) {
    const group = groups.at(-1)
    const heldBack = sample.capped && sample.atMs < busyUntil + longestHoldMs
    if (group && (sample.atMs < busyUntil || heldBack)) group.push(sample)
    else groups.push([sample])
    busyUntil = Math.max(busyUntil, sample.atMs + sample.ms)
  }
  return groups.map(merged).filter(({ ms }) => ms.length > 1)
}

function merged(samples: readonly Sample[]): Stretch {
  const arrivals = samples.flatMap(arrivalsOf).sort((a, b) => a.at - b.at)
  const stretch: Stretch = { ms: [], bytes: [] }
  let total = 0
  for (const { at, bytes } of arrivals) {
    total += bytes
    const last = stretch.ms.length - 1
    if (last >= 0 && at <= (stretch.ms[last] ?? 0)) stretch.bytes[last] = total
    else {
      stretch.ms.push(at)
      stretch.bytes.push(total)
    }
  }
  return stretch
}

function arrivalsOf(sample: Sample): { at: number; bytes: number }[] {
  const arrivals: { at: number; bytes: number }[] = []
  let soFar = 0
  for (const [ms, bytes] of [...sample.progress, [sample.ms, sample.bytes] as const]) {
    if (bytes > soFar) arrivals.push({ at: sample.atMs + ms, bytes: bytes - soFar })
    soFar = Math.max(soFar, bytes)
  }
  return arrivals
}

export const durationOf = ({ ms }: Stretch): number => (ms.at(-1) ?? 0) - (ms[0] ?? 0)

/** The first `lengthMs` of busy time, later stretches cut off. */
export function firstPart(stretches: readonly Stretch[], lengthMs: number): Stretch[] {
  const kept: Stretch[] = []
  let left = lengthMs
  for (const stretch of stretches) {
    if (left <= 0) break
    const end = (stretch.ms[0] ?? 0) + left
    const count = stretch.ms.filter((ms) => ms <= end).length
    if (count > 1) kept.push({ ms: stretch.ms.slice(0, count), bytes: stretch.bytes.slice(0, count) })
    left -= durationOf(stretch)
  }
  return kept
}

/** A pause longer than this is a stall, not a rhythm. */
const longestRhythmMs = 1_000

/**
 * The curve at the ends of its bursts. Many clients serve in bursts (Transmission every 500 ms) and blocks arrive 16 KiB
 * at a time; from the end of one burst to the end of another the bytes and the time that earned them match, elsewhere
 * they don't. A burst ends where the following pause is at least half as long as the pauses that half of all time is
 * spent in. The last arrival isn't known to end a burst: the fetch may have ended in the middle of one.
 */
export function knotsOf(stretches: readonly Stretch[]): Stretch[] {
  const pauses = stretches.flatMap(({ ms }) => ms.slice(1).map((at, i) => at - (ms[i] ?? at)))
  const rhythm = Math.min(weightedMedian(pauses), longestRhythmMs)
  return stretches.map(({ ms, bytes }) => {
    const ends = ms.keys().filter((i) => i + 1 < ms.length && (ms[i + 1] ?? 0) - (ms[i] ?? 0) >= rhythm / 2)
    const kept = [...ends]
    return { ms: kept.map((i) => ms[i] ?? 0), bytes: kept.map((i) => bytes[i] ?? 0) }
  })
}

/** The pause at which half of the time is spent in shorter ones. */
function weightedMedian(pauses: readonly number[]): number {
  const ascending = [...pauses].sort((a, b) => a - b)
  const half = ascending.reduce((sum, pause) => sum + pause, 0) / 2
  let sum = 0
  for (const pause of ascending) {
    sum += pause
    if (sum >= half) return pause
  }
  return 0
}

/** The curve between its points, as a straight line; outside them, the nearest. */
export function bytesAt({ ms, bytes }: Stretch, at: number): number {
  let low = 0
  let high = ms.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ms[middle] ?? 0) < at) low = middle + 1
    else high = middle
  }
  const after = ms[low] ?? 0
  const before = ms[low - 1]
  if (before === undefined || at >= after) return bytes[low] ?? 0
  const from = bytes[low - 1] ?? 0
  return from + (((bytes[low] ?? 0) - from) * (at - before)) / (after - before)
}

/** Means over `count` windows of equal time, in bytes per second. */
export function windowRates(curve: Stretch, count: number): number[] {
  const start = curve.ms[0] ?? 0
  const step = durationOf(curve) / count
  const marks = Array.from({ length: count + 1 }, (_, i) => bytesAt(curve, start + i * step))
  return marks.slice(1).map((mark, i) => ((mark - (marks[i] ?? 0)) / step) * 1_000)
}

/** Without what came within those spans, each cut making two stretches of one. */
export function outside(stretches: readonly Stretch[], spans: readonly Span[]): readonly Stretch[] {
  if (spans.length === 0) return stretches
  const gaps = gapsBetween(spans)
  return stretches.flatMap((each) =>
    gaps.map(([from, to]) => part(each, from, to)).filter(({ ms }) => ms.length > 1),
  )
}

/** What the spans leave of all time. */
function gapsBetween(spans: readonly Span[]): Span[] {
  const gaps: Span[] = []
  let endMs = -Infinity
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (from > endMs) gaps.push([endMs, from])
    endMs = Math.max(endMs, to)
  }
  return [...gaps, [endMs, Infinity]]
}

function part({ ms, bytes }: Stretch, from: number, to: number): Stretch {
  const kept = [...ms.keys()].filter((i) => (ms[i] ?? 0) >= from && (ms[i] ?? 0) <= to)
  return { ms: kept.map((i) => ms[i] ?? 0), bytes: kept.map((i) => bytes[i] ?? 0) }
}

export interface MeanRate {
  /** Bytes per second. */
  value: number
  /** Standard error, from four windows. */
  error: number
}

const spanWindows = 4
const fewestKnots = 3
const longestSettleMs = 1_000

/** Its first quarter, at most 1 s, is left to what was still on its way and to windows that open. */
const settledPart = ([from, to]: Span): Span => [from + Math.min(longestSettleMs, (to - from) / 4), to]

/**
 * Mean rate within the settled part of a span, between ends of bursts, in the stretch that has most of it; null with fewer than
 * three of them.
 */
export function meanRate(stretches: readonly Stretch[], span: Span): MeanRate | null {
  const [from, to] = settledPart(span)
  const inside = knotsOf(stretches.map((each) => part(each, from, to)))
  const longest = inside.reduce<Stretch | null>(
    (most, each) => (most === null || durationOf(each) > durationOf(most) ? each : most),
    null,
  )
  if (longest === null || longest.ms.length < fewestKnots || durationOf(longest) <= 0) return null
  const rates = windowRates(longest, spanWindows)
  const value = rates.reduce((sum, rate) => sum + rate, 0) / spanWindows
  const variance = rates.reduce((sum, rate) => sum + (rate - value) ** 2, 0) / (spanWindows - 1)
  return { value, error: Math.sqrt(variance / spanWindows) }
}

/** What came in the settled part of a span, bursts and pauses alike, in bytes per second. */
export function totalRate(curves: Iterable<readonly Stretch[]>, span: Span): number {
  const [from, to] = settledPart(span)
  let bytes = 0
  for (const stretches of curves)
    for (const each of stretches)
      if (from < (each.ms.at(-1) ?? 0) && to > (each.ms[0] ?? 0))
        bytes += bytesAt(each, to) - bytesAt(each, from)
  return (bytes * 1_000) / Math.max(1, to - from)
}
