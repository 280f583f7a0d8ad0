import { describe, expect, test } from "vitest"
import { phantomPeers } from "../../../src/audits/phantom-peers.ts"
import { comparisonsOf } from "../../../src/measure/trackers/yield.ts"
import { honestPlan, simulate, urlOf, type SwarmPlan, type TrackerPlan } from "./phantom-swarm.ts"
import { randomOf } from "../server.ts"

const runs = 200

/** Half behind NAT; with intervals of half an hour, 15% of the list have left. */
const honest: TrackerPlan = {
  peers: 300,
  natRatio: 0.5,
  intervalMinutes: 30,
  cap: 200,
  order: "random",
  replies: 1,
  ipv6Ratio: 0,
  paddedRatio: 0,
}
const swarm: SwarmPlan = {
  trackers: [honest, honest],
  overlapRatio: 0,
  meanSessionMinutes: 120,
  silentRatio: 0.47,
  maxPeers: 5_000,
  vouchedRatio: 0,
}

/** Who was accused, in how many of the runs; and what the audit had before it in how many. */
function audited(plan: (random: () => number) => SwarmPlan, times = runs) {
  const accused = new Map<string, number>()
  let [compared, byFisherAlone, ownAreDead] = [0, 0, 0]
  for (let run = 0; run < times; run++) {
    const random = randomOf(run * 13 + 5)
    const evidence = simulate(plan(random), random)
    for (const { verdict, subject } of phantomPeers.judge(evidence))
      if (verdict === "warn") accused.set(subject, (accused.get(subject) ?? 0) + 1)
    const { comparisons } = comparisonsOf(evidence)
    if (comparisons.length > 0) compared++
    if (comparisons.some(({ fisher }) => fisher < 0.0005)) byFisherAlone++
    if (comparisons.some(({ only }) => only.suspect.alive === 0 && only.suspect.tested > 50)) ownAreDead++
  }
  return { accused: Object.fromEntries(accused), compared, byFisherAlone, ownAreDead }
}

describe(`in ${runs} honest swarms nobody is accused`, () => {
  test("half behind NAT, 15% departed, lists of every length and overlap", () => {
    const plan = (random: () => number): SwarmPlan => {
      const drawn = honestPlan(random, [0.5, 0.5])
      const trackers = drawn.trackers.map((tracker) => ({ ...tracker, intervalMinutes: 30, ipv6Ratio: 0 }))
      return { ...drawn, trackers, meanSessionMinutes: 120, silentRatio: 0.47 }
    }
    const { accused, compared } = audited(plan)
    expect(accused).toEqual({})
    expect(compared).toBeGreaterThan(runs / 2)
  })

  test("NAT before 30% to 70%, intervals of 15 minutes to 2 hours, IPv6 here and not there", () => {
    const { accused, compared, byFisherAlone } = audited((random) => honestPlan(random, [0.3, 0.7]))
    expect(accused).toEqual({})
    expect(compared).toBeGreaterThan(runs / 2)
    // What the allowance is for: equal yields are no fair hypothesis.
    expect(byFisherAlone).toBeGreaterThan(0)
  })

  test("the same clients at both, and one keeps the departed eight times as long: all that only it lists is dead", () => {
    const slow = { ...honest, peers: 130, intervalMinutes: 120, cap: 1_000 }
    const quick = { ...honest, peers: 80, intervalMinutes: 15, cap: 1_000 }
    // Everybody of `slow` announces to `quick` as well; `quick` has others besides, so that both have addresses to themselves.
    const { accused, ownAreDead } = audited(() => ({
      ...swarm,
      trackers: [slow, quick],
      overlapRatio: [1, 0],
    }))
    expect(accused).toEqual({})
    expect(ownAreDead).toBeGreaterThan(runs / 2)
  })
})

describe("a padded list beside an honest one is named, and only that", () => {
  test.each([
    { padded: 1, cap: 100 },
    { padded: 1, cap: 200 },
    { padded: 0.97, cap: 200 },
    { padded: 0.95, cap: 1_000 },
  ])("$padded of $cap made up", ({ padded, cap }) => {
    const liar = { ...honest, peers: cap, cap, paddedRatio: padded }
    const { accused } = audited(() => ({ ...swarm, trackers: [honest, liar] }), 50)
    expect(Object.keys(accused)).toEqual([`tracker:${urlOf(1)}`])
    expect(accused[`tracker:${urlOf(1)}`]).toBeGreaterThanOrEqual(45)
  })
})
