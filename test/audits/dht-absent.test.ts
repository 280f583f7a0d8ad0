import { expect, test } from "vitest"
import { dhtAbsent } from "../../src/audits/dht-absent.ts"
import type { Dht, Peer } from "../../src/evidence.ts"
import {
  aDht,
  aDhtLookup,
  aDhtNode,
  anEvidence,
  aRun,
  aSeeder,
  aSightedPeer,
  aSilentDhtNode,
  dhtSighting,
  everySource,
  publicAddress,
  range,
} from "../support/builders.ts"

const answering = (n: number) => range(0, n).map((i) => aDhtNode(publicAddress(i, 1)))
const seeders = (n: number) =>
  range(1, n + 1).map((host) => aSeeder(host, { address: publicAddress(host, 9) }))

const judge = (dht: Partial<Dht> | null, overrides: Parameters<typeof anEvidence>[0] = {}) =>
  dhtAbsent.judge(
    anEvidence({
      run: aRun({ discovery: everySource }),
      peers: seeders(3),
      dht: dht && aDht({ nodes: answering(20), ...dht }),
      ...overrides,
    }),
  )

test("a converged lookup in which nobody is named, peers reached otherwise: magnet users are lost", () => {
  expect(judge({})).toMatchObject([
    {
      verdict: "warn",
      subject: "dht",
      because: "20 DHT nodes named nobody, although 3 peers were reached otherwise",
      advice: expect.stringContaining("DHT on"),
    },
  ])
})

test("somebody named is enough", () => {
  expect(judge({ peerCount: 2 })[0]?.verdict).toBe("pass")
  const peers = [...seeders(3), aSightedPeer(9, { sources: [dhtSighting(publicAddress(1, 1))] })]
  expect(judge({}, { peers })[0]?.verdict).toBe("pass")
})

test("we ourselves are not somebody", () => {
  const own = aSightedPeer(9, { outcome: "self", sources: [dhtSighting(publicAddress(1, 1))] })
  expect(judge({}, { peers: [...seeders(3), own] })[0]?.verdict).toBe("warn")
})

test.each<[string, Partial<Dht>, string]>([
  ["the lookup timed out", { lookups: [aDhtLookup({ end: "timeout" })] }, "didn't come to an end"],
  ["its budget ran out", { lookups: [aDhtLookup({ end: "query-budget" })] }, "didn't come to an end"],
  ["nobody to start from", { lookups: [aDhtLookup({ end: "no-nodes" })] }, "didn't come to an end"],
  [
    "one of two families didn't finish",
    { lookups: [aDhtLookup(), aDhtLookup({ family: "ipv6", end: "aborted" })] },
    "didn't come to an end",
  ],
  ["it was never looked up", { lookups: [aDhtLookup({ purpose: "neighbourhood" })] }, "never looked up"],
  ["few nodes answered", { nodes: answering(7) }, "only 7 nodes answered"],
  [
    "nothing answered: UDP may be blocked",
    { nodes: range(0, 20).map((i) => aSilentDhtNode(publicAddress(i, 1))) },
    "UDP may be blocked here",
  ],
])("inconclusive: %s", (_, dht, because) => {
  expect(judge(dht)).toMatchObject([{ verdict: "inconclusive", because: expect.stringContaining(because) }])
})

test("a family without nodes, and a second try that converged, are no doubt", () => {
  expect(
    judge({ lookups: [aDhtLookup(), aDhtLookup({ family: "ipv6", end: "no-nodes" })] })[0]?.verdict,
  ).toBe("warn")
  expect(judge({ lookups: [aDhtLookup({ end: "timeout" }), aDhtLookup()] })[0]?.verdict).toBe("warn")
})

test("few peers elsewhere: there may be nobody to name", () => {
  expect(judge({}, { peers: seeders(2) })).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("led to 2 peers only that it could name") },
  ])
})

test.each<[string, (host: number) => Partial<Peer>]>([
  ["over IPv6, where no DHT node is known", (host) => ({ address: `[2a01:e0:${host}::1]:6881` })],
  ["in our own house", (host) => ({ address: `192.168.1.${host}:6881` })],
])("whom the DHT asked can't know: peers %s", (_, overrides) => {
  const peers = range(1, 5).map((host) => aSeeder(host, overrides(host)))
  const lookups = [aDhtLookup(), aDhtLookup({ family: "ipv6", end: "no-nodes" })]
  expect(judge({ lookups }, { peers })).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("led to 0 peers only") },
  ])
  expect(judge({ lookups }, { peers: [...peers, ...seeders(3)] })[0]?.verdict).toBe("warn")
})

test("a second address that it could know, and a DHT of our own house", () => {
  const both = range(1, 4).map((host) =>
    aSeeder(host, { address: `[2a01:e0:${host}::1]:6881`, alsoAt: [publicAddress(host, 9)] }),
  )
  expect(judge({}, { peers: both })[0]?.verdict).toBe("warn")
  const peers = range(1, 4).map((host) => aSeeder(host, { address: `127.0.0.${host}:6881` }))
  const nodes = range(0, 20).map((i) => aDhtNode(`127.0.1.${i + 1}:6881`))
  expect(judge({ nodes }, { peers })[0]?.verdict).toBe("warn")
})

test("nodes that name nobody, and count others than us, know somebody", () => {
  const counting = (low: number) => ({
    seeders: null,
    leechers: { value: low, low, high: low, n: 9, confidence: 0.95, censored: false },
  })
  expect(judge({ scrape: counting(9) })).toMatchObject([
    { verdict: "inconclusive", because: "the DHT named nobody, but its nodes count 8 addresses" },
  ])
  expect(judge({ scrape: counting(1) })[0]?.verdict).toBe("warn")
})

test.each([
  ["an old snapshot", null, aRun()],
  ["not wanted", null, aRun({ discovery: { ...everySource, dht: "off" } })],
  ["a private torrent", {}, aRun({ discovery: { dht: "private", pex: "private", lsd: "private" } })],
])("skipped: %s", (_, dht, run) => {
  expect(judge(dht, { run })[0]?.verdict).toBe("skipped")
})
