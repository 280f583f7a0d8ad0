import { describe, expect, test } from "vitest"
import { judge } from "../../src/audit.ts"
import { reachOf } from "../../src/measure/reach.ts"
import { contradictions, funnelOf, rolesOf } from "../../src/measure/roles.ts"
import type { Announce, Evidence, Peer, Tracker } from "../../src/evidence.ts"
import {
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSample,
  aScrape,
  aSeeder,
  aSightedPeer,
  aSighting,
  aSilentPeer,
  at,
  aTracker,
  aWrongSample,
  aFailedAnnounce,
  range,
} from "../support/builders.ts"

const uploading = {
  names: [],
  v: null,
  port: null,
  reqq: null,
  uploadOnly: true,
  metadataBytes: null,
  yourIp: false,
}
const claiming = (announce: Partial<Announce>, tracker: Partial<Tracker> = {}): Evidence["trackers"] => [
  aTracker({ announces: [anAnnounce(announce)], ...tracker }),
]

describe("counts", () => {
  test("seeders hold all, leechers don't, the silent may be either", () => {
    const { seeders, leechers } = rolesOf(
      anEvidence({
        peers: [
          aSeeder(1),
          aSeeder(2, { samples: [aSample(0), aWrongSample(1)] }),
          aSeeder(3, { samples: [] }),
          aLeecher(4, [0, 1]),
          aSilentPeer(5),
          aSightedPeer(6, { outcome: "filtered" }),
          aSightedPeer(7, { outcome: "self" }),
          aSightedPeer(8, { outcome: "wrong-info-hash", stage: "connected" }),
        ],
      }),
    )
    expect(seeders).toMatchObject({ reached: 3, served: 2, verified: 1, possible: 4 })
    expect(leechers).toMatchObject({ reached: 1, served: 0, verified: 0, possible: 2 })
  })

  test("a bitfield that isn't one is no claim", () => {
    const { seeders } = rolesOf(anEvidence({ peers: [aSeeder(1, { bitfield: "!!!" })] }))
    expect(seeders).toMatchObject({ reached: 0, possible: 1 })
  })

  test("the highest claim of any tracker, ourselves subtracted, never added up", () => {
    const { seeders, leechers } = rolesOf(
      anEvidence({
        trackers: [
          ...claiming({ seeders: 5, leechers: 4, selfCount: 2 }),
          ...claiming({ seeders: 3, leechers: 3, selfCount: 0 }),
          ...claiming({ seeders: 0, leechers: 1, selfCount: 2 }),
        ],
      }),
    )
    expect([seeders.claimed, leechers.claimed]).toEqual([5, 3])
  })

  test("no answer is no claim, and no claim is not zero", () => {
    const { seeders } = rolesOf(
      anEvidence({ trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })] }),
    )
    expect(seeders).toMatchObject({ claimed: null, claim: "untestable" })
  })

  test("a reused answer and a scrape count as claims; a reply to `stopped` doesn't", () => {
    const [tracker] = claiming({ seeders: 4, reused: true }, { scrape: aScrape({ seeders: 6 }) })
    const left = anAnnounce({ event: "stopped", seeders: 50, atMs: 60_000 })
    const evidence = anEvidence({ trackers: [{ ...tracker!, announces: [...tracker!.announces, left] }] })
    expect(rolesOf(evidence).seeders.claimed).toBe(6)
  })
})

/** Named by the tracker in a list of this many, of which the first are seeders and the rest silent. */
const swarmOf = (seeders: number, silent: number): Peer[] => [
  ...range(0, seeders).map((i) => aSeeder(i + 1)),
  ...range(0, silent).map((i) => aSilentPeer(seeders + i + 1)),
]

