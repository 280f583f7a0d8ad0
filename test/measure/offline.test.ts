import { describe, expect, test } from "vitest"
import type { Evidence } from "../../src/evidence.ts"
import { offline } from "../../src/measure/offline.ts"
import { trackerStates } from "../../src/measure/trackers/tracker-state.ts"
import { failure } from "../../src/failure.ts"
import { redact } from "../../src/store/redact.ts"
import {
  aFailedAnnounce,
  aFailedScrape,
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aScrape,
  aSeeder,
  aSightedPeer,
  aSighting,
  aSilentPeer,
  aTracker,
} from "../support/builders.ts"
import { aWebSeed } from "../support/web-seeds.ts"

const dead = (code: Parameters<typeof aFailedAnnounce>[0], overrides = {}) =>
  aTracker({ announces: [aFailedAnnounce(code, overrides)] })
const other = (overrides: Parameters<typeof aTracker>[0] = {}) =>
  aTracker({ url: "https://bt3.example.net/announce", ...overrides })
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

  test("the same to whoever asks, and whoever asked before", () => {
    const evidence = anEvidence({
      trackers: [other({ ...dead("timeout"), url: "http://127.0.0.1:8000/a" })],
      peers: [aSilentPeer(1)],
      dht: null,
      webSeeds: [aWebSeed()],
    })
    const { webSeeds: _, ...alone } = evidence
    const stateTo = (asking: typeof alone) => trackerStates(asking).map(({ state }) => state)
    const later = { ...evidence, peers: [...evidence.peers] }
    expect([stateTo(evidence), stateTo({ ...alone, peers: later.peers })]).toEqual([
      ["doubtful"],
      ["doubtful"],
    ])
    expect(stateTo(later)).toEqual(["doubtful"])
  })

  const codes = ["refused", "reset", "tls", "http-status", "bad-reply", "bad-bencode", "too-large"] as const

  test.each(codes)("dead after %s when others work", (code) => {
    expect(stateOf({ trackers: [dead(code), other()] })).toEqual(["dead", "answered"])
  })

  test.each(codes)("doubtful after %s when no other works: a captive portal, or a firewall", (code) => {
    const trackers = [dead(code), other({ announces: [aFailedAnnounce(code)] })]
    expect(stateOf({ trackers })).toEqual(["doubtful", "doubtful"])
    expect(stateOf({ trackers: [dead(code)], peers: [] })).toEqual(["doubtful"])
  })

  test("doubtful while only what is local answers, dead if it is local itself", () => {
    const nearby = [
      "http://127.0.0.1:8000/a",
      "http://localhost/a",
      "http://192.168.1.4/a",
      "http://[fd00::1]/a",
    ]
    for (const url of nearby)
      expect(stateOf({ trackers: [dead("timeout"), other({ url })] })).toEqual(["doubtful", "answered"])
    expect(stateOf({ trackers: [other({ ...dead("refused"), url: "http://127.0.0.1:8000/a" })] })).toEqual([
      "dead",
    ])
    const home = { ...dead("timeout"), url: "http://10.0.0.7/a" }
    expect(stateOf({ trackers: [home, other()] })).toEqual(["doubtful", "answered"])
    expect(stateOf({ trackers: [home, other({ url: "http://10.0.0.8/a" })] })).toEqual(["dead", "answered"])
  })

  test("doubtful on an unusual port while only web ports answer, unless a peer that a tracker named did", () => {
    const unusual = other({ ...dead("timeout"), url: "http://old.example.net:6969/a" })
    expect(stateOf({ trackers: [other(), unusual], peers: [] })).toEqual(["answered", "doubtful"])
    expect(stateOf({ trackers: [aTracker(), unusual] })).toEqual(["answered", "dead"])
    const unnamed = [aSeeder(1, { sources: [aSighting({ kind: "manual", via: null })] })]
    expect(stateOf({ trackers: [aTracker(), unusual], peers: unnamed })).toEqual(["answered", "doubtful"])
  })

  test.each(["prefix", "full"] as const)("the same after %s redaction", (how) => {
    const unusual = other({ ...dead("timeout"), url: "http://old.example.net:6969/a" })
    const whole = anEvidence({
      trackers: [aTracker({ announces: [anAnnounce({ reused: true })] }), unusual, udp()],
    })
    const hidden = redact(whole, how, Buffer.from("key"))
    expect(stateOf(hidden)).toEqual(stateOf(whole))
    expect(stateOf(whole)).toEqual(["answered", "dead", "doubtful"])
  })

  test.each(["filtered", "aborted", "unsupported", "not-due"] as const)("unasked after %s", (code) => {
    expect(stateOf({ trackers: [dead(code)] })).toEqual(["unasked"])
  })

  test("alive when one family, or only the scrape, answers", () => {
    const announces = [aFailedAnnounce("timeout", { family: "ipv6" }), anAnnounce()]
    expect(stateOf({ trackers: [aTracker({ announces })] })).toEqual(["answered"])
    expect(stateOf({ trackers: [aTracker({ announces: [], scrape: aScrape() })] })).toEqual(["answered"])
  })

  test("doubtful when only its scrape was asked for and failed", () => {
    const scraped = aTracker({ announces: [], scrape: aFailedScrape("timeout") })
    expect(stateOf({ trackers: [scraped, other()] })).toEqual(["doubtful", "answered"])
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
    expect(stateOf({ trackers: [gone] })).toEqual(["doubtful"])
    expect(stateOf({ trackers: [gone, other()] })).toEqual(["dead", "answered"])
    expect(stateOf({ trackers: [gone, other({ url: "http://198.51.100.4/a" })] })).toEqual([
      "doubtful",
      "answered",
    ])
  })

  test("doubtful when we are offline", () => {
    const run = aRun({ vantage: { ipv4: false, ipv6: false, inbound: null, port: null, self: [] } })
    expect(stateOf({ run, trackers: [dead("timeout"), udp()], peers: [] })).toEqual(["doubtful", "doubtful"])
  })
})
