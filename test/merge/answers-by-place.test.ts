/** Case by case; whole swarms are in answers-simulation.test.ts. */
import { describe, expect, test } from "vitest"
import type { Canary, Evidence, Tracker } from "../../src/evidence.ts"
import { answersByPlace } from "../../src/merge/answers-by-place.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aSeeder,
  aSighting,
  aSilentPeer,
  aTracker,
  at,
  range,
  trackerUrl,
} from "../support/builders.ts"

const minute = 60_000

const place = (label: string, ...rounds: readonly Partial<Evidence>[]) => ({
  label,
  rounds: rounds.map((overrides) => anEvidence(overrides)),
})

const telling = (seeders: number, overrides: Partial<Tracker> = {}): Partial<Evidence> => ({
  trackers: [aTracker({ announces: [anAnnounce({ seeders, leechers: 1, peerCount: 2 })], ...overrides })],
})

const judged = (...places: ReturnType<typeof place>[]) =>
  answersByPlace.judge(places, true).map(({ verdict, vantages }) => `${verdict} ${vantages.join(" ")}`.trim())

describe("counts alone", () => {
  test("about the same: pass", () => {
    expect(judged(place("ams", telling(20)), place("nyc", telling(25)))).toEqual(["pass"])
  })

  test("far apart: no lie, but told", () => {
    expect(judged(place("ams", telling(20)), place("nyc", telling(400)))).toEqual(["inconclusive ams nyc"])
  })

  test("of two moments hours apart: not compared", () => {
    const later = { ...telling(400), run: aRun({ startedAt: at(600 * minute) }) }
    expect(judged(place("ams", telling(20)), place("nyc", later))).toEqual(["skipped"])
  })

  test("a place without a network, and answers of earlier runs, say nothing", () => {
    const offline = {
      peers: [aSilentPeer(1)],
      trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })],
    }
    expect(judged(place("ams", telling(20)), place("nyc", offline))).toEqual(["skipped"])
    const reused = { announces: [anAnnounce({ seeders: 400, reused: true })] }
    expect(judged(place("ams", telling(20)), place("nyc", telling(0, reused)))).toEqual(["skipped"])
  })
})

describe("a random info hash", () => {
  const canary = (seeders: number, leechers: number, peerCount: number): Pick<Tracker, "canary"> => {
    const asked: Canary = {
      at: at(50),
      atMs: 50,
      ms: 40,
      ok: true,
      failure: null,
      seeders,
      leechers,
      peerCount,
    }
    return { canary: asked }
  }

  test("nobody here, somebody there: it lies there", () => {
    const [clean, invented] = [telling(20, canary(0, 1, 0)), telling(20, canary(40, 9, 30))]
    expect(judged(place("ams", clean), place("nyc", invented), place("sgp", clean))).toEqual(["warn nyc"])
  })

  test("who was told so at another time, or told better since: nothing is held against it", () => {
    const [clean, invented] = [telling(20, canary(0, 1, 0)), telling(20, canary(40, 9, 30))]
    const later = (of: Partial<Evidence>, ms: number) => ({ ...of, run: aRun({ startedAt: at(ms) }) })
    const hours = 600 * minute
    expect(judged(place("ams", later(clean, hours)), place("nyc", invented))).toEqual(["skipped"])
    const near = later(clean, 10 * minute)
    expect(judged(place("ams", clean, near), place("nyc", invented, near))).toEqual(["pass"])
    const again = later(invented, 10 * minute)
    expect(judged(place("ams", clean, near), place("nyc", clean, again))).toEqual(["warn nyc"])
    const old = [invented, later(clean, hours)]
    expect(judged(place("ams", clean, later(clean, hours)), place("nyc", ...old))).toEqual(["pass"])
  })

  test("invented everywhere is no matter of place; two may be ourselves", () => {
    const invented = telling(20, canary(40, 9, 30))
    expect(judged(place("ams", invented), place("nyc", invented))).toEqual(["pass"])
    expect(
      judged(place("ams", telling(20, canary(0, 1, 0))), place("nyc", telling(20, canary(0, 2, 2)))),
    ).toEqual(["pass"])
  })
})

describe("addresses", () => {
  const named = (url: string, hosts: readonly number[], atMs: number) =>
    hosts.map((host) => ({ host, sources: [aSighting({ via: url, at: at(atMs) })] }))
  const met = (atMs: number) => [anAttempt({ atMs: atMs + 500, at: at(atMs + 500) })]

  /** The tracker names these at this moment; whoever is `dead` doesn't answer. */
  const told = (atMs: number, hosts: readonly number[], dead: readonly number[] = []): Partial<Evidence> => ({
    run: aRun({ startedAt: at(atMs) }),
    trackers: [
      aTracker({
        announces: [
          anAnnounce({
            at: at(atMs),
            seeders: hosts.length,
            leechers: 1,
            peerCount: hosts.length + dead.length,
          }),
        ],
      }),
    ],
    peers: [
      ...named(trackerUrl, dead, atMs).map(({ host, sources }) => aSilentPeer(host, { sources })),
      ...named(trackerUrl, hosts, atMs).map(({ host, sources }) =>
        aSeeder(host, { sources, attempts: met(0) }),
      ),
    ],
  })
  const alive = range(1, 21)
  const madeUp = range(50, 250)

  test("that nobody has, told to one place between the others", () => {
    const found = [
      place("ams", told(0, alive)),
      place("nyc", told(minute, alive, madeUp)),
      place("sgp", told(2 * minute, alive)),
    ]
    expect(judged(...found)).toEqual(["warn nyc"])
  })

  test("told to the last one to ask: nobody else shows how it was then, so it is open", () => {
    expect(
      judged(
        place("ams", told(0, alive)),
        place("nyc", told(minute, alive)),
        place("sgp", told(2 * minute, alive, madeUp)),
      ),
    ).toEqual(["inconclusive sgp"])
  })

  test("that don't answer where nothing else does either: a firewall", () => {
    const firewalled = told(minute, [], [...alive, ...madeUp])
    expect(
      judged(place("ams", told(0, alive)), place("nyc", firewalled), place("sgp", told(2 * minute, alive))),
    ).not.toContain("warn nyc")
  })

  test("renamed with other keys at every place: nothing is said of them", () => {
    const places = [
      place("ams", told(0, alive)),
      place("nyc", told(minute, alive, madeUp)),
      place("sgp", told(2 * minute, alive)),
    ]
    expect(answersByPlace.judge(places, false).map(({ verdict }) => verdict)).toEqual(["pass"])
  })
})