describe("the claim is", () => {
  const label = (evidence: Evidence) => rolesOf(evidence).seeders.claim

  test("supported when as many were reached", () => {
    expect(label(anEvidence({ trackers: claiming({ seeders: 2, peerCount: 2 }) }))).toBe("supported")
  })

  test("plausible when the unreached may be the rest", () => {
    const trackers = claiming({ seeders: 6, peerCount: 8 })
    expect(label(anEvidence({ trackers, peers: swarmOf(3, 5) }))).toBe("plausible")
  })

  test("contradicted from three times the whole list and ten more on, untestable up to there", () => {
    const peers = swarmOf(3, 2)
    expect(label(anEvidence({ trackers: claiming({ seeders: 25, peerCount: 5 }), peers }))).toBe("untestable")
    expect(label(anEvidence({ trackers: claiming({ seeders: 26, peerCount: 5 }), peers }))).toBe(
      "contradicted",
    )
  })

  test.each([
    ["a list of 30 may be cut", { peerCount: 30 }, {}],
    ["so may one of 30 that we were in", { peerCount: 29 }, {}],
    ["so may one of 25", { peerCount: 25 }, {}],
    ["so may one of 20", { peerCount: 20 }, {}],
    ["and with us in it", { peerCount: 19 }, {}],
    ["so may one as long as was asked for", { peerCount: 5, numwant: 5 }, {}],
    ["the other family was never asked", { peerCount: 5 }, { families: ["ipv4", "ipv6"] }],
    ["its families are unknown", { peerCount: 5 }, { families: [] }],
  ] as const)("untestable when %s", (_, announce, tracker) => {
    const trackers = claiming(
      { seeders: 500, ...announce },
      "families" in tracker ? { families: [...tracker.families] } : {},
    )
    expect(label(anEvidence({ trackers, peers: swarmOf(3, 2) }))).toBe("untestable")
  })

  test("untestable when the other family's announce failed", () => {
    const announces = [
      anAnnounce({ seeders: 500, peerCount: 5 }),
      aFailedAnnounce("timeout", { family: "ipv6" }),
    ]
    const trackers = [aTracker({ families: ["ipv4", "ipv6"], announces })]
    expect(label(anEvidence({ trackers, peers: swarmOf(3, 2) }))).toBe("untestable")
  })

  test("not contradicted by another tracker's short list", () => {
    const other = aTracker({
      url: "udp://small.example.net:6969",
      announces: [anAnnounce({ seeders: 1, leechers: 1, peerCount: 0 })],
    })
    const trackers = [...claiming({ seeders: 500, peerCount: 200 }), other]
    expect(label(anEvidence({ trackers, peers: swarmOf(3, 2) }))).toBe("untestable")
  })

  test("not contradicted while everybody heard of could be as many", () => {
    const trackers = claiming({ seeders: 40, peerCount: 5 })
    const peers = [
      ...swarmOf(3, 2),
      ...range(100, 140).map((host) =>
        aSilentPeer(host, { sources: [aSighting({ kind: "pex", via: null })] }),
      ),
    ]
    expect(label(anEvidence({ trackers, peers }))).toBe("plausible")
  })

  test.each(["max-peers", "tracker-peers", "dht-peers", "pex-peers", "lsd-peers"] as const)(
    "not contradicted when the cap %s of ours kept as many out of the record",
    (cap) => {
      const run = aRun({ capsHit: [{ cap, atMs: 0, dropped: 40 }] })
      const trackers = claiming({ seeders: 40, peerCount: 5 })
      expect(label(anEvidence({ run, trackers, peers: swarmOf(3, 2) }))).not.toBe("contradicted")
    },
  )

  test("untestable at depth scrape, and never supported before anybody was contacted", () => {
    const trackers = claiming({ seeders: 0, peerCount: 0 })
    expect(label(anEvidence({ run: aRun({ depth: "scrape" }), trackers, peers: [] }))).toBe("untestable")
    expect(label(anEvidence({ run: aRun({ depth: "discover" }), trackers, peers: [] }))).toBe("plausible")
  })
})

