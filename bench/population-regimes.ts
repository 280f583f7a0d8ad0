/** Simulated populations, and how often an estimate's interval holds the truth. Shared by the tests and the benchmark. */
import type { Estimate } from "../src/evidence.ts"
import { overTime, type TimedDraw } from "../src/measure/population/history.ts"
import { threeSources } from "../src/measure/population/loglinear.ts"
import { acrossSources, lowerBound } from "../src/measure/population/across-sources.ts"
import { chao2, chapman } from "../src/measure/population.ts"

export type Random = () => number
type Members = ReadonlySet<number>

export interface Regime {
  name: string
  /** The truth. */
  population: number
  /** Which end of the interval is claimed to hold. */
  claims: "both ends" | "low end"
  estimate: (random: Random) => Estimate | null
}

export interface Coverage {
  /** Of the runs, those that gave an estimate. */
  given: number
  /** Of those, the share that held the truth. */
  held: number
  /** Median value over the truth. */
  value: number
}

/** Mulberry32: small, seeded, good enough to shake a formula with. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function coverageOf({ population, claims, estimate }: Regime, runs: number): Coverage {
  let held = 0
  const values: number[] = []
  for (let run = 0; run < runs; run++) {
    const found = estimate(randomOf(run * 7_919 + 1))
    if (!found) continue
    values.push(found.value / population)
    const high = claims === "low end" ? Infinity : (found.high ?? Infinity)
    if (found.low <= population && population <= high) held++
  }
  values.sort((a, b) => a - b)
  const given = values.length
  return { given, held: given === 0 ? 0 : held / given, value: values[given >> 1] ?? 0 }
}

/** A random draw without replacement (Floyd). */
export function draw<T>(list: readonly T[], size: number, random: Random): Set<T> {
  const places = new Set<number>()
  for (let last = list.length - size; last < list.length; last++) {
    const pick = Math.floor(random() * (last + 1))
    places.add(places.has(pick) ? last : pick)
  }
  return new Set([...places].flatMap((place) => list[place] ?? []))
}

const first = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Chances of every source to see a peer, given what the sources before it did. */
type Seeing = (peer: number, seen: readonly boolean[], random: Random) => number

function sourcesOf(population: number, count: number, seeing: Seeing, random: Random): Members[] {
  const sources = Array.from({ length: count }, () => new Set<number>())
  for (let peer = 0; peer < population; peer++) {
    const seen: boolean[] = []
    for (const source of sources) {
      const sees = random() < seeing(peer, seen, random)
      seen.push(sees)
      if (sees) source.add(peer)
    }
  }
  return sources
}

const alike =
  (rates: readonly number[]): Seeing =>
  (_, seen) =>
    rates[seen.length] ?? 0

/** The second source looks at what the first saw for this share of the peers. */
const copying =
  (rates: readonly number[], share: number): Seeing =>
  (_, seen, random) =>
    seen.length === 1 && random() < share ? (seen[0] ? 1 : 0) : (rates[seen.length] ?? 0)

/** The first `share` of all are seen so many times less easily by all sources. */
const harder =
  (rates: readonly number[], share: number, times: number, population: number): Seeing =>
  (peer, seen) =>
    (rates[seen.length] ?? 0) * (peer < share * population ? times : 1)

const percents = (rates: readonly number[]): string =>
  rates.map((rate) => `${Math.round(rate * 100)}%`).join(" ")

const regime = (
  method: string,
  how: string,
  population: number,
  claims: Regime["claims"],
  estimate: Regime["estimate"],
): Regime => ({ name: `${method}: ${how}`, population, claims, estimate })

export const chapmanOf = (population: number, rates: readonly [number, number]): Regime =>
  regime("chapman", percents(rates), population, "both ends", (random) => {
    const [one, other] = sourcesOf(population, 2, alike(rates), random)
    return one && other ? chapman(one, other) : null
  })

export const chao2Of = (population: number, draws: number, size: number): Regime =>
  regime("chao2", `${draws} draws of ${size}`, population, "both ends", (random) => {
    const list = first(population)
    return chao2(Array.from({ length: draws }, () => draw(list, size, random)))
  })

export const threeOf = (
  population: number,
  rates: readonly number[],
  copied = 0,
  hard?: readonly [share: number, times: number],
): Regime => ({
  ...unevenOf("threeSources", threeSources, population, rates, hard ? { hard } : { copied }),
  claims: "both ends",
})

export interface Uneven {
  copied?: number
  /** A share of all is seen so many times as easily. */
  hard?: readonly [share: number, times: number]
}

function unevenOf(
  method: string,
  estimator: (sources: readonly Members[]) => Estimate | null,
  population: number,
  rates: readonly number[],
  { copied = 0, hard }: Uneven,
): Regime {
  const seeing = hard ? harder(rates, ...hard, population) : copying(rates, copied)
  const how = hard
    ? `, ${percents([hard[0]])} of the peers ${hard[1] === 0 ? "seen by none" : `seen ${hard[1]} times as easily`}`
    : copied > 0
      ? `, the second copies ${percents([copied])}`
      : ""
  return regime(method, percents(rates) + how, population, "low end", (random) =>
    estimator(sourcesOf(population, rates.length, seeing, random)),
  )
}

export const lowerBoundOf = (population: number, rates: readonly number[], uneven: Uneven = {}): Regime =>
  unevenOf("lowerBound", lowerBound, population, rates, uneven)

/** What `lowerBound` is for. */
export const unevenChao2Of = (population: number, rates: readonly number[]): Regime => ({
  ...unevenOf("chao2", chao2, population, rates, {}),
  claims: "both ends",
})

export const acrossOf = (population: number, rates: readonly number[], uneven: Uneven = {}): Regime =>
  unevenOf("acrossSources", acrossSources, population, rates, uneven)

/** From one draw to the next, this share of the list is replaced; `settled`: only one half of it is, twice as fast. */
export function overTimeOf(
  population: number,
  draws: number,
  size: number,
  replaced: number,
  settled = false,
): Regime {
  const how = `${draws} draws of ${size}, ${percents([replaced])} replaced${settled ? ", half of all stay" : ""}`
  return regime("overTime", how, population, "both ends", (random) => {
    const list = first(population)
    let newcomer = population
    const timed: TimedDraw[] = []
    for (let i = 0; i < draws; i++) {
      for (const place of i === 0 ? [] : list.keys()) {
        const chance = settled ? (place < population / 2 ? 0 : 2 * replaced) : replaced
        if (random() < chance) list[place] = newcomer++
      }
      timed.push({ atMs: i, members: draw(list, size, random) })
    }
    return overTime(timed, draws)
  })
}

/** For a test: the share of the estimates that held the truth; nothing is shown by a regime that hardly gives any. */
export function heldBy(regime: Regime, runs: number): number {
  const { held, given } = coverageOf(regime, runs)
  return given < 0.5 * runs ? Number.NaN : held
}
