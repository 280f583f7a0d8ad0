import { describe, expect, test } from "vitest"
import { randomOf } from "../../../bench/population-regimes.ts"
import type { Evidence, Peer, Sighting } from "../../../src/evidence.ts"
import { populationOf, roleEstimates } from "../../../src/measure/population/swarm.ts"
import { reachableFrom } from "../../../src/measure/vantages/population.ts"
import { newestOf } from "../../../src/measure/vantages/vantage.ts"
import {
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSeeder,
  aSighting,
  aSilentPeer,
  aTracker,
  range,
} from "../../support/builders.ts"
import { minute, plainPlace, plainPlan, simulate, times, type PlacePlan, type PlacesPlan } from "./places.ts"

const places = (...each: readonly Partial<PlacePlan>[]): Pick<PlacesPlan, "places"> => ({
  places: each.map((one) => ({ ...plainPlace, cap: 80, ...one })),
})

/** Truth: peers that listen, and were there in one of the audits. */
const regimes: Record<string, PlacesPlan> = {
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
}

const runs = 400

describe(`of ${runs} simulated swarms, most of them behind a NAT or gone`, () => {
  test.each(Object.entries(regimes))(
    "%s: the interval holds the truth in 93%, and each place alone is farther off",
    (_, plan) => {
      let [given, held, compared, closer] = [0, 0, 0, 0]
      for (const run of range(0, runs)) {
        const { vantages, reachable } = simulate(plan, randomOf(run * 7_919 + 1))
        const audits = vantages.map(newestOf)
        const { population } = reachableFrom(audits)
        if (!population) continue
        given++
        if (population.low <= reachable && reachable <= (population.high ?? Infinity)) held++
        const off = (value: number) => Math.abs(value - reachable)
        for (const alone of audits.flatMap(singleEstimates)) {
          compared++
          if (off(population.value) <= off(alone)) closer++
        }
      }
      expect(given).toBeGreaterThan(0.95 * runs)
      expect(held / given).toBeGreaterThanOrEqual(0.93)
      // Most places alone come to no estimate at all.
      expect(compared === 0 ? 1 : closer / compared).toBeGreaterThan(0.9)
    },
  )
})

/** What one place's own report says: of the population, and of both roles together. */
function singleEstimates(audit: Evidence): number[] {
  const { seeders, leechers } = roleEstimates(audit)
  const roles = seeders.estimate && leechers.estimate && seeders.estimate.value + leechers.estimate.value
  return [populationOf(audit).estimate?.value ?? null, roles].filter((value) => value !== null)
}

test("a fixed order names the same peers everywhere: no upper end", () => {
  const { vantages, reachable } = simulate({ ...plainPlan, order: "fixed" }, randomOf(5))
  const { population } = reachableFrom(vantages.map(newestOf))
  expect(population).toMatchObject({ high: null })
  expect(population?.value).toBeLessThan(reachable / 2)
})

test("servers that know nothing of each other: no estimate, and why", () => {
  const plan = {
    ...plainPlan,
    replicas: 3,
    lagMs: Infinity,
    ...places({ cap: 200 }, { cap: 200 }, { cap: 200 }),
  }
  const reasons = range(0, 40).map((run) => {
    const { vantages } = simulate(plan, randomOf(run + 1))
    return reachableFrom(vantages.map(newestOf)).because
  })
  expect(
    reasons.filter((because) => because?.startsWith("a tracker names other peers")).length,
  ).toBeGreaterThan(30)
})

describe("by hand", () => {
  const manual: Sighting[] = [aSighting({ kind: "manual", via: null })]
  const audit = (peers: Peer[], overrides: Partial<Evidence> = {}) =>
    anEvidence({
      peers,
      trackers: [aTracker({ announces: [anAnnounce({ seeders: 20, leechers: 0 })] })],
      ...overrides,
    })
  const seeders = (from: number, to: number) => range(from, to).map((host) => aSeeder(host))

  test("who was reached from anywhere, by role", () => {
    const { reached, population } = reachableFrom([
      audit([...seeders(1, 9), aSilentPeer(20)]),
      audit([...seeders(4, 13), aLeecher(30, [0]), aSilentPeer(20)]),
    ])
    expect(reached).toHaveLength(13)
    expect(reached.filter(({ seeder }) => !seeder)).toHaveLength(1)
    expect(population).toMatchObject({ n: 13 })
    expect(population?.low).toBeGreaterThanOrEqual(13)
  })

  test("what a peer is, its latest word says", () => {
    const later = anEvidence({ run: aRun({ startedAt: "2026-03-14T09:45:00.000Z" }) })
    const [before] = [aLeecher(1, [0])]
    const after = aSeeder(1, { attempts: [{ ...aSeeder(1).attempts[0]!, at: "2026-03-14T09:46:00.000Z" }] })
    expect(reachableFrom([audit([before]), { ...later, peers: [after] }]).reached[0]).toMatchObject({
      seeder: true,
    })
  })

  test("one place reached nobody: it is no occasion", () => {
    const { population, because } = reachableFrom([
      audit(seeders(1, 9)),
      audit(range(1, 9).map((host) => aSilentPeer(host))),
    ])
    expect(population).toBeNull()
    expect(because).toBe("fewer than two places reached anybody")
  })

  test("whom the user gave is one more, and drawn by nobody", () => {
    const given = range(40, 50).map((host) => aSeeder(host, { sources: manual }))
    const plain = reachableFrom([audit(seeders(1, 13)), audit(seeders(5, 17))])
    const more = reachableFrom([audit([...seeders(1, 13), ...given]), audit(seeders(5, 17))])
    expect(more.population?.value).toBeCloseTo((plain.population?.value ?? 0) + 10)
    expect(more.population?.high).toBeNull()
  })

  test("a place without IPv6 says nothing of who is there alone", () => {
    const both = { run: aRun({ vantage: { ...aRun().vantage, ipv6: true } }) }
    const six = range(1, 31).map((host) => aSeeder(host + 100, { address: `[2001:db8::${host}]:6881` }))
    const { population } = reachableFrom([audit([...seeders(1, 13), ...six], both), audit(seeders(1, 13))])
    expect(population?.value).toBeCloseTo(42, 0)
    expect(population).toMatchObject({ high: null, n: 42 })
  })
})
