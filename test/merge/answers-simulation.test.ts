import { describe, expect, test } from "vitest"
import * as z from "zod"
import { randomOf } from "../../bench/population-regimes.ts"
import { answersByPlace } from "../../src/merge/answers-by-place.ts"
import { range } from "../support/builders.ts"
import {
  honestPlan,
  minute,
  plainPlace,
  plainPlan,
  second,
  simulate,
  times,
  type Lie,
  type PlacePlan,
  type PlacesPlan,
} from "../measure/vantages/places.ts"

const accused = (plan: PlacesPlan, seed: number): string[] => {
  const random = randomOf(seed)
  const found = answersByPlace.judge(simulate(plan, random).vantages, true)
  return found.flatMap(({ verdict, vantages, evidence }) =>
    verdict === "warn" ? vantages.map((label) => `${z.string().parse(evidence["kind"])} ${label}`) : [],
  )
}

const honestRuns = 500

test(`nobody is accused in ${honestRuns} honest swarms: churn, crowds, an exodus, stale lists, caches, servers that lag or were restarted, firewalls, places offline`, () => {
  const found = range(0, honestRuns).flatMap((run) => {
    const random = randomOf(run * 7_919 + 3)
    const plan = honestPlan(random)
    return accused(plan, run * 104_729 + 5).map((each) => `${run} ${each}`)
  })
  expect(found).toEqual([])
})

/** The second of three, a few seconds after each other, is lied to. */
const liar = (lie: Lie, place: Partial<PlacePlan>, plan: Partial<PlacesPlan> = {}): PlacesPlan => ({
  ...plainPlan,
  ...plan,
  places: times(3, (i) => ({
    ...plainPlace,
    ...place,
    startsMs: (place.startsMs ?? [0]).map((startMs) => startMs + i * 5 * second),
    lie: i === 1 ? lie : null,
  })),
})

/** Two rounds, between which its interval passes; the others ask before and after the liar's victim. */
const hidden: PlacesPlan = {
  ...plainPlan,
  places: times(3, (i) => ({
    ...plainPlace,
    cap: 200,
    startsMs: i === 1 ? [5 * second, 35 * minute] : [0, 35 * minute + 10 * second],
    lie: i === 1 ? { kind: "hidden", peers: 3 } : null,
  })),
}

const madeUp = (share: number, cap: number, plan: Partial<PlacesPlan> = {}): PlacesPlan =>
  liar({ kind: "made up", share }, { cap, dhtRatio: 0.2 }, { peers: 600, ...plan })

const inflated = (startsMs: readonly number[]): PlacesPlan =>
  liar({ kind: "scaled", factor: 10 }, { startsMs }, { peers: 15, staleRatio: 0, sessionMs: 4_000 * minute })

/** What is told, which kind of proof names it, and in how many of the runs at least, in hundredths. */
const lies: readonly [name: string, plan: PlacesPlan, kind: string, least: number, most: number][] = [
  ["a list of 200, made up", madeUp(1, 200), "list", 98, 100],
  ["a list of 100, made up", madeUp(1, 100), "list", 95, 100],
  [
    "a list of 50, made up, where most answer",
    madeUp(1, 50, { natRatio: 0, staleRatio: 0 }),
    "list",
    90,
    100,
  ],
  ["half a list of 200, made up: too little", madeUp(0.5, 200), "list", 0, 0],
  ["ten times the counts of a small swarm, twice", inflated([0, 40 * minute]), "counts", 90, 100],
  ["ten times the counts, once: that may be an old count", inflated([0]), "counts", 0, 0],
  ["three of 200 peers, for an interval", hidden, "hidden", 95, 100],
]

describe("told to one place of three", () => {
  test.each(lies)("%s", (_, plan, kind, least, most) => {
    const runs = range(0, 100).map((run) => accused(plan, run * 7_919 + 11))
    const named = runs.filter((found) => found.includes(`${kind} place-1`)).length
    expect(runs.flat().filter((each) => !each.endsWith(" place-1"))).toEqual([])
    expect(named).toBeGreaterThanOrEqual(least)
    expect(named).toBeLessThanOrEqual(most)
  })

  test("the first who asked has nothing to be held against", () => {
    const [victim, ...others] = madeUp(1, 200).places.toReversed()
    const first = {
      ...madeUp(1, 200),
      places: [others[0]!, victim!, others[1]!].map((place, i) => ({
        ...place,
        startsMs: [i * 5 * second],
        lie: i === 0 ? { kind: "made up" as const, share: 1 } : null,
      })),
    }
    expect(range(0, 30).flatMap((run) => accused(first, run + 1))).toEqual([])
  })
})
