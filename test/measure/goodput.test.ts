import { describe, expect, test } from "vitest"
import { goodput, goodputEnough } from "../../src/measure/goodput.ts"
import type { Sample } from "../../src/evidence.ts"
import {
  arrivals,
  constantRate,
  noisyRate,
  randomOf,
  samplesOf,
  slowStart,
  ticks,
  tokenBucket,
  type Service,
} from "./server.ts"

const KiB = 1024
const MiB = 1024 * KiB
const runs = 1_000

type Random = () => number

interface Regime {
  name: string
  rate: (random: Random) => number
  service: (rate: number, random: Random) => Service
  durationMs: (rate: number, random: Random) => number
  pieceBytes?: number
}

const anyRate = (random: Random) => 128 * KiB * 2 ** (random() * 5)
const slowRate = (random: Random) => (20 + 44 * random()) * KiB
const seconds = (from: number, to: number) => (_: number, random: Random) =>
  1_000 * (from + (to - from) * random())
/** Slow peers need time: about sixty blocks. */
const sixtyBlocks = (rate: number) => (1_000 * 60 * 16 * KiB) / rate

const regimes: Regime[] = [
  { name: "a constant rate", rate: anyRate, service: constantRate, durationMs: seconds(4, 12) },
  {
    name: "a token bucket with credit of 64 KiB to 1 MiB",
    rate: anyRate,
    service: (rate, random) => tokenBucket(rate, 64 * KiB * 2 ** (random() * 4), Math.max(rate * 4, 4 * MiB)),
    durationMs: seconds(4, 12),
  },
  {
    name: "a credit at twice the rate, spent over 1 to 3 s",
    rate: anyRate,
    service: (rate, random) => tokenBucket(rate, rate * (1 + 2 * random()), 2 * rate),
    durationMs: seconds(8, 16),
  },
  {
    name: "slow start",
    rate: anyRate,
    service: (rate, random) => slowStart(rate, 50 + random() * 150, 5),
    durationMs: seconds(5, 12),
  },
  {
    name: "ticks of 500 ms",
    rate: anyRate,
    service: (rate, random) => ticks(rate, 500, random() * 500),
    durationMs: seconds(9, 16),
  },
  {
    name: "ticks of 500 ms, pieces of 4 MiB",
    rate: (random) => MiB * 2 ** (random() * 2),
    service: (rate, random) => ticks(rate, 500, random() * 500),
    durationMs: seconds(9, 16),
    pieceBytes: 4 * MiB,
  },
  { name: "20–64 KiB/s in blocks of 16 KiB", rate: slowRate, service: constantRate, durationMs: sixtyBlocks },
  {
    name: "20–64 KiB/s, as soon as there is enough to say something",
    rate: slowRate,
    service: (rate, random) => (random() < 0.5 ? constantRate(rate) : ticks(rate, 500, random() * 500)),
    durationMs: (rate, random) => 1_000 + (1_000 * (22 + 12 * random()) * 16 * KiB) / rate,
  },
  {
    name: "20–64 KiB/s with noise of 10%, as soon as there is enough to say something",
    rate: slowRate,
    service: (rate, random) => noisyRate(rate, 0.1, 100 + 200 * random(), random),
    durationMs: (rate, random) => 1_000 + (1_000 * (22 + 12 * random()) * 16 * KiB) / rate,
  },
  {
    name: "20–64 KiB/s in ticks, after a burst of 128 KiB",
    rate: slowRate,
    service: (rate, random) => {
      const steady = ticks(rate, 500, random() * 500)
      const burst = tokenBucket(rate, 128 * KiB, MiB)
      return (ms) => (burst(ms) > rate ? burst(ms) : steady(ms))
    },
    durationMs: sixtyBlocks,
  },
  {
    name: "noise of 10% that forgets in 100–300 ms",
    rate: anyRate,
    service: (rate, random) => noisyRate(rate, 0.1, 100 + 200 * random(), random),
    durationMs: seconds(10, 16),
  },
  {
    name: "noise of 30% that forgets in 100–300 ms",
    rate: anyRate,
    service: (rate, random) => noisyRate(rate, 0.3, 100 + 200 * random(), random),
    durationMs: seconds(10, 16),
  },
]

