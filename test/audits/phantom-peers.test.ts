import { describe, expect, test } from "vitest"
import { phantomPeers } from "../../src/audits/phantom-peers.ts"
import type { Evidence, Peer, Tracker } from "../../src/evidence.ts"
import { ofRun } from "../../src/measure/statistics/holm.ts"
import { failure, type FailureCode } from "../../src/failure.ts"
import { redact } from "../../src/store/redact.ts"
import {
  anAnnounce,
  anAttempt,
  anEvidence,
  aPeer,
  aRun,
  aSightedPeer,
  aSighting,
  aTracker,
  range,
} from "../support/builders.ts"

const honest = "https://honest.example.org/announce"
const padded = "udp://padded.example.net:6969/announce"
const third = "http://third.example.com/announce"

const trackerAt = (url: string, overrides: Partial<Tracker> = {}): Tracker => aTracker({ url, ...overrides })
const bothTrackers = [trackerAt(honest), trackerAt(padded)]

interface Addresses {
  count: number
  /** The first so many accept a connection. */
  alive: number
  urls: readonly string[]
  /** Of the failed dials. */
  code?: FailureCode
  overrides?: Partial<Peer>
  sources?: Peer["sources"]
}

let network = 0

/** In a /24 of their own. */
function addresses({
  count,
  alive,
  urls,
  code = "timeout",
  overrides = {},
  sources = [],
}: Addresses): Peer[] {
  network++
  return range(0, count).map((host) => {
    const address = `198.51.${network % 256}.${host % 256}:${6881 + Math.floor(host / 256)}`
    const common = {
      address,
      sources: [...urls.map((via) => aSighting({ via })), ...sources],
    }
    if (host < alive) return aPeer(0, [], { ...common, ...overrides })
    return aSightedPeer(0, {
      ...common,
      attempts: [anAttempt({ ok: false, failure: failure(code) })],
      stage: "dialled",
      outcome: "connect-timeout",
      ...overrides,
    })
  })
}

const living = addresses({ count: 100, alive: 45, urls: [honest] })
const dead = addresses({ count: 100, alive: 0, urls: [padded] })
const judge = (overrides: Partial<Evidence>) =>
  phantomPeers.judge(anEvidence({ trackers: bothTrackers, peers: [...living, ...dead], ...overrides }))
const verdicts = (overrides: Partial<Evidence>) =>
  judge(overrides).map(({ verdict, subject }) => `${verdict} ${subject}`)

const accused = [`warn tracker:${padded}`]

test("a list of dead addresses beside an honest one is named, with the numbers", () => {
  const [found, ...others] = judge({})
  expect(others).toEqual([])
  expect(found).toMatchObject({
    verdict: "warn",
    subject: `tracker:${padded}`,
    claimed: "100 peers",
    because: `0 of 100 addresses that only ${padded} gave accepted a connection, 45 of 100 that only ${honest} gave did (p = 0.000007)`,
    advice: expect.stringContaining("behind NAT"),
    evidence: {
      tests: 2,
      familyWise: ofRun,
      honestRatio: 0.25,
      comparisons: [
        { family: "ipv4", only: { alive: 0, tested: 100 }, onlyOfOther: { alive: 45, tested: 100 } },
      ],
    },
  })
  // 100 dead in a row, if a quarter as many answered as of the other's.
  expect(found?.pValue).toBeCloseTo((1 - 0.45 / 4) ** 100, 8)
})

test("IPv6 addresses that an IPv4 answer brings along (BEP 7) are held against IPv6 ones, and only where our IPv6 works", () => {
  const over6 = (count: number, alive: number, url: string, site: string) =>
    addresses({ count, alive, urls: [url] }).map((peer, i) => ({
      ...peer,
      address: `[2a01:e0:${site}:${i}::1]:6881`,
    }))
  const few = addresses({ count: 4, alive: 4, urls: [padded] })
  const dead6 = over6(120, 0, padded, "7")
  const peers = [...living, ...few, ...dead6]
  expect(judge({ peers })[0]?.verdict).toBe("inconclusive")
  expect(judge({ peers: [...peers, ...over6(3, 3, honest, "8")] })[0]?.verdict).toBe("inconclusive")
  expect(verdicts({ peers: [...peers, ...over6(60, 40, honest, "9")] })).toEqual(accused)
})

