import { describe, expect, test } from "vitest"
import type { Evidence } from "../../src/evidence.ts"
import { offline } from "../../src/measure/offline.ts"
import { trackerStates } from "../../src/measure/tracker-state.ts"
import { failure } from "../../src/failure.ts"
import {
  aFailedAnnounce,
  aFailedScrape,
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aSeeder,
  aSightedPeer,
  aSilentPeer,
  aTracker,
} from "../support/builders.ts"

const dead = (code: Parameters<typeof aFailedAnnounce>[0], overrides = {}) =>
  aTracker({ announces: [aFailedAnnounce(code, overrides)] })
const udp = (announce = aFailedAnnounce("timeout", { tries: 3 }), host = "old.example.net") =>
  aTracker({ url: `udp://${host}:6969`, protocol: "udp", announces: [announce] })

describe("it is us when", () => {
  test("everything that was asked kept silent", () => {
    expect(offline(anEvidence({ trackers: [dead("timeout"), dead("dns")], peers: [aSilentPeer(1)] }))).toBe(
      true,
    )
  })
})

describe("it isn't us when", () => {
  test.each<[string, Partial<Evidence>]>([
    ["a tracker answered", { peers: [aSilentPeer(1)] }],
    ["a tracker refused", { trackers: [dead("tracker-refused")], peers: [] }],
    ["a host refused the connection", { trackers: [dead("timeout"), dead("refused")], peers: [] }],
    ["a peer answered", { trackers: [dead("timeout")], peers: [aSeeder(1)] }],
    [
      "a peer refused",
      {
        trackers: [dead("timeout")],
        peers: [aSilentPeer(1, { attempts: [anAttempt({ ok: false, failure: failure("refused") })] })],
      },
    ],
    ["nobody was asked", { trackers: [dead("unsupported"), dead("aborted")], peers: [aSightedPeer(1)] }],
    ["there is nobody", { trackers: [], peers: [] }],
  ])("%s", (_, overrides) => {
    expect(offline(anEvidence(overrides))).toBe(false)
  })

  test("but an earlier run's answer shows nothing", () => {
    const trackers = [aTracker({ announces: [anAnnounce({ reused: true })] })]
    expect(offline(anEvidence({ trackers, peers: [aSilentPeer(1)] }))).toBe(true)
  })
})

describe("a tracker is", () => {
  const stateOf = (overrides: Partial<Evidence>) =>
    trackerStates(anEvidence(overrides)).map(({ state }) => state)

  test("dead when it keeps silent and others don't", () => {
    expect(stateOf({ trackers: [aTracker(), dead("timeout")] })).toEqual(["answered", "dead"])
  })

  test.each(["refused", "reset", "tls", "http-status", "bad-reply", "bad-bencode", "too-large"] as const)(
    "dead after %s, whatever else answers",
    (code) => {
      expect(stateOf({ trackers: [dead(code)] })).toEqual(["dead"])
    },
  )

  test.each(["filtered", "aborted", "unsupported", "not-due"] as const)("unasked after %s", (code) => {
    expect(stateOf({ trackers: [dead(code)] })).toEqual(["unasked"])
  })

  test("alive when one family, or only the scrape, answers", () => {
    const announces = [aFailedAnnounce("timeout", { family: "ipv6" }), anAnnounce()]
    expect(stateOf({ trackers: [aTracker({ announces })] })).toEqual(["answered"])
    expect(stateOf({ trackers: [aTracker({ announces: [], scrape: aFailedScrape("timeout") })] })).toEqual([
      "dead",
    ])
  })

  test("doubtful over a family in which nothing answered", () => {
    expect(stateOf({ trackers: [aTracker(), dead("timeout", { family: "ipv6" })] })).toEqual([
      "answered",
      "doubtful",
    ])
  })

  test("doubtful over UDP unless another UDP tracker answered", () => {
    expect(stateOf({ trackers: [aTracker(), udp()] })).toEqual(["answered", "doubtful"])
    expect(stateOf({ trackers: [udp(anAnnounce(), "bt2.example.org"), udp()] })).toEqual(["answered", "dead"])
    expect(stateOf({ trackers: [udp(aFailedAnnounce("timeout"), "127.0.0.1")] })).toEqual(["dead"])
  })

  test("doubtful when its name fails for now and no other tracker answered", () => {
    const failing = dead("dns", { failure: failure("dns", "EAI_AGAIN"), family: null })
    expect(stateOf({ trackers: [failing] })).toEqual(["doubtful"])
    expect(stateOf({ trackers: [failing, aTracker()] })).toEqual(["dead", "answered"])
    const gone = dead("dns", { failure: failure("dns", "ENOTFOUND"), family: null })
    expect(stateOf({ trackers: [gone] })).toEqual(["dead"])
  })

  test("doubtful when we are offline", () => {
    const run = aRun({ vantage: { ipv4: false, ipv6: false, inbound: null, port: null, self: [] } })
    expect(stateOf({ run, trackers: [dead("timeout"), udp()], peers: [] })).toEqual(["doubtful", "doubtful"])
  })
})
