import { describe, expect, test } from "vitest"
import { coverageOf } from "../../../bench/population-regimes.ts"
import { swarmRegimes } from "../../../bench/population-swarms.ts"
import type { Peer, Sighting } from "../../../src/evidence.ts"
import { judge } from "../../../src/audit.ts"
import { populationOf, roleEstimates } from "../../../src/measure/population/swarm.ts"
import { chapman } from "../../../src/measure/population.ts"
import { sourceCounts } from "../../../src/measure/sources.ts"
import { report } from "../../../src/report.ts"
import {
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSeeder,
  aSightedPeer,
  aSighting,
  aSilentPeer,
  aTracker,
  range,
} from "../../support/builders.ts"

const from = (...kinds: Sighting["kind"][]): Sighting[] =>
  kinds.map((kind) => (kind === "tracker" ? aSighting() : aSighting({ kind, via: null })))

const named = (
  make: (host: number, overrides: Partial<Peer>) => Peer,
  hosts: number[],
  sources: Sighting[],
) => hosts.map((host) => make(host, { sources }))

describe("population", () => {
  const population = (...peers: Peer[]) => populationOf(anEvidence({ peers })).estimate

  test("one whole list: between those reached and those listed", () => {
    expect(population(aSeeder(1), aSilentPeer(2))).toMatchObject({ value: 2, low: 1, high: 2, n: 2 })
  })

  test("whom the user gave besides is one more", () => {
    expect(population(aSeeder(1), aSilentPeer(2), aSeeder(3, { sources: from("manual") }))).toMatchObject({
      value: 3,
      low: 2,
      high: 3,
    })
    expect(population(aSeeder(1, { sources: from("manual") }))).toBeNull()
  })

  const two = (make: typeof aSilentPeer) => [
    ...named(make, range(1, 9), from("tracker", "dht")),
    ...named(make, range(9, 13), from("tracker")),
    ...named(make, range(13, 17), from("dht")),
  ]

  test("two sources: Chapman, no upper end; the lower end knows only the reached", () => {
    expect(population(...two(aSilentPeer))).toMatchObject({ value: (13 * 13) / 9 - 1, low: 0, high: null })
    expect(population(...two(aSeeder))).toMatchObject({ value: (13 * 13) / 9 - 1, low: 16, high: null })
    expect(populationOf(anEvidence({ peers: two(aSilentPeer) })).coverageRatio).toBeCloseTo(1 - 8 / 24)
  })

  test("at least everybody whom we reached, and as many as they tell of", () => {
    const given = named(aSeeder, range(100, 140), from("manual"))
    expect(population(...two(aSilentPeer), ...given)).toMatchObject({ value: 40, low: 40 })
    const [one, other] = [range(1, 61), range(41, 101)]
    const peers = range(1, 101).map((host) => {
      const sources = [
        ...(one.includes(host) ? from("tracker") : []),
        ...(other.includes(host) ? from("dht") : []),
      ]
      return aSeeder(host, { sources })
    })
    const reached = population(...peers)
    expect(reached?.value).toBeCloseTo((61 * 61) / 21 - 1)
    expect(reached?.low).toBe(chapman(new Set(one), new Set(other))?.low)
    expect(reached?.low).toBeGreaterThan(120)
  })

  test("hardly an overlap: a whole list that names everybody still bounds them", () => {
    const peers = named(aSilentPeer, range(1, 9), from("tracker"))
    const dialledUs = aSeeder(9, { sources: from("tracker", "incoming") })
    const whole = [aTracker({ announces: [anAnnounce({ peerCount: 9 })] })]
    expect(populationOf(anEvidence({ trackers: whole, peers: [...peers, dialledUs] }))).toMatchObject({
      estimate: { value: 9, low: 1, high: 9 },
      coverageRatio: 1 - 8 / 10,
    })
    const unlisted = aSeeder(9, { sources: from("incoming") })
    expect(populationOf(anEvidence({ trackers: whole, peers: [...peers, unlisted] })).estimate).toBeNull()
    const cut = [aTracker({ announces: [anAnnounce({ peerCount: 200 })] })]
    expect(populationOf(anEvidence({ trackers: cut, peers: [...peers, dialledUs] })).estimate).toBeNull()
  })

  test("a flood of strangers from one peer's PEX changes nothing", () => {
    const peers = two(aSeeder)
    const via = peers[0]?.address ?? ""
    const flood = range(100, 200).map((host) =>
      aSilentPeer(host, { sources: [aSighting({ kind: "pex", via })] }),
    )
    expect(population(...peers, ...flood)).toEqual(population(...peers))
  })

  test("sources that don't overlap say nothing, but are covered by 0%", () => {
    const peers = [
      ...named(aSeeder, range(1, 20), from("tracker")),
      ...named(aSeeder, range(20, 40), from("dht")),
    ]
    expect(populationOf(anEvidence({ peers }))).toEqual({ estimate: null, coverageRatio: 0 })
  })

  test("a cap of ours that kept sightings out makes the truth any higher", () => {
    const capped = (cap: "pex-peers" | "incoming") =>
      anEvidence({ peers: two(aSeeder), run: aRun({ capsHit: [{ cap, atMs: 9, dropped: 3 }] }) })
    expect(populationOf(capped("pex-peers")).estimate?.censored).toBe(true)
    expect(roleEstimates(capped("pex-peers")).seeders.estimate?.censored).toBe(true)
    expect(populationOf(capped("incoming")).estimate?.censored).toBe(false)
  })

  test("nobody named, nobody estimated", () => {
    expect(populationOf(anEvidence({ peers: [] }))).toEqual({ estimate: null, coverageRatio: null })
    expect(population(aSightedPeer(1, { outcome: "self" }))).toBeNull()
  })
})