describe("what it rests on is named by nobody else, dialled by us, and fresh", () => {
  const withDead = (overrides: Omit<Addresses, "count" | "alive" | "urls">) => [
    ...living,
    ...addresses({ count: 100, alive: 0, urls: [padded], ...overrides }),
  ]
  test.each<[string, Partial<Evidence>, string[]]>([
    ["refused by the host: no peer", { peers: withDead({ code: "refused" }) }, accused],
    ["no route: perhaps none of ours", { peers: withDead({ code: "unreachable" }) }, ["inconclusive swarm"]],
    ["ended by us", { peers: withDead({ code: "aborted" }) }, ["inconclusive swarm"]],
    [
      "never dialled: a cap of ours",
      { peers: withDead({ overrides: { attempts: [], outcome: "not-tried" } }) },
      ["inconclusive swarm"],
    ],
    [
      "forbidden by our rules",
      { peers: withDead({ overrides: { outcome: "filtered" } }) },
      ["inconclusive swarm"],
    ],
    [
      "dialled only after the last that was met had ended: our network may be gone",
      {
        peers: withDead({
          overrides: { attempts: [anAttempt({ atMs: 90_000, ok: false, failure: failure("timeout") })] },
        }),
      },
      ["inconclusive swarm"],
    ],
    ...(["pex", "dht", "lsd", "incoming"] as const).map((kind): [string, Partial<Evidence>, string[]] => [
      `named by ${kind} too: somebody, perhaps behind NAT`,
      { peers: withDead({ sources: [aSighting({ kind, via: "203.0.113.7:6881" })] }) },
      ["pass swarm"],
    ]),
    [
      "the user's own peers vouch for nobody",
      { peers: withDead({ sources: [aSighting({ kind: "manual", via: null })] }) },
      accused,
    ],
    [
      "named by the other as well",
      { peers: [...living, ...addresses({ count: 100, alive: 0, urls: [padded, honest] })] },
      ["inconclusive swarm"],
    ],
    [
      "an answer of an earlier run: they may have left since",
      { trackers: [trackerAt(honest), trackerAt(padded, { announces: [anAnnounce({ reused: true })] })] },
      ["inconclusive swarm"],
    ],
    [
      "asked over IPv6, and the other over IPv4",
      { trackers: [trackerAt(honest), trackerAt(padded, { announces: [anAnnounce({ family: "ipv6" })] })] },
      ["inconclusive swarm"],
    ],
  ])("%s", (_, overrides, expected) => {
    expect(verdicts(overrides)).toEqual(expected)
  })

  test.each<FailureCode>([
    "handshake-timeout",
    "closed",
    "reset",
    "wrong-info-hash",
    "protocol-error",
    "duplicate",
  ])("%s: somebody accepted the connection", (code) => {
    const peers = [...living, ...addresses({ count: 100, alive: 0, urls: [padded], code })]
    expect(verdicts({ peers })).toEqual(["pass swarm"])
  })

  test("a peer that came to us by itself tells nothing of the tracker that sent it", () => {
    const came = addresses({
      count: 100,
      alive: 100,
      urls: [honest],
      overrides: { attempts: [anAttempt({ direction: "incoming" })] },
    })
    const met = addresses({ count: 1, alive: 1, urls: [] })
    expect(verdicts({ peers: [...came, ...met, ...dead] })).toEqual(["inconclusive swarm"])
  })
})

