import { describe, expect, test } from "vitest"
import { canary } from "../../../src/audits/canary.ts"
import { constantCounts } from "../../../src/audits/constant-counts.ts"
import { frozenCounter } from "../../../src/audits/frozen-counter.ts"
import { implausibleDownloads } from "../../../src/audits/implausible-downloads.ts"
import { phantomPeers } from "../../../src/audits/phantom-peers.ts"
import { phantomSeeders } from "../../../src/audits/phantom-seeders.ts"
import { understatedCounts } from "../../../src/audits/understated-counts.ts"
import type { TrackerLie } from "../../../src/demo/tracker-lies.ts"
import { randomOf } from "../server.ts"
import { oneOf, simulate, urlOf, type ChangingPlan, type CountingPlan } from "./tracker-swarm.ts"

const audits = [
  phantomSeeders,
  phantomPeers,
  canary,
  constantCounts,
  understatedCounts,
  frozenCounter,
  implausibleDownloads,
]
const minuteMs = 60_000
const GiB = 1024 ** 3

function accused(plan: (random: () => number) => ChangingPlan, runs: number) {
  const found = new Map<string, number>()
  for (let run = 0; run < runs; run++) {
    const random = randomOf(run * 7 + 1)
    const evidence = simulate(plan(random), random)
    for (const { audit, verdict, subject } of audits.flatMap((each) => each.judge(evidence)))
      if (verdict === "warn" || verdict === "fail")
        found.set(`${audit} ${subject}`, (found.get(`${audit} ${subject}`) ?? 0) + 1)
  }
  return Object.fromEntries(found)
}

const between = (random: () => number, low: number, high: number) => low + random() * (high - low)

const honestTracker = (random: () => number): CountingPlan => ({
  cap: oneOf(random, [30, 50, 82, 200, 1_000]),
  ragged: false,
  order: oneOf(random, ["random", "random", "recent first", "oldest first"]),
  cacheMs: oneOf(random, [0, 0, 1, 15]) * minuteMs,
  keptMs: between(random, 15, 60) * minuteMs,
  hidesUnreachable: false,
  dualStack: random() < 0.3,
  share: oneOf(random, [0.4, 0.8, 1]),
  lies: [],
  liesToAll: false,
})

const honestSwarm = (random: () => number): ChangingPlan => ({
  peers: Math.round(30 * (500 / 30) ** (random() * random())),
  before: oneOf(random, [0.2, 1, 1, 1, 2.5]),
  sessionMs: between(random, 30, 240) * minuteMs,
  unreachableRatio: between(random, 0.2, 0.6),
  dualRatio: 0.3,
  seederRatio: between(random, 0.1, 0.8),
  announces: 1 + Math.floor(random() * 4),
  minIntervalMs: oneOf(random, [1, 5, 15]) * minuteMs,
  earlierRuns: Math.floor(random() * 4),
  betweenRunsMs: between(random, 60, 90) * minuteMs,
  completingRatio: 0.5,
  sizeBytes: oneOf(random, [0.1, 4, 50]) * GiB,
  trackers: Array.from({ length: 1 + Math.floor(random() * 3) }, () => honestTracker(random)),
})

