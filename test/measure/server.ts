/** A simulated peer: when its blocks arrive, and the samples that a probe with a full pipeline would record of them. */
import type { Sample } from "../../src/evidence.ts"

export const blockBytes = 16 * 1024
const KiB = 1024

/** Mulberry32: small, seeded, good enough to shake a formula with. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const normalOf = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Bytes per second granted at each 10 ms step since the request; the long-run mean is the truth. */
export type Service = (stepMs: number) => number

export const constantRate =
  (rate: number): Service =>
  () =>
    rate

/** Credit that the peer saved before we came, spent at line speed. */
export function tokenBucket(rate: number, burstBytes: number, lineRate: number): Service {
  const burstMs = (burstBytes / (lineRate - rate)) * 1_000
  return (ms) => (ms < burstMs ? lineRate : rate)
}

/** Slow start: the window doubles each response time until the rate is reached. */
export const slowStart =
  (rate: number, roundTripMs: number, rounds: number): Service =>
  (ms) =>
    Math.min(rate, rate * 2 ** (Math.floor(ms / roundTripMs) - rounds))

/** All that half a second earned, at once: the phase is the peer's own. */
export function ticks(rate: number, tickMs: number, phaseMs: number): Service {
  return (ms) => ((ms + phaseMs) % tickMs < 10 ? (rate * tickMs) / 10 : 0)
}

/** First-order autoregressive noise: `memoryMs` until its correlation falls to 1/e. */
export function noisyRate(rate: number, spread: number, memoryMs: number, random: () => number): Service {
  const keep = Math.exp(-10 / memoryMs)
  let noise = normalOf(random) * spread
  return () => {
    noise = keep * noise + Math.sqrt(1 - keep ** 2) * spread * normalOf(random)
    return Math.max(0, rate * (1 + noise))
  }
}

/** Independent noise in the times between blocks, mean 1. */
export const jitter = (random: () => number, spread: number): number =>
  Math.max(0.05, 1 + spread * normalOf(random))

/** Arrival times of whole blocks, served one after the other. */
export function arrivals(service: Service, durationMs: number, latencyMs: number): number[] {
  const times: number[] = []
  let bytes = 0
  for (let ms = 0; ms < durationMs; ms += 10) {
    const before = bytes
    bytes += service(ms) / 100
    const first = Math.floor(before / blockBytes)
    for (let block = first + 1; block * blockBytes <= bytes; block++) {
      times.push(latencyMs + ms + (10 * (block * blockBytes - before)) / (bytes - before))
    }
  }
  return times
}

/** Samples of whole pieces with the next pieces' requests always in the air, progress thinned to 64 points. */
export function samplesOf(times: readonly number[], pieceBytes = 256 * KiB, pipeline = 16): Sample[] {
  const perPiece = pieceBytes / blockBytes
  return Array.from({ length: Math.ceil(times.length / perPiece) }, (_, piece) => {
    const blocks = times.slice(piece * perPiece, (piece + 1) * perPiece)
    const atMs = times[piece * perPiece - pipeline] ?? 0
    const every = Math.ceil(blocks.length / 64)
    const progress = blocks
      .map((at, i): [number, number] => [at - atMs, (i + 1) * blockBytes])
      .filter((_, i) => (i + 1) % every === 0 || i === blocks.length - 1)
    const whole = blocks.length === perPiece
    return {
      piece,
      atMs,
      bytes: blocks.length * blockBytes,
      ms: (blocks.at(-1) ?? atMs) - atMs,
      verified: whole ? true : null,
      failure: whole ? null : { code: "budget", detail: null },
      capped: false,
      progress,
    }
  })
}

/** What a peer gave at a constant rate between two moments of the run. */
export const steadily = (fromMs: number, toMs: number, rate: number): Sample[] =>
  samplesOf(arrivals(constantRate(rate), toMs - fromMs, 20)).map((sample) => ({
    ...sample,
    atMs: sample.atMs + fromMs,
  }))
