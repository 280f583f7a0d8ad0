/** In which swarms, seen from which places, the number of those who can be reached is estimated; and how well. */
import { randomOf } from "../../../bench/population-regimes.ts"
import type { Evidence } from "../../../src/evidence.ts"
import { populationOf, roleEstimates } from "../../../src/measure/population/swarm.ts"
import { reachableFrom } from "../../../src/measure/vantages/population.ts"
import { newestOf } from "../../../src/measure/vantages/vantage.ts"
import { minute, plainPlace, plainPlan, simulate, times, type PlacePlan, type PlacesPlan } from "./places.ts"

export const places = (...each: readonly Partial<PlacePlan>[]): Pick<PlacesPlan, "places"> => ({
  places: each.map((one) => ({ ...plainPlace, cap: 80, ...one })),
})

/** Truth: peers that listen, and were there in one of the audits. Most others are behind a NAT or gone. */
export const reachableRegimes: Record<string, PlacesPlan> = {
  "lists of 50 of 200": { ...plainPlan },
  "lists of 200 of 600": { ...plainPlan, peers: 600, ...places({ cap: 200 }, { cap: 200 }, { cap: 200 }) },
  "places of unequal size": { ...plainPlan, peers: 300, ...places({ cap: 200 }, { cap: 50 }, { cap: 25 }) },
  "one place told made-up addresses alone": {
    ...plainPlan,
    ...places({}, { lie: { kind: "made up", share: 1 } }, {}),
  },
  "one place told few": { ...plainPlan, ...places({}, { lie: { kind: "hidden", peers: 5 } }, {}) },
  "a firewall hides half from one of two": { ...plainPlan, ...places({ hiddenRatio: 0.5 }, {}) },
  "20 min between the audits, sessions of 90": {
    ...plainPlan,
    sessionMs: 90 * minute,
    ...places({}, { startsMs: [20 * minute] }, { startsMs: [40 * minute] }),
  },
  "half as many dialled as named": {
    ...plainPlan,
    peers: 600,
    ...places(...times(3, () => ({ cap: 200, maxPeers: 100 }))),
  },
  "all whom the DHT finds too": {
    ...plainPlan,
    ...places(...times(3, () => ({ cap: 50, dhtRatio: 0.3 }))),
  },
  "two lists of 100": { ...plainPlan, ...places({ cap: 100 }, { cap: 100 }) },
  "five lists of 50 of 400": { ...plainPlan, peers: 400, ...places(...times(5, () => ({ cap: 50 }))) },
  "lists of 20 of 40": { ...plainPlan, peers: 40, ...places(...times(3, () => ({ cap: 20 }))) },
  "one place told 70% made-up addresses": {
    ...plainPlan,
    ...places({}, { lie: { kind: "made up", share: 0.7 } }, {}),
  },
  "a firewall hides half from one of three": { ...plainPlan, ...places({ hiddenRatio: 0.5 }, {}, {}) },
  "an hour between the audits, sessions of two": {
    ...plainPlan,
    sessionMs: 120 * minute,
    ...places({}, { startsMs: [60 * minute] }, { startsMs: [120 * minute] }),
  },
  "all whom the DHT finds too, a firewall at one": {
    ...plainPlan,
    ...places(...times(3, (i) => ({ cap: 50, dhtRatio: 0.3, hiddenRatio: i === 0 ? 0.5 : 0 }))),
  },
}

export interface Reachability {
  /** Runs that gave an estimate, and of those, whose interval held the truth. */
  given: number
  held: number
  /** Estimates over the truth, ascending. */
  values: number[]
  /** Estimates that single places came to by themselves, and of those, how many were farther off. */
  compared: number
  closer: number
}

export function reachableOf(plan: PlacesPlan, runs: number): Reachability {
  const found: Reachability = { given: 0, held: 0, values: [], compared: 0, closer: 0 }
  for (let run = 0; run < runs; run++) {
    const { vantages, reachable } = simulate(plan, randomOf(run * 7_919 + 1))
    const audits = vantages.map(newestOf)
    const { population } = reachableFrom(audits)
    if (!population) continue
    found.given++
    found.values.push(population.value / reachable)
    if (population.low <= reachable && reachable <= (population.high ?? Infinity)) found.held++
    const off = (value: number) => Math.abs(value - reachable)
    for (const alone of audits.flatMap(singleEstimates)) {
      found.compared++
      if (off(population.value) <= off(alone)) found.closer++
    }
  }
  found.values.sort((a, b) => a - b)
  return found
}

/** What one place's own report says: of the population, and of both roles together. */
function singleEstimates(audit: Evidence): number[] {
  const { seeders, leechers } = roleEstimates(audit)
  const roles = seeders.estimate && leechers.estimate && seeders.estimate.value + leechers.estimate.value
  return [populationOf(audit).estimate?.value ?? null, roles].filter((value) => value !== null)
}