describe("honest trackers are never accused, by any audit", () => {
  const all = (plan: ChangingPlan, over: Partial<CountingPlan>) =>
    plan.trackers.map((each) => ({ ...each, ...over }))
  test.each<[string, number, (plan: ChangingPlan, random: () => number) => ChangingPlan]>([
    ["churn, NAT, dual-stack hosts, every cap, order and cache", 650, (plan) => plan],
    [
      "lists without those behind NAT",
      150,
      (plan, random) => ({
        ...plan,
        unreachableRatio: 0.55 * random() ** 0.3,
        trackers: all(plan, { hidesUnreachable: true, cap: 1_000 }),
      }),
    ],
    [
      "random parts, of another length each time",
      100,
      (plan) => ({ ...plan, before: 1, trackers: all(plan, { ragged: true, order: "random", share: 1 }) }),
    ],
    [
      "a swarm just published, counts 5 or 15 minutes old",
      100,
      (plan, random) => ({
        ...plan,
        peers: 2 * plan.peers,
        before: 0.05,
        sessionMs: 120 * minuteMs,
        arrivalMs: between(random, 1, 3) * minuteMs,
        arrivalPower: oneOf(random, [1, 0.33]),
        earlierRuns: 0,
        announces: 4,
        minIntervalMs: minuteMs / oneOf(random, [1, 3]),
        betweenRunsMs: minuteMs,
        trackers: all(plan, { cacheMs: oneOf(random, [5, 15]) * minuteMs, cap: 1_000 }),
      }),
    ],
  ])("%s", (_, runs, of) => {
    expect(accused((random) => of(honestSwarm(random), random), runs)).toEqual({})
  })
})

/** Everybody at one tracker, and asked again. */
const steady =
  (lies: TrackerLie[], over: Partial<CountingPlan> = {}, plan: Partial<ChangingPlan> = {}) =>
  (random: () => number): ChangingPlan => ({
    ...honestSwarm(random),
    peers: 75 + Math.floor(random() * 75),
    before: 1,
    sessionMs: 120 * minuteMs,
    unreachableRatio: 0.5,
    announces: 3,
    minIntervalMs: 15 * minuteMs,
    earlierRuns: 2,
    ...plan,
    trackers: [
      {
        cap: 200,
        ragged: false,
        order: "random",
        cacheMs: 0,
        keptMs: 30 * minuteMs,
        hidesUnreachable: false,
        dualStack: random() < 0.3,
        share: 1,
        lies,
        liesToAll: true,
        ...over,
      },
    ],
  })

describe("liars are named, each by its audit", () => {
  const runs = 40
  test.each<[string, string, (random: () => number) => ChangingPlan]>([
    ["phantom-seeders", "twice as many", steady([{ kind: "scaled", factor: 2 }])],
    [
      "phantom-seeders",
      "three times, for this torrent only",
      steady([{ kind: "scaled", factor: 3.2 }], { liesToAll: false }),
    ],
    ["understated-counts", "a quarter", steady([{ kind: "scaled", factor: 1 / 4 }])],
    [
      "frozen-counter",
      "frozen",
      steady(
        [{ kind: "frozen", fromPeers: 20 }],
        {},
        { earlierRuns: 4, completingRatio: 0.9, unreachableRatio: 0.2, seederRatio: 0.2 },
      ),
    ],
    [
      "constant-counts",
      "the same for all",
      steady([{ kind: "constant", seeders: 90, leechers: 30, downloads: 7 }]),
    ],
    [
      "implausible-downloads",
      "10,000 downloads of 50 GiB a second",
      steady([{ kind: "implausible-downloads", perSecond: 10_000 }], {}, { sizeBytes: 50 * GiB }),
    ],
  ])("%s: %s", (audit, _, plan) => {
    const found = accused(plan, runs)
    expect(found[`${audit} tracker:${urlOf(0)}`] ?? 0).toBeGreaterThanOrEqual(0.95 * runs)
  })

  test("phantom-peers: 150 phantoms and a few peers, beside an honest list", () => {
    const addresses = Array.from({ length: 150 }, (_, i) => `198.51.100.${i}:6881`)
    const plan = (random: () => number): ChangingPlan => {
      const of = steady([], { dualStack: false }, { unreachableRatio: 0.4 })(random)
      const [honest] = of.trackers as [CountingPlan]
      const liar: CountingPlan = { ...honest, share: 0.05, lies: [{ kind: "padded", addresses }] }
      return { ...of, trackers: [honest, liar] }
    }
    const found = accused(plan, runs)
    expect(found[`phantom-peers tracker:${urlOf(1)}`] ?? 0).toBeGreaterThanOrEqual(0.95 * runs)
    expect(Object.keys(found).filter((key) => key.endsWith(urlOf(0)))).toEqual([])
  })
})
