import { describe, expect, test } from "vitest"
import { dhtEclipse } from "../../../src/audits/dht-eclipse.ts"
import { dhtSize, neighbourhoodsOf } from "../../../src/measure/dht/size.ts"
import { anEvidence, aRun, everySource } from "../../support/builders.ts"
import { simulate, type World } from "./simulation.ts"
import { randomOf } from "../server.ts"

const verdictIn = (world: World) =>
  dhtEclipse.judge(anEvidence({ run: aRun({ discovery: everySource }), dht: simulate(world) }))[0]

const tally = (runs: number, worldOf: (random: () => number) => World): Record<string, number> => {
  const verdicts: Record<string, number> = {}
  for (let run = 0; run < runs; run++) {
    const verdict = verdictIn(worldOf(randomOf(run * 13 + 5)))?.verdict ?? "none"
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1
  }
  return verdicts
}

const sizes = [50, 1_000, 100_000, 10_000_000]
const runs = 1_000
/** Each takes a second or two on an idle machine. */
const timeoutMs = 120_000
/** A stated level of 0.001 over 1,000 runs. */
const mostAlarms = 1

describe("honest DHTs raise at most one alarm in 1,000 lookups", { timeout: timeoutMs }, () => {
  test.each([
    { size: 50, pass: [0, 0] },
    { size: 200, pass: [0, 0] },
    { size: 1_000, pass: [100, 900] },
    { size: 3_000, pass: [runs - mostAlarms, runs] },
    { size: 100_000, pass: [runs - mostAlarms, runs] },
    { size: 10_000_000, pass: [runs - mostAlarms, runs] },
  ])("$size nodes, four random keys", ({ size, pass: [least = NaN, most = NaN] }) => {
    const { warn = 0, pass = 0 } = tally(runs, (random) => ({ size, random, neighbourhoods: 4 }))
    expect(warn).toBeLessThanOrEqual(mostAlarms)
    expect(pass).toBeGreaterThanOrEqual(least)
    expect(pass).toBeLessThanOrEqual(most)
  })

  test.each(sizes)("%d nodes, no random key", (size) => {
    const verdicts = tally(runs, (random) => ({ size, random, neighbourhoods: 0 }))
    expect(verdicts["warn"] ?? 0).toBeLessThanOrEqual(mostAlarms)
  })

  test.each(sizes)("%d nodes, random keys looked up carelessly", (size) => {
    const verdicts = tally(runs, (random) => ({ size, random, neighbourhoods: 2, missed: 0.4 }))
    expect(verdicts["warn"] ?? 0).toBeLessThanOrEqual(mostAlarms)
  })

  test.each(sizes)("%d nodes, the far ones missed, no random key", (size) => {
    const verdicts = tally(runs, (random) => ({ size, random, neighbourhoods: 0, missedFar: 0.5 }))
    expect(verdicts["warn"] ?? 0).toBeLessThanOrEqual(mostAlarms)
  })

  test.each([0, 0.05, 0.5, 1])("BEP 42 ignored by a share of %d", (unfit) => {
    const verdicts = tally(runs, (random) => ({ size: 100_000, random, neighbourhoods: 4, unfit }))
    expect(verdicts["warn"] ?? 0).toBeLessThanOrEqual(mostAlarms)
    expect(verdicts["pass"]).toBeGreaterThanOrEqual(runs - mostAlarms)
  })
})

describe("an attacker is caught, whose ids lie within 2⁻²⁵ of the key", () => {
  const within = 2 ** -25

  test.each(
    [10_000, 100_000, 1_000_000, 10_000_000].flatMap((size) => [8, 12, 20].map((count) => ({ size, count }))),
  )("$count nodes among $size", ({ size, count }) => {
    const verdicts = tally(100, (random) => ({
      size,
      random,
      neighbourhoods: 4,
      sybils: { count, within, fits: true },
    }))
    expect(verdicts["warn"] ?? 0).toBeGreaterThanOrEqual(99)
  })

  test.each([8, 20])("%d nodes, without any random key", (count) => {
    const verdicts = tally(100, (random) => ({
      size: 1_000_000,
      random,
      neighbourhoods: 0,
      sybils: { count, within, fits: true },
    }))
    expect(verdicts["warn"] ?? 0).toBeGreaterThanOrEqual(95)
  })

  test("and one that keeps its distance, by ids that don't fit, or by its network", () => {
    const far = { count: 16, within: 1e-5 }
    const base = { size: 100_000, neighbourhoods: 8, unfit: 0.1 }
    const unfit = tally(50, (random) => ({ ...base, random, sybils: { ...far, fits: false } }))
    expect(unfit["warn"] ?? 0).toBeGreaterThanOrEqual(45)
    const addressOf = (i: number) => `198.18.9.${i + 1}:6881`
    const network = tally(50, (random) => ({
      ...base,
      unfit: 1,
      random,
      sybils: { ...far, fits: false, addressOf },
    }))
    expect(network["warn"] ?? 0).toBeGreaterThanOrEqual(45)
  })
})

test.each([
  { size: 1_000, neighbourhoods: 1 },
  { size: 1_000, neighbourhoods: 8 },
  { size: 100_000, neighbourhoods: 1 },
  { size: 100_000, neighbourhoods: 8 },
  { size: 10_000_000, neighbourhoods: 4 },
])(
  "the DHT's size: $neighbourhoods lookups in $size nodes, held in 93% of 1,000 runs",
  { timeout: timeoutMs },
  ({ size, neighbourhoods }) => {
    let held = 0
    for (let run = 0; run < runs; run++) {
      const dht = simulate({ size, random: randomOf(run * 11 + 3), neighbourhoods, unfit: 1 })
      const found = dhtSize(neighbourhoodsOf(dht, "neighbourhood"))
      if (found && found.low <= size && size <= (found.high ?? Infinity)) held++
    }
    expect(held / runs).toBeGreaterThanOrEqual(0.93)
  },
)
