import { describe, expect, test } from "vitest"
import { randomOf } from "../../../bench/population-regimes.ts"
import type { Evidence, Peer, Sighting } from "../../../src/evidence.ts"
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
import { plainPlan, simulate } from "./places.ts"
import { places, reachableOf, reachableRegimes } from "./regimes.ts"

const runs = 400
/** Of the same kind as others here: bench/places.ts has them all. */
const benched = new Set([
  "two lists of 100",
  "five lists of 50 of 400",
  "lists of 20 of 40",
  "one place told 70% made-up addresses",
])

describe(`of ${runs} simulated swarms, most of them behind a NAT or gone`, () => {
  test.each(Object.entries(reachableRegimes).filter(([name]) => !benched.has(name)))(
    "%s: the interval holds the truth in 93%, and each place alone is farther off",
    (_, plan) => {
      const { given, held, compared, closer } = reachableOf(plan, runs)
      expect(given).toBeGreaterThan(0.95 * runs)
      expect(held).toBeGreaterThanOrEqual(0.93 * given)
      // Most places alone come to no estimate at all.
      expect(compared === 0 ? 1 : closer / compared).toBeGreaterThan(0.9)
    },
  )
})

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
