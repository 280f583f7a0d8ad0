import { expect, test } from "vitest"
import { oneNetwork } from "../../src/audits/one-network.ts"
import type { Peer } from "../../src/evidence.ts"
import {
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSeeder,
  aSilentPeer,
  aTracker,
  pieceCount,
  publicAddress,
  range,
} from "../support/builders.ts"

const trackers = [aTracker({ announces: [anAnnounce({ seeders: 3, leechers: 2 })] })]
const judge = (peers: Peer[], overrides: Parameters<typeof anEvidence>[0] = {}) =>
  oneNetwork.judge(anEvidence({ trackers, peers, ...overrides }))

const seedersIn = (network: number, n: number, overrides: Partial<Peer> = {}) =>
  range(1, n + 1).map((host) => aSeeder(host, { address: publicAddress(network, host), ...overrides }))
const leecherIn = (network: number) => aLeecher(99, [1], { address: publicAddress(network, 99) })

test("everybody in one /24: one outage away", () => {
  expect(judge(seedersIn(5, 4))).toMatchObject([
    {
      verdict: "warn",
      subject: "swarm",
      because: "4 of 4 reached hosts are in 198.18.5.0/24; all 4 seeding hosts are in 198.18.5.0/24",
      measured: "1 network",
    },
  ])
})

test("all seeders in one, leechers elsewhere", () => {
  expect(judge([...seedersIn(5, 3), leecherIn(6), leecherIn(7)])).toMatchObject([
    { verdict: "warn", because: "all 3 seeding hosts are in 198.18.5.0/24" },
  ])
})

test.each<[string, Peer[]]>([
  ["a seeder elsewhere", [...seedersIn(5, 4), ...seedersIn(6, 1)]],
  ["all apart", range(1, 6).flatMap((network) => seedersIn(network, 1))],
  [
    "a second home each",
    range(1, 5).map((host) =>
      aSeeder(host, { address: publicAddress(5, host), alsoAt: [`[2001:2:0:${host}::1]:6881`] }),
    ),
  ],
])("pass: %s", (_, peers) => {
  expect(judge(peers)[0]?.verdict).toBe("pass")
})

test("nearly all counts as all, from nine in ten", () => {
  expect(judge([...seedersIn(5, 9), leecherIn(6)])[0]?.verdict).toBe("warn")
  expect(judge([...seedersIn(5, 8), leecherIn(5), ...seedersIn(6, 2)])[0]?.verdict).toBe("pass")
})

test.each<[string, Peer[], string]>([
  [
    "a seeder",
    [
      ...range(1, 18).map((host) => aLeecher(host, [1], { address: publicAddress(5, host) })),
      ...seedersIn(6, 1),
    ],
    "18 reached hosts are in 2 networks, 17 in the largest; those elsewhere hold every piece",
  ],
  [
    "leechers between them",
    [
      ...seedersIn(5, 3),
      aLeecher(80, range(0, 12), { address: publicAddress(6, 1) }),
      aLeecher(81, range(4, pieceCount), { address: publicAddress(7, 1) }),
    ],
    "5 reached hosts are in 3 networks, 3 in the largest; those elsewhere hold every piece",
  ],
])("survived, as every piece is elsewhere with %s", (_, peers, because) => {
  const claims = [aTracker({ announces: [anAnnounce({ seeders: 1, leechers: 2 })] })]
  expect(judge(peers, { trackers: claims })).toMatchObject([{ verdict: "pass", because }])
})

test("IPv6 by /48", () => {
  const at = (site: string) =>
    range(1, 5).map((host) => aSeeder(host, { address: `[2001:2:${site}:${host}::1]:1` }))
  expect(judge(at("0"))[0]).toMatchObject({
    verdict: "warn",
    because: expect.stringContaining("2001:2:0::/48"),
  })
  expect(judge([...at("0").slice(0, 2), ...at("7").slice(2)])[0]?.verdict).toBe("pass")
})

test("ports of one host are one host", () => {
  const peers = range(1, 6).map((port) => aSeeder(port, { address: publicAddress(5, 1, port) }))
  expect(judge(peers)).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("only 1 host") },
  ])
})

test("the unreached may be elsewhere", () => {
  expect(judge([...seedersIn(5, 4), aSilentPeer(9), aSilentPeer(10)])[0]?.verdict).toBe("inconclusive")
})

test("redacted: the prefix says the same, without it nothing can be said", () => {
  const [plain] = judge(seedersIn(5, 4))
  const renamed = (prefix: string) =>
    seedersIn(5, 4).map((peer, i) => ({ ...peer, address: `${prefix}~abc${i}:6881` }))
  expect(judge(renamed("198.18.5.0/24"))).toEqual([plain])
  expect(judge(renamed(""))[0]?.verdict).toBe("inconclusive")
})

test.each<[string, Peer[], Parameters<typeof anEvidence>[0]]>([
  ["local addresses", range(1, 5).map((host) => aSeeder(host, { address: `192.168.1.${host}:6881` })), {}],
  ["loopback", range(1, 5).map((host) => aSeeder(host, { address: `127.0.0.1:${7_000 + host}` })), {}],
  ["documentation addresses", range(1, 5).map((host) => aSeeder(host)), {}],
  ["nobody reached", [aSilentPeer(1)], {}],
  ["nobody contacted", seedersIn(5, 4), { run: aRun({ depth: "discover" }) }],
])("skipped: %s", (_, peers, overrides) => {
  expect(judge(peers, overrides)[0]?.verdict).toBe("skipped")
})