const covers = (samples: readonly Sample[], rate: number): boolean | null => {
  const found = goodput(samples)
  return found && found.low <= rate && rate <= (found.high ?? Infinity)
}

/** Share of the runs that gave an interval in which it holds the truth, and how many gave one. */
function coverage(run: (random: Random) => boolean | null): { share: number; given: number } {
  const results = Array.from({ length: runs }, (_, i) => run(randomOf(i + 1))).filter((held) => held !== null)
  return { share: results.filter(Boolean).length / results.length, given: results.length }
}

describe("the 95% interval covers the truth in at least 93% of 1,000 runs", () => {
  test.each(regimes)("$name", ({ rate, service, durationMs, pieceBytes }) => {
    const { share, given } = coverage((random) => {
      const truth = rate(random)
      const times = arrivals(service(truth, random), durationMs(truth, random), random() * 200)
      return covers(samplesOf(times, pieceBytes), truth)
    })
    expect(share).toBeGreaterThanOrEqual(0.93)
    expect(given).toBeGreaterThanOrEqual(0.9 * runs)
  })

  test.each([
    { name: "ticks", spread: 0, memoryMs: 1 },
    { name: "noise of 10% that forgets in 150 ms", spread: 0.1, memoryMs: 150 },
    { name: "noise of 20% that forgets in 100 ms", spread: 0.2, memoryMs: 100 },
  ])("when stopped as soon as it is narrow: $name", ({ spread, memoryMs }) => {
    const { share } = coverage((random) => {
      const truth = 512 * KiB * 2 ** random()
      const seed = random() * 2 ** 32
      const until = (ms: number): Sample[] => {
        const again = randomOf(seed)
        const service =
          spread === 0 ? ticks(truth, 500, again() * 500) : noisyRate(truth, spread, memoryMs, again)
        return samplesOf(arrivals(service, ms, 100))
      }
      const narrow = [3_300, 6_300, 12_300, 24_300].find((ms) => goodputEnough(until(ms)))
      return covers(until(narrow ?? 32_500), truth)
    })
    expect(share).toBeGreaterThanOrEqual(0.93)
  })
})

const steady = (durationMs: number, rate = MiB): Sample[] =>
  samplesOf(arrivals(constantRate(rate), durationMs, 50))

