/** Trackers that tell the second of three places something else, and how often that is named. */
import * as z from "zod"
import { randomOf } from "../../bench/population-regimes.ts"
import { answersByPlace } from "../../src/merge/answers-by-place.ts"
import {
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

export const madeUp = (share: number, cap: number, plan: Partial<PlacesPlan> = {}): PlacesPlan =>
  liar({ kind: "made up", share }, { cap, dhtRatio: 0.2 }, { peers: 600, ...plan })

const inflated = (startsMs: readonly number[]): PlacesPlan =>
  liar({ kind: "scaled", factor: 10 }, { startsMs }, { peers: 15, staleRatio: 0, sessionMs: 4_000 * minute })

export interface PlantedLie {
  name: string
  plan: PlacesPlan
  /** Of the proof that names it. */
  kind: string
  /** So many of a hundred runs name it. */
  least: number
  most: number
}

export const lies: readonly PlantedLie[] = [
  { name: "a list of 200, made up", plan: madeUp(1, 200), kind: "list", least: 98, most: 100 },
  { name: "a list of 100, made up", plan: madeUp(1, 100), kind: "list", least: 95, most: 100 },
  {
    name: "a list of 50, made up, where most answer",
    plan: madeUp(1, 50, { natRatio: 0, staleRatio: 0 }),
    kind: "list",
    least: 90,
    most: 100,
  },
  { name: "a list of 200, nine in ten made up", plan: madeUp(0.9, 200), kind: "list", least: 5, most: 60 },
  {
    name: "half a list of 200, made up: too little",
    plan: madeUp(0.5, 200),
    kind: "list",
    least: 0,
    most: 0,
  },
  {
    name: "ten times the counts of a small swarm, twice",
    plan: inflated([0, 40 * minute]),
    kind: "counts",
    least: 90,
    most: 100,
  },
  {
    name: "ten times the counts, once: that may be an old count",
    plan: inflated([0]),
    kind: "counts",
    least: 0,
    most: 0,
  },
  { name: "three of 200 peers, for an interval", plan: hidden, kind: "hidden", least: 95, most: 100 },
]

/** «kind place» of every accusation. */
export function accused(plan: PlacesPlan, seed: number): string[] {
  const random = randomOf(seed)
  const found = answersByPlace.judge(simulate(plan, random).vantages, true)
  return found.flatMap(({ verdict, vantages, evidence }) =>
    verdict === "warn" ? vantages.map((label) => `${z.string().parse(evidence["kind"])} ${label}`) : [],
  )
}

/** Runs in which that kind of proof names the lie to the second place, and accusations of what any other was told. */
export function timesNamed(plan: PlacesPlan, kind: string, runs: number): { liar: number; others: number } {
  const found = times(runs, (run) => accused(plan, run * 7_919 + 11))
  return {
    liar: found.filter((each) => each.includes(`${kind} place-1`)).length,
    others: found.flat().filter((each) => !each.endsWith(" place-1")).length,
  }
}