describe("honest differences accuse nobody", () => {
  test.each<[string, Peer[], string]>([
    ["equal yields", addresses({ count: 100, alive: 45, urls: [padded] }), "pass swarm"],
    ["a third as many: NAT", addresses({ count: 300, alive: 45, urls: [padded] }), "pass swarm"],
    [
      "a sixth, but more than one in twenty",
      addresses({ count: 400, alive: 30, urls: [padded] }),
      "inconclusive swarm",
    ],
    [
      "surely less than a quarter, but more than one in twenty",
      addresses({ count: 1_000, alive: 70, urls: [padded] }),
      "inconclusive swarm",
    ],
    ["none of a few", addresses({ count: 40, alive: 0, urls: [padded] }), "inconclusive swarm"],
    ["none of fewer still", addresses({ count: 19, alive: 0, urls: [padded] }), "inconclusive swarm"],
  ])("%s", (_, peers, expected) => {
    expect(verdicts({ peers: [...living, ...peers] })).toEqual([expected])
  })

  test("all that only one lists is dead, while most of its list lives at the other too: it keeps the departed for longer", () => {
    const shared = addresses({ count: 100, alive: 45, urls: [honest, padded] })
    expect(verdicts({ peers: [...living, ...shared, ...dead] })).toEqual(["inconclusive swarm"])
  })

  test("one tracker whose peers are all reachable doesn't convict the two others", () => {
    const peers = [
      ...addresses({ count: 200, alive: 190, urls: [honest] }),
      ...addresses({ count: 200, alive: 9, urls: [padded] }),
      ...addresses({ count: 200, alive: 8, urls: [third] }),
    ]
    expect(verdicts({ trackers: [...bothTrackers, trackerAt(third)], peers })).toEqual(["inconclusive swarm"])
  })

  test("two honest ones convict a third", () => {
    const peers = [...living, ...addresses({ count: 100, alive: 40, urls: [third] }), ...dead]
    expect(verdicts({ trackers: [...bothTrackers, trackerAt(third)], peers })).toEqual(accused)
  })
})

test("where at least half answers, a single tracker will do", () => {
  const peers = addresses({ count: 4, alive: 2, urls: [padded] })
  expect(judge({ trackers: [trackerAt(padded)], peers })).toMatchObject([
    {
      verdict: "pass",
      because: `at least half of what each tracker gave accepted a connection: 2 of 4 of ${padded}`,
    },
  ])
  expect(verdicts({ trackers: [trackerAt(padded)], peers: peers.slice(1) })).toEqual(["inconclusive swarm"])
})

test("UDP and HTTP of one host are one service, and both are named", () => {
  const http = "http://padded.example.net:6969/announce"
  const peers = [
    ...living,
    ...addresses({ count: 60, alive: 0, urls: [padded] }),
    ...addresses({ count: 60, alive: 0, urls: [http] }),
  ]
  expect(verdicts({ trackers: [...bothTrackers, trackerAt(http)], peers })).toEqual([
    `warn tracker:${padded}`,
    `warn tracker:${http}`,
  ])
})

test.each<[string, Partial<Evidence>, string, string]>([
  ["depth discover", { run: aRun({ depth: "discover" }) }, "skipped", "depth discover dials nobody"],
  ["no list", { peers: [] }, "skipped", "no tracker named anybody in this run"],
  ["a single tracker", { trackers: [trackerAt(padded)] }, "inconclusive", "only one tracker named peers"],
  ["nothing answers at all", { peers: dead, trackers: [] }, "skipped", "no tracker named anybody"],
])("%s: no verdict", (_, overrides, verdict, because) => {
  expect(judge(overrides)).toMatchObject([
    { verdict, subject: "swarm", because: expect.stringContaining(because) },
  ])
})

test.each(["prefix", "full"] as const)("redacted (%s): the same", (how) => {
  const evidence = anEvidence({ trackers: bothTrackers, peers: [...living, ...dead] })
  expect(phantomPeers.judge(redact(evidence, how, new Uint8Array(32)))).toEqual(phantomPeers.judge(evidence))
})