describe("what it rests on", () => {
  test("too little gives nothing", () => {
    expect(goodput([])).toBeNull()
    expect(goodput(steady(700))).toBeNull()
    expect(goodput(steady(10_000, 20 * KiB))).toBeNull()
  })

  test("a steady peer is known to 2%", () => {
    const found = goodput(steady(6_000))
    expect(found?.value).toBeCloseTo(MiB, -3)
    expect(found?.high).toBeCloseTo(MiB * 1.02, -4)
    expect(found?.censored).toBe(false)
  })

  test("so is one that serves every half second, within ten seconds", () => {
    const found = goodput(samplesOf(arrivals(ticks(MiB, 500, 170), 10_000, 50)))
    expect(found?.value).toBeCloseTo(MiB, -4)
    expect(found?.low).toBeGreaterThan(0.95 * MiB)
    expect(found?.high).toBeLessThan(1.05 * MiB)
  })

  test("credit spent over three seconds doesn't raise the rate", () => {
    const found = goodput(samplesOf(arrivals(tokenBucket(MiB, 3 * MiB, 2 * MiB), 10_000, 50)))
    expect(found?.value).toBeCloseTo(MiB, -4)
  })

  test("a pause of ours is not the peer's: fetches apart make separate stretches", () => {
    const first = steady(4_000)
    const later = steady(4_000).map((sample) => ({ ...sample, atMs: sample.atMs + 60_000 }))
    expect(goodput([...first, ...later])?.value).toBeCloseTo(MiB, -3)
  })

  test("a first piece at line speed, served from credit, does not raise the rate", () => {
    const first = samplesOf(arrivals(constantRate(40 * MiB), 50, 50)).slice(0, 1)
    const later = steady(6_000).map((sample) => ({ ...sample, atMs: sample.atMs + 1_000 }))
    expect(goodput([...first, ...later])?.value).toBeCloseTo(MiB, -3)
  })

  test("single pieces with a dry pipeline between them do not lower it", () => {
    const long = steady(6_000)
    const single = Array.from({ length: 5 }, (_, i) =>
      samplesOf(arrivals(constantRate(MiB), 260, 500)).map((sample) => ({
        ...sample,
        atMs: 10_000 + i * 1_000,
      })),
    ).flat()
    expect(goodput([...long, ...single])?.value).toBeCloseTo(MiB, -3)
  })

  test("single blocks have no rate, even when a cap of ours spaced them", () => {
    const blocks = Array.from({ length: 200 }, (_, i) => ({
      ...samplesOf(arrivals(constantRate(MiB), 50, 50))[0]!,
      piece: i,
      atMs: 100 * i,
      ms: 90,
      bytes: 16 * KiB,
      capped: true,
      progress: [[90, 16 * KiB]] as [number, number][],
    }))
    expect(goodput(blocks)).not.toBeNull()
    expect(goodput(blocks.map((block) => ({ ...block, offset: 0 })))).toBeNull()
    expect(goodput([...steady(6_000), ...blocks.map((block) => ({ ...block, offset: 0 }))])).toEqual(
      goodput(steady(6_000)),
    )
  })

  test("what came while others slowed it is left out, however often that was", () => {
    const slow = steady(3_000, MiB / 4)
    const own = steady(6_000).map((sample) => ({ ...sample, atMs: sample.atMs + 3_000 }))
    const spans = Array.from({ length: 500 }, (_, i): [number, number] => [i * 6, i * 6 + 10])
    expect(goodput([...slow, ...own], spans)?.value).toBeCloseTo(MiB, -3)
  })

  test("a cap of ours on a used sample: no upper bound", () => {
    const capped = steady(6_000).map((sample, i) => ({ ...sample, capped: i === 12 }))
    expect(goodput(capped)).toMatchObject({ censored: true, high: null })
  })

  test("a cap on a sample that is not used says nothing", () => {
    const early = samplesOf(arrivals(constantRate(MiB), 260, 50)).map((sample) => ({
      ...sample,
      capped: true,
    }))
    const later = steady(6_000).map((sample) => ({ ...sample, atMs: sample.atMs + 5_000 }))
    expect(goodput([...early, ...later])?.censored).toBe(false)
  })

  test("wrong bytes are worth nothing", () => {
    const right = samplesOf(arrivals(constantRate(MiB), 8_000, 100))
    const wrong = samplesOf(arrivals(constantRate(8 * MiB), 8_000, 100)).map((sample) => ({
      ...sample,
      verified: false,
    }))
    expect(goodput([...wrong, ...right])).toEqual(goodput(right))
    expect(goodput(wrong)).toBeNull()
  })

  test("the order of the samples doesn't matter", () => {
    const samples = steady(6_000)
    expect(goodput(samples.toReversed())).toEqual(goodput(samples))
  })

  test("a hostile record gives numbers or nothing, never NaN", () => {
    const backwards: Sample = {
      ...steady(300)[0]!,
      progress: [
        [200, 9e15],
        [100, 5],
        [50, 9e15],
      ],
    }
    const found = goodput(Array.from({ length: 40 }, (_, i) => ({ ...backwards, atMs: i * 100 })))
    expect(found === null || Number.isFinite(found.value)).toBe(true)
  })
})

describe("enough", () => {
  test("not before three seconds, then at once for a steady peer", () => {
    expect(goodputEnough(steady(2_800))).toBe(false)
    expect(goodputEnough(steady(3_200))).toBe(true)
  })

  test("looks only when the time has doubled: between two looks the answer stays", () => {
    const random = randomOf(5)
    const samples = samplesOf(arrivals(noisyRate(MiB, 0.5, 300, random), 40_000, 50))
    const upTo = (ms: number) => goodputEnough(samples.filter((sample) => sample.atMs + sample.ms <= ms))
    expect(new Set([6_500, 7_500, 9_000, 10_500, 11_700].map(upTo)).size).toBe(1)
  })
})
