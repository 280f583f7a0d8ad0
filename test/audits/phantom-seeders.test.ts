import { describe, expect, test } from "vitest"
import { phantomSeeders } from "../../src/audits/phantom-seeders.ts"
import type { Evidence } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aScrape,
  aSeeder,
  aSightedPeer,
  aSighting,
  at,
  aTracker,
  range,
  trackerUrl,
} from "../support/builders.ts"

const judge = (overrides: Parameters<typeof anEvidence>[0]) => phantomSeeders.judge(anEvidence(overrides))
const claiming = (seeders: number, leechers = 1, peerCount = 2) =>
  aTracker({ announces: [anAnnounce({ seeders, leechers, peerCount })] })

test("claims that its whole list can't hold accuse the tracker, with the numbers", () => {
  expect(judge({ trackers: [claiming(20)] })).toMatchObject([
    {
      verdict: "warn",
      subject: `tracker:${trackerUrl}`,
      claimed: "20 seeders",
      because: `${trackerUrl} claims 20 seeders, but its whole list names 2 peers`,
      evidence: { bound: 2, mostAllowed: 16 },
    },
  ])
})

test("the scrape's count is the tracker's claim too, where a list came after it", () => {
  const announces = [anAnnounce({ peerCount: 2 }), anAnnounce({ atMs: 30_000, peerCount: 2 })]
  const renewed = aTracker({ announces, scrape: aScrape({ seeders: 90 }) })
  expect(judge({ trackers: [renewed] })).toMatchObject([{ verdict: "warn", claimed: "90 seeders" }])
})

test("but not against an older list, were it by 100 ms: who just published a swarm sees it grow", () => {
  const tracker = { ...claiming(2), scrape: aScrape({ seeders: 90 }) }
  expect(judge({ trackers: [tracker] })).toMatchObject([{ verdict: "inconclusive" }])
})

test("nor against a list from an earlier run", () => {
  const announces = [anAnnounce({ reused: true, seeders: 2, peerCount: 2 })]
  expect(judge({ trackers: [aTracker({ announces, scrape: aScrape({ seeders: 90 }) })] })).toMatchObject([
    {
      verdict: "inconclusive",
      because: "90 seeders claimed, 2 possible: not enough to contradict the claim",
    },
  ])
})

test.each([
  ["its WebSocket side", aTracker({ url: "wss://tracker.example.org", protocol: "wss", announces: [] }), {}],
  [
    "one of its site",
    aTracker({ url: "ws://web.example.org:8000/announce", protocol: "ws", announces: [] }),
    {},
  ],
  [
    "WebTorrent in its list",
    null,
    { peers: [aSeeder(1), aSeeder(2, { clientFamily: "WebTorrent Desktop" })] },
  ],
])("a count that may include WebRTC peers, never listed, accuses nobody: %s", (_, web, overrides) => {
  const trackers = [claiming(20), ...(web ? [web] : [])]
  expect(judge({ trackers, ...overrides })).toMatchObject([{ verdict: "inconclusive" }])
})

test("a WebSocket tracker elsewhere excuses nobody, and the advice names the cause", () => {
  const web = aTracker({ url: "wss://tracker.example.net", protocol: "wss", announces: [] })
  expect(judge({ trackers: [claiming(20), web] })).toMatchObject([
    { verdict: "warn", advice: expect.stringContaining("WebRTC") },
  ])
})

test("many leechers, or both together, accuse as well", () => {
  expect(judge({ trackers: [claiming(2, 40)] })).toMatchObject([{ verdict: "warn", claimed: "39 leechers" }])
  expect(judge({ trackers: [claiming(10, 11)] })).toMatchObject([{ verdict: "warn", claimed: "20 peers" }])
})

test("only the tracker that claims it, once", () => {
  const honest = { ...claiming(2), url: "udp://bt2.example.org:6969" }
  const found = judge({ trackers: [honest, claiming(500, 500)] })
  expect(found.map(({ verdict, subject }) => [verdict, subject])).toEqual([["warn", `tracker:${trackerUrl}`]])
})

test.each<[string, Parameters<typeof anEvidence>[0], string]>([
  ["an honest count", {}, "pass"],
  ["a list that may be cut", { trackers: [claiming(2_000, 500, 200)] }, "inconclusive"],
  ["no claim", { trackers: [aTracker({ announces: [aFailedAnnounce("refused")] })] }, "skipped"],
  ["depth scrape", { run: aRun({ depth: "scrape" }), peers: [] }, "skipped"],
])("%s accuses nobody", (_, overrides, verdict) => {
  expect(judge(overrides)).toMatchObject([{ verdict, subject: "swarm" }])
})

