/** Leechers whose HAVEs come by a known law, and what a visit records of them. */
import type { Peer, Reading } from "../../src/evidence.ts"
import { createSeries } from "../../src/wire/series.ts"

export type Random = () => number
/** Times of HAVEs, in ms, within so many. */
export type Law = (durationMs: number, random: Random) => number[]

const exponential = (perSecond: number, random: Random): number =>
  (-Math.log(1 - random()) * 1_000) / perSecond

export const poisson =
  (perSecond: number): Law =>
  (durationMs, random) => {
    const times: number[] = []
    for (let at = exponential(perSecond, random); at < durationMs; at += exponential(perSecond, random))
      times.push(at)
    return times
  }

/** A line of constant rate, pieces one after the other. */
export const regular =
  (perSecond: number): Law =>
  (durationMs, random) => {
    const times: number[] = []
    for (let at = (random() * 1_000) / perSecond; at < durationMs; at += 1_000 / perSecond) times.push(at)
    return times
  }

/** The same, with so many pieces on their way at a time: each comes early or late by up to half of that. */
export const parallel =
  (perSecond: number, pieces: number): Law =>
  (durationMs, random) =>
    regular(perSecond)(durationMs, random)
      .map((at) => at + ((random() - 0.5) * pieces * 1_000) / perSecond)
      .filter((at) => at > 0 && at < durationMs)
      .sort((a, b) => a - b)

/** Several at once: from 1 to 2·`mean` − 1. */
export const batches =
  (perSecond: number, mean: number): Law =>
  (durationMs, random) =>
    poisson(perSecond / mean)(durationMs, random).flatMap((at) =>
      Array.from({ length: 1 + Math.floor(random() * (2 * mean - 1)) }, () => at),
    )

/** Told of only every so often. */
export const heldBack =
  (law: Law, everyMs: number): Law =>
  (durationMs, random) => {
    const phase = random() * everyMs
    return law(durationMs, random)
      .map((at) => Math.ceil((at - phase) / everyMs) * everyMs + phase)
      .filter((at) => at < durationMs)
  }

const heldBefore = 100

/** A visit of that length, as wire/ records it. */
export function aReading(
  times: readonly number[],
  durationMs: number,
  overrides: Partial<Reading> = {},
): Reading {
  const { fromMs = 2_000, fromCount = heldBefore } = overrides
  const series = createSeries<Reading["events"][number]>({
    maxPoints: 256,
    spacingMs: 100,
    timeOf: ({ atMs }) => atMs,
    inSteps: true,
  })
  if (times.length > 0) series.add({ atMs: fromMs, count: fromCount })
  times.forEach((at, index) => series.add({ atMs: fromMs + at, count: fromCount + index + 1 }))
  return {
    fromMs,
    toMs: fromMs + durationMs,
    fromCount,
    toCount: fromCount + times.length,
    gained: times.length,
    withdrawn: 0,
    gone: null,
    peerId: null,
    events: series.points,
    ...overrides,
  }
}

export const aLeecher = (
  readings: Reading[],
  { extensions = null, clientFamily = null }: Partial<Pick<Peer, "extensions" | "clientFamily">> = {},
): Pick<Peer, "readings" | "extensions" | "clientFamily"> => ({ readings, extensions, clientFamily })
