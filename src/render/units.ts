/** Numbers as people read them: IEC sizes, short durations, UTC dates. */
import type { Estimate } from "../evidence.ts"
import type { Symbols } from "./page.ts"

const sizes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const

function sizeStep(bytes: number): number {
  let step = 0
  // 1023.95 KiB would print as 1024.0 KiB.
  while (step < sizes.length - 1 && bytes / 1024 ** step >= 1023.95) step++
  return step
}

const decimalsOf = (value: number): number => (value >= 100 ? 0 : value >= 10 ? 1 : 2)

/** Three digits, without needless zeros on round ones: 3.69 GiB, 256 KiB. */
export function bytes(count: number): string {
  const step = sizeStep(count)
  const value = count / 1024 ** step
  return `${Number.isInteger(value) ? value : value.toFixed(decimalsOf(value))} ${sizes[step]}`
}

/** Always one decimal, so that a live number doesn't jump about. */
export function steadyBytes(count: number): string {
  const step = sizeStep(count)
  return `${(count / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${sizes[step]}`
}

/** One decimal from 0.1 to 100, two below, none above. */
export const short = (value: number): string =>
  value === 0 ? "0" : value >= 99.95 ? value.toFixed(0) : value >= 0.095 ? value.toFixed(1) : value.toFixed(2)

export interface RateUnit {
  name: string
  bytes: number
}

/** The unit of a whole column: that of its greatest rate, KiB/s at least; MiB/s when there is none. */
export function rateUnit(greatest: number): RateUnit {
  const step = greatest === 0 ? 2 : Math.max(1, sizeStep(greatest))
  return { name: `${sizes[step]}/s`, bytes: 1024 ** step }
}

/** `0.7–1.8`, or `≥0.7` when no upper bound is known. */
export function interval(estimate: Estimate, unit: number, symbols: Symbols): string {
  const low = short(estimate.low / unit)
  return estimate.high === null
    ? `${symbols.atLeast}${low}`
    : `${low}${symbols.dash}${short(estimate.high / unit)}`
}

/** The value, marked when a cap of ours held it down. */
export const bound = (estimate: Estimate, unit: number, symbols: Symbols): string =>
  (estimate.censored ? symbols.atLeast : "") + short(estimate.value / unit)

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}m`
  return `${Math.floor(seconds / 86_400)}d${String(Math.floor(seconds / 3600) % 24).padStart(2, "0")}h`
}

/** Reply times: `182 ms`, `2.1 s`. */
export const reply = (ms: number): string =>
  ms < 999.5
    ? `${Math.round(ms)} ms`
    : ms < 99_950
      ? `${(ms / 1000).toFixed(1)} s`
      : `${Math.round(ms / 1000)} s`

/** `0:42`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  const tail = String(seconds % 60).padStart(2, "0")
  if (minutes < 60) return `${minutes}:${tail}`
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${tail}`
}

/** The unit in which a long time reads as a small number. */
function timeUnit(ms: number): { name: string; ms: number } {
  if (ms < 90_000) return { name: "s", ms: 1000 }
  if (ms < 90 * 60_000) return { name: "min", ms: 60_000 }
  if (ms < 48 * 3_600_000) return { name: "h", ms: 3_600_000 }
  return { name: "days", ms: 86_400_000 }
}

const rounded = (value: number): string => String(Number(value.toFixed(value < 2.95 ? 1 : 0)))

/** `12 min (8–21)` */
export function longTime(estimate: Estimate, symbols: Symbols): string {
  const unit = timeUnit(estimate.value)
  const low = rounded(estimate.low / unit.ms)
  const range =
    estimate.high === null
      ? `${symbols.atLeast}${low}`
      : `${low}${symbols.dash}${rounded(estimate.high / unit.ms)}`
  const value = `${rounded(estimate.value / unit.ms)} ${unit.name}`
  return range === `${low}${symbols.dash}${low}` ? value : `${value} (${range})`
}

/** The last moment that every reader of ISO 8601 takes. */
const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** When a run ended, ISO 8601; a snapshot that somebody made up may have lasted for ages. */
export const endOf = ({ startedAt, durationMs }: { startedAt: string; durationMs: number }): string =>
  new Date(Math.min(Date.parse(startedAt) + durationMs, lastMs)).toISOString()

/** An ISO 8601 time to the minute: `2026-03-14 09:15 UTC`. */
export const date = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/** 62%; never 100% for a peer that lacks a piece, nor 0% for one that has some. */
export function percent(ratio: number): string {
  const rounded = Math.round(ratio * 100)
  if (rounded === 100 && ratio < 1) return "99%"
  return rounded === 0 && ratio > 0 ? "<1%" : `${rounded}%`
}

const multiples = ["", "k", "M", "G", "T", "P"] as const

/** Counts beyond five digits are a tracker's fancy: 4.29G. */
export function count(value: number): string {
  if (value < 100_000) return String(value)
  const step = Math.min(multiples.length - 1, Math.floor(Math.log10(value) / 3))
  return `${Number((value / 1000 ** step).toPrecision(3))}${multiples[step]}`
}
