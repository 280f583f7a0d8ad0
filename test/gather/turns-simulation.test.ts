/** A thousand honest swarms on a virtual clock: whatever rhythm its peers have, no link is called full that isn't. */
import { expect, test } from "vitest"
import type { Trial } from "../../src/evidence.ts"
import { seededRandom } from "../../src/gather/random.ts"
import { createTurns } from "../../src/gather/turns.ts"
import { contentionOf, grantedRates } from "../../src/measure/contention.ts"
import { noisyRate, randomOf, slowStart, ticks, tokenBucket, type Service } from "../measure/server.ts"
import { aRun, aSeeder } from "../support/builders.ts"
import { virtualLink } from "./virtual-link.ts"

const KiB = 1024
const MiB = 1024 * KiB

type Rhythm = (rate: number, random: () => number) => Service
const rhythms: Record<string, Rhythm> = {
  steady: (rate) => () => rate,
  "in ticks of 500 ms": (rate, random) => ticks(rate, 500, random() * 500),
  "with noise of 10%": (rate, random) => noisyRate(rate, 0.1, 150, random),
  "with credit": (rate, random) => tokenBucket(rate, rate * (0.2 + random()), Math.max(2 * rate, 4 * MiB)),
  "after slow start": (rate, random) => slowStart(rate, 50 + random() * 100, 5),
}
const any: Rhythm = (rate, random) => {
  const all = Object.values(rhythms)
  return (all[Math.floor(random() * all.length)] ?? rhythms["steady"]!)(rate, random)
}

interface Setting {
  ours?: number
  peers?: number
  slots?: number
  /** All of one host, with uplinks of their own. */
  neighbours?: boolean
}

async function audited(seed: number, rhythm: Rhythm, setting: Setting = {}) {
  const random = randomOf(seed)
  const {
    ours = Infinity,
    peers: count = 2 + Math.floor(random() * 3),
    slots = 4,
    neighbours = false,
  } = setting
  const truths = Array.from({ length: count }, () => 256 * KiB * 2 ** (random() * 4))
  const link = virtualLink(
    truths.map((rate, i) => ({
      address: `203.0.113.${i + 1}:6881`,
      host: neighbours ? "203.0.113.0" : `203.0.113.${i + 1}`,
      rate: rhythm(rate, randomOf(seed * 100 + i)),
    })),
    { ours },
  )
  const trials: Trial[] = []
  const signal = new AbortController().signal
  const turns = createTurns({
    slots,
    capBytesPerSecond: Infinity,
    random: seededRandom(String(seed)),
    signal,
    now: link.now,
    sleep: link.sleep,
    onTrial: (trial) => trials.push(trial),
  })
  const visit = async (contestant: (typeof link.contestants)[number]) => {
    turns.arrive(contestant)
    await turns.measure(contestant, () => false)
    const recall = turns.lend(contestant)
    while (turns.wants(contestant)) await link.sleep(250, signal)
    recall()
  }
  await link.run(Promise.all(link.contestants.map(visit)), 900_000)
  const run = aRun({ trials })
  const peers = link.contestants.map((each, i) =>
    aSeeder(i + 1, { address: each.address, samples: [...each.samples()], goodputBytesPerSecond: null }),
  )
  const rates = grantedRates({ run, peers })
  const measured = peers.map((peer, i) => ({ ...peer, goodputBytesPerSecond: rates[i] ?? null }))
  return { truths, rates, trials, contention: contentionOf({ run, peers: measured }) }
}

const runs = 200

test.each([...Object.entries(rhythms), ["of all kinds", any] as const])(
  "peers that serve %s: no ceiling, no shared uplink, and their intervals hold the truth",
  async (_, rhythm) => {
    let covered = 0
    let given = 0
    for (let seed = 1; seed <= runs; seed++) {
      const { truths, rates, contention } = await audited(seed, rhythm)
      expect(contention, `seed ${seed}`).toMatchObject({ ceiling: null, uplinks: [] })
      rates.forEach((rate, i) => {
        const truth = truths[i] ?? 0
        if (rate === null) return
        given++
        if (rate.low <= truth && truth <= (rate.high ?? Infinity)) covered++
      })
    }
    expect(covered / given).toBeGreaterThanOrEqual(0.93)
    expect(given).toBeGreaterThan(2 * runs)
  },
)

test("a link that peers surely fill is called full, and its ceiling holds what it carries", async () => {
  let found = 0
  let full = 0
  let covered = 0
  for (let seed = 1; seed <= runs; seed++) {
    const ours = 512 * KiB * 2 ** (2 * randomOf(seed + 7_000)())
    const { truths, contention } = await audited(seed, rhythms["with noise of 10%"]!, { ours })
    if (truths.reduce((sum, rate) => sum + rate, 0) < 2 * ours) continue
    full++
    const { ceiling } = contention
    if (ceiling === null) continue
    found++
    if (ceiling.low <= ours && ours <= (ceiling.high ?? Infinity)) covered++
  }
  expect(full).toBeGreaterThan(runs / 4)
  expect(found / full).toBeGreaterThanOrEqual(0.9)
  expect(covered / found).toBeGreaterThanOrEqual(0.93)
})

test("neighbours with uplinks of their own are not said to share one, whatever their rhythm", async () => {
  let tried = 0
  for (let seed = 1; seed <= runs; seed++) {
    const { contention, trials } = await audited(seed, any, { neighbours: true, peers: 2 })
    tried += trials.length
    expect(contention.uplinks, `seed ${seed}`).toEqual([])
  }
  expect(tried).toBeGreaterThan(runs / 2)
})

test("behind a full link, a rate that is not called a lower bound is mostly the peer's own", async () => {
  let covered = 0
  let given = 0
  for (let seed = 1; seed <= 60; seed++) {
    const ours = 2 * MiB * 2 ** (2 * randomOf(seed + 9_000)())
    const { truths, rates } = await audited(seed, rhythms["with noise of 10%"]!, { ours, peers: 8, slots: 3 })
    rates.forEach((rate, i) => {
      const truth = truths[i] ?? 0
      if (rate === null || rate.censored) return
      given++
      if (rate.low <= truth && truth <= (rate.high ?? Infinity)) covered++
    })
  }
  expect(covered / given).toBeGreaterThanOrEqual(0.88)
})