describe("repeated draws of a long list", () => {
  const draws = (lists: readonly (readonly number[])[], seeders: number): Evidence => {
    const announces = lists.map((list, i) =>
      anAnnounce({ seeders, leechers: 1, peerCount: list.length, atMs: i * 1_000 }),
    )
    const peers = [...new Set(lists.flat())].map((host) =>
      aSilentPeer(host, {
        address: `[2001:db8::${host}]:6881`,
        sources: lists.flatMap((list, i) => (list.includes(host) ? [aSighting({ at: at(i * 1_000) })] : [])),
      }),
    )
    return anEvidence({ trackers: [aTracker({ announces })], peers })
  }

  /** As many of 0 to 79 as make 60, others missing in each. */
  const without = (from: number) => range(0, 80).filter((host) => host < from || host >= from + 20)
  const shuffled = [without(0), without(20), without(40)]

  test("bound it when they overlap, differ, and who was left out came back", () => {
    const evidence = draws(shuffled, 2_000)
    expect(rolesOf(evidence).seeders.claim).toBe("contradicted")
    expect(contradictions(evidence)[0]).toMatchObject({ what: "seeders", bound: { by: "repeated draws" } })
  })

  test("of a short list too: replies that name others each time are cut", () => {
    const same = draws([range(0, 10), range(0, 10)], 500)
    expect(contradictions(same)[0]).toMatchObject({ bound: { by: "whole list", peers: 10 } })
    expect(contradictions(draws([range(0, 10), range(2, 12)], 500))[0]).toMatchObject({
      bound: { by: "whole list", peers: 12 },
    })
    expect(rolesOf(draws([range(0, 10), range(8, 18)], 500)).seeders.claim).toBe("untestable")
  })

  test("bound nothing when they are the same list: a cache, or a fixed order", () => {
    expect(rolesOf(draws([range(0, 60), range(0, 60)], 2_000)).seeders.claim).toBe("untestable")
  })

  test.each([
    ["two that differ", [range(0, 60), range(5, 65)]],
    ["three", [range(0, 60), range(5, 65), range(10, 70)]],
    ["the order follows the clock", [range(0, 60), range(60, 120), range(0, 60)]],
  ])("bound nothing when they may be a window of a fixed order: %s", (_, lists) => {
    expect(rolesOf(draws(lists, 2_000)).seeders.claim).toBe("untestable")
  })

  test("bound nothing when they hardly overlap", () => {
    expect(rolesOf(draws([range(0, 60), range(57, 117)], 2_000)).seeders.claim).toBe("untestable")
  })

  test("bound nothing when the record lacks some of those named", () => {
    const evidence = draws(shuffled, 2_000)
    expect(rolesOf({ ...evidence, peers: evidence.peers.slice(1) }).seeders.claim).toBe("untestable")
  })
})

test("both counts together may be too many when neither alone is", () => {
  const trackers = claiming({ seeders: 18, leechers: 18, peerCount: 5 })
  expect(contradictions(anEvidence({ trackers, peers: swarmOf(3, 2) })).map(({ what }) => what)).toEqual([
    "peers",
  ])
})

describe("a peer that may hold more than it shows", () => {
  const from0 = (...counts: number[]) => counts.map((count, i) => ({ atMs: i * 1_000, count }))
  const seeders = (peer: Peer) => rolesOf(anEvidence({ peers: [peer] })).seeders

  test.each([
    ["says that it only uploads", { extensions: uploading }],
    ["tells of a few pieces one by one, from none on", { haveEvents: from0(0, 1, 2) }],
  ])("%s", (_, overrides) => {
    expect(seeders(aLeecher(1, [3, 9], overrides))).toMatchObject({ reached: 0, possible: 1 })
  })

  test.each([
    ["one that showed some from the start", aLeecher(1, [3, 9], { haveEvents: from0(1, 2) })],
    ["one that goes on downloading", aLeecher(1, range(0, 12), { haveEvents: from0(0, 6, 12) })],
    ["one that shows nothing", aLeecher(1, [])],
  ])("not %s", (_, peer) => {
    expect(seeders(peer)).toMatchObject({ reached: 0, possible: 0 })
  })
})

test("who kept silent after the handshake may be either, and is neither", () => {
  const { seeders, leechers } = rolesOf(anEvidence({ peers: [aLeecher(1, [], { claimSent: false })] }))
  expect([seeders.reached, seeders.possible, leechers.reached, leechers.possible]).toEqual([0, 1, 0, 1])
})