describe("a long list, seen more than once", () => {
  interface Told {
    names: readonly number[]
    minute: number
    claimed: number
  }
  const url = trackerUrl
  const told = (
    replies: readonly Told[],
    over: Parameters<typeof anEvidence>[0] & { canary?: number } = {},
  ) => {
    const { canary = 1, ...rest } = over
    const announces = replies.map(({ names, minute, claimed }) =>
      anAnnounce({ atMs: minute * 60_000, seeders: claimed, leechers: 1, peerCount: names.length }),
    )
    const peers = [...new Set(replies.flatMap(({ names }) => names))].map((host) =>
      aSightedPeer(0, {
        address: `10.0.0.${host}:6881`,
        sources: replies.flatMap(({ names, minute }) =>
          names.includes(host) ? [aSighting({ at: at(minute * 60_000) })] : [],
        ),
      }),
    )
    const asked = { at: at(9), atMs: 9, ms: 9, ok: true, failure: null, seeders: 0, peerCount: 0 }
    const tracker = aTracker({ announces, canary: { ...asked, leechers: canary } })
    return anEvidence({ trackers: [tracker], peers, ...rest })
  }
  const list = range(0, 57)
  const thrice = [0, 15, 30].map((minute): Told => ({ names: list, minute, claimed: 172 }))
  const twice = thrice.map((each): Told => ({ ...each, claimed: 115 }))

  test("three times as many as its list names accuse", () => {
    expect(phantomSeeders.judge(told(thrice))).toMatchObject([
      {
        verdict: "warn",
        subject: `tracker:${url}`,
        claimed: "172 peers",
        evidence: { listed: 57, replies: 3 },
      },
    ])
  })

  test("twice as many, where it counts us twice for a random info hash", () => {
    expect(phantomSeeders.judge(told(twice, { canary: 2 }))).toMatchObject([{ verdict: "warn" }])
  })

  test("and then even of a length to which lists are cut", () => {
    const sixty = twice.map((each) => ({ ...each, names: range(0, 60), claimed: 121 }))
    expect(phantomSeeders.judge(told(sixty, { canary: 2 }))).toMatchObject([{ verdict: "warn" }])
    const five = phantomSeeders.judge(told(sixty, { canary: 5 }))
    expect(five.map(({ verdict }) => verdict)).toEqual(["inconclusive"])
  })

  test("twice as many, where it lists who is there and can't be reached", () => {
    const evidence = told(twice)
    const peers = evidence.peers.map((peer, i) =>
      i < 5
        ? {
            ...peer,
            attempts: [anAttempt({ ok: false, failure: failure("timeout") })],
            sources: [...peer.sources, aSighting({ kind: "pex", via: "10.0.0.56:6881" })],
          }
        : peer,
    )
    expect(phantomSeeders.judge({ ...evidence, peers })).toMatchObject([{ verdict: "warn" }])
  })

  test("the other reply may be of an earlier run", () => {
    const reading = {
      by: "announce",
      seeders: 172,
      leechers: 1,
      downloads: 0,
      selfCount: 1,
      minIntervalMs: null,
    } as const
    const listed = list.map((host) => `10.0.0.${host}:6881`)
    const earlier = {
      runs: [],
      peers: [],
      trackers: [{ url, readings: [{ ...reading, at: at(-9_000_000), listed }] }],
    }
    expect(phantomSeeders.judge(told(thrice.slice(0, 1), { earlier }))).toMatchObject([{ verdict: "warn" }])
  })

  test("twice as many alone may be those behind NAT: inconclusive", () => {
    expect(phantomSeeders.judge(told(twice))).toMatchObject([
      { verdict: "inconclusive", subject: `tracker:${url}`, because: expect.stringContaining("NAT") },
    ])
  })

  const shifted = (by: number, minute: number) => ({ names: range(by, by + 57), minute, claimed: 172 })
  test.each<[string, Evidence]>([
    ["one reply", told(thrice.slice(0, 1))],
    ["a length to which lists are cut", told(thrice.map((each) => ({ ...each, names: range(0, 60) })))],
    ["the same without us", told(thrice.map((each) => ({ ...each, names: range(0, 59) })))],
    ["replies that name others", told([shifted(0, 0), shifted(40, 15), shifted(80, 30)])],
    ["one reply with an honest count", told([...thrice.slice(1), { names: list, minute: 45, claimed: 60 }])],
    [
      "another family that nobody asked",
      { ...told(thrice), trackers: [{ ...told(thrice).trackers[0]!, families: ["ipv4", "ipv6"] }] },
    ],
    [
      "WebTorrent in its list",
      {
        ...told(thrice),
        peers: told(thrice).peers.map((peer) => ({ ...peer, clientFamily: "WebTorrent Desktop" })),
      },
    ],
    ["47 listed", told(thrice.map((each) => ({ ...each, names: range(0, 47), claimed: 130 })))],
  ])("%s accuses nobody", (_, evidence) => {
    expect(phantomSeeders.judge(evidence).filter(({ verdict }) => verdict === "warn")).toEqual([])
  })

  test("a length that others of its lists exceed is no cut", () => {
    const replies = [
      { names: range(0, 60), minute: 0, claimed: 190 },
      { names: range(0, 65), minute: 15, claimed: 200 },
    ]
    expect(phantomSeeders.judge(told(replies))).toMatchObject([{ verdict: "warn" }])
  })
})