describe("seeders and leechers", () => {
  const peers = [
    ...named(aSeeder, range(1, 9), from("tracker", "dht")),
    ...named(aSeeder, range(9, 13), from("tracker")),
    ...named(aSeeder, range(13, 17), from("dht")),
    ...range(20, 26).map((host) => aLeecher(host, [0], { sources: from("tracker", "dht") })),
    ...range(26, 29).map((host) => aLeecher(host, [0], { sources: from("tracker") })),
    ...range(40, 90).map((host) => aSilentPeer(host, { sources: from("tracker") })),
  ]

  test("each from those reached of its kind; the silent are neither", () => {
    const { seeders, leechers } = roleEstimates(anEvidence({ peers }))
    expect(seeders.estimate).toMatchObject({ value: (13 * 13) / 9 - 1, low: 16, high: null, n: 16 })
    expect(seeders.coverageRatio).toBeCloseTo(1 - 8 / 24)
    expect(leechers.estimate).toMatchObject({ value: 9, low: 9, high: null, n: 9 })
  })

  test("at least as many as were reached, the user's own among them", () => {
    const given = named(aSeeder, range(100, 120), from("manual"))
    const { seeders } = roleEstimates(anEvidence({ peers: [...peers, ...given] }))
    expect(seeders.estimate).toMatchObject({ value: 36, low: 36, n: 36 })
  })

  test("unknown from one source", () => {
    const none = { estimate: null, coverageRatio: null }
    expect(roleEstimates(anEvidence())).toEqual({ seeders: none, leechers: none })
  })
})

test("the report has them, and who named whom", () => {
  const peers = [
    ...named(aSeeder, range(1, 9), from("tracker", "dht")),
    ...named(aSeeder, range(9, 13), from("tracker")),
    ...range(20, 26).map((host) => aLeecher(host, [0], { sources: from("tracker", "dht") })),
  ]
  const evidence = anEvidence({ peers })
  const { estimate: population, coverageRatio } = populationOf(evidence)
  const { seeders, leechers } = roleEstimates(evidence)
  expect(population).not.toBeNull()
  expect(seeders.estimate).not.toEqual(leechers.estimate)
  const { swarm } = report.parse(judge(evidence))
  expect(swarm).toMatchObject({
    seeders,
    leechers,
    population,
    coverageRatio,
    sources: sourceCounts(evidence),
  })
})

describe("in at least 93% of 1,000 simulated swarms the lower end is at most the truth", () => {
  const chosen = [
    "populationOf: a third known to no tracker",
    "populationOf: all of it",
    "roleEstimates, seeders: tracker and DHT only",
  ]
  test.each(chosen)("%s", (name) => {
    const regime = swarmRegimes.find((each) => each.name === name)
    if (!regime) throw new Error(`${name} is not simulated`)
    const { held, given } = coverageOf(regime, 1_000)
    expect(held).toBeGreaterThanOrEqual(0.93)
    expect(given).toBeGreaterThan(500)
  })
})