describe("reach", () => {
  test("suffices from 80% on", () => {
    expect(reachOf(anEvidence({ peers: swarmOf(8, 2) }))).toMatchObject({ ratio: 0.8, suffices: true })
    expect(reachOf(anEvidence({ peers: swarmOf(7, 2) })).suffices).toBe(false)
  })

  test.each<[string, Partial<Evidence>]>([
    ["the run was stopped", { run: aRun({ complete: false, stopReason: "interrupted" }) }],
    ["a cap of ours kept peers out", { run: aRun({ capsHit: [{ cap: "max-peers", atMs: 0, dropped: 3 }] }) }],
    ["a tracker claims a much larger swarm", { trackers: claiming({ seeders: 300, peerCount: 200 }) }],
    ["a tracker claims one seeder more", { trackers: claiming({ seeders: 3 }) }],
    ["a tracker claims one leecher more", { trackers: claiming({ leechers: 2 }) }],
    [
      "another tracker may work and named nobody to us",
      { trackers: [...claiming({}), aTracker({ announces: [aFailedAnnounce("aborted")] })] },
    ],
    ["a peer may hold more than it shows", { peers: [aLeecher(1, [0], { extensions: uploading })] }],
    ["there are web seeds", { webSeeds: [{ url: "https://files.example.org/" }] }],
    ["nobody was contacted", { run: aRun({ depth: "discover" }) }],
  ])("doesn't suffice when %s", (_, overrides) => {
    expect(reachOf(anEvidence(overrides)).suffices).toBe(false)
  })

  test("a contradicted claim of a larger swarm is no reason to doubt it", () => {
    expect(reachOf(anEvidence({ trackers: claiming({ seeders: 300, peerCount: 2 }) })).suffices).toBe(true)
  })

  test("a peer of two addresses may have been counted twice", () => {
    const peers = [aSeeder(1, { alsoAt: ["[2001:db8::1]:6881"] }), aSeeder(2)]
    expect(reachOf(anEvidence({ peers, trackers: claiming({ seeders: 3 }) })).suffices).toBe(true)
  })

  test("null, not zero, when nobody was heard of", () => {
    expect(reachOf(anEvidence({ peers: [] }))).toMatchObject({ ratio: null, suffices: false })
  })
})

test("the funnel counts everybody who got at least so far, ourselves not", () => {
  const peers = [
    aSeeder(1),
    aSeeder(2, { samples: [] }),
    aSilentPeer(3),
    aSightedPeer(4),
    aSightedPeer(5, { outcome: "self" }),
  ]
  expect(funnelOf({ peers })).toEqual({
    sighted: 4,
    dialled: 3,
    connected: 2,
    identified: 2,
    claimed: 2,
    unchoked: 1,
    served: 1,
    verified: 1,
  })
})

describe("who only uploads (BEP 21)", () => {
  const only = { extensions: uploading }
  test.each([
    [
      "began with nothing: it super-seeds",
      aLeecher(1, [3], { ...only, haveEvents: [{ atMs: 1, count: 0 }] }),
      1,
    ],
    ["showed a part from the start: a partial seed", aLeecher(1, [3], only), 0],
    [
      "began with nothing, and wanted more until it had its part: a partial seed",
      aLeecher(1, [3], {
        extensions: { ...uploading, uploadOnlyChanged: true },
        haveEvents: [{ atMs: 1, count: 0 }],
      }),
      0,
    ],
    ["shows nothing: nobody knows", aLeecher(1, [], { ...only, haveEvents: [{ atMs: 1, count: 0 }] }), 0],
    [
      "says nothing: a leecher that has just begun",
      aLeecher(1, [3], { haveEvents: [{ atMs: 1, count: 0 }] }),
      0,
    ],
  ])("%s", (_, peer, seeders) => {
    const swarm = anEvidence({ peers: [peer] })
    expect(rolesOf(swarm).seeders.reached).toBe(seeders)
    expect(rolesOf(swarm).leechers.reached).toBe(1 - seeders)
    // It is one peer, whatever it is.
    expect(rolesOf(swarm).seeders.possible).toBeLessThanOrEqual(1)
  })

  test("each kind is counted by itself", () => {
    const staged = { ...only, haveEvents: [{ atMs: 1, count: 0 }] }
    const { swarm } = judge(
      anEvidence({
        peers: [aSeeder(1), aLeecher(2, [3], staged), aLeecher(3, [3, 4], only), aLeecher(4, [3])],
      }),
    )
    expect(swarm).toMatchObject({ superSeeders: 1, partialSeeds: 1 })
    expect(swarm.seeders.reached).toBe(2)
    expect(swarm.leechers.reached).toBe(2)
  })
})
