import { describe, expect, test } from "vitest"
import { dhtScrapeMismatch } from "../../src/audits/dht-scrape-mismatch.ts"
import type { Dht, DhtNode, Estimate } from "../../src/evidence.ts"
import {
  aDht,
  aDhtLookup,
  aDhtNode,
  aFilter,
  anEvidence,
  aRun,
  everySource,
  publicAddress,
  range,
} from "../support/builders.ts"

const target = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
const full = Buffer.alloc(256, 0xff).toString("base64")

/** The nearer, the smaller: it differs from the target in this bit of the last 32. */
const idAt = (rank: number): string =>
  target.slice(0, 32) +
  ((Number.parseInt(target.slice(32), 16) ^ (2 ** rank)) >>> 0).toString(16).padStart(8, "0")

const nodeAt = (rank: number, seeders: string | null, overrides: Partial<DhtNode> = {}): DhtNode =>
  aDhtNode(publicAddress(rank, 1), {
    id: idAt(rank),
    seederFilter: seeders,
    leecherFilter: null,
    ...overrides,
  })

const estimate = (low: number, high: number): Estimate => ({
  value: (low + high) / 2,
  low,
  high,
  n: 6,
  confidence: 0.95,
  censored: false,
})

const closestOf = (nodes: readonly DhtNode[]) =>
  nodes.flatMap(({ address, id }) => (id === null ? [] : [{ address, id }]))

const judge = (dht: Partial<Dht> | null, run = aRun({ discovery: everySource })) =>
  dhtScrapeMismatch.judge(
    anEvidence({
      run,
      dht:
        dht &&
        aDht({
          peerCount: 40,
          scrape: { seeders: estimate(28, 33), leechers: null },
          lookups: [aDhtLookup({ closest: closestOf(dht.nodes ?? []) })],
          ...dht,
        }),
    }),
  )

const honest = range(1, 7).map((rank) => nodeAt(rank, aFilter(range(0, 30))))

test("counts that fit the lists pass", () => {
  expect(judge({ nodes: honest })).toMatchObject([
    {
      verdict: "pass",
      subject: "dht",
      because: "the DHT counts 28 to 33 addresses, its nodes named 40 peers",
    },
  ])
})

test("far more counted than named proves nothing: lists are cut short", () => {
  const many = { seeders: estimate(2_000, 2_400), leechers: estimate(500, 700) }
  expect(judge({ nodes: honest, scrape: many })).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("2500 to 3100 addresses") },
  ])
  const boundless = { seeders: { ...estimate(4_000, 5_000), high: null, censored: true }, leechers: null }
  expect(judge({ nodes: honest, scrape: boundless })).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("4000 addresses or more") },
  ])
})

describe("a filter that alone holds ten times what all others hold together", () => {
  test("although they are nearer to the key", () => {
    expect(judge({ nodes: [...honest, nodeAt(20, aFilter(range(0, 1_000)))] })).toMatchObject([
      {
        verdict: "warn",
        subject: "dht",
        because: expect.stringMatching(
          /^198\.18\.20\.1:6881 sent a filter of about \d{3,4} addresses, those of 6 other nodes, 6 of them nearer, hold \d\d together$/,
        ),
      },
    ])
  })

  test("a full one", () => {
    expect(judge({ nodes: [...honest, nodeAt(20, full)] })).toMatchObject([
      { verdict: "warn", because: expect.stringContaining("a nearly full filter") },
    ])
  })

  test.each<[string, DhtNode[]]>([
    ["but is the nearest: it alone may hear all announces", [...honest, nodeAt(0, aFilter(range(0, 1_000)))]],
    [
      "but only two that count are nearer",
      [...honest.filter((_, i) => i !== 2), nodeAt(3, aFilter(range(0, 1_000)))],
    ],
    [
      "but the nearer ones send no counts",
      [
        ...range(1, 4).map((rank) => nodeAt(rank, null)),
        nodeAt(4, aFilter(range(0, 1_000))),
        ...range(5, 9).map((rank) => nodeAt(rank, aFilter(range(0, 30)))),
      ],
    ],
    ["but not tenfold", [...honest, nodeAt(20, aFilter(range(0, 250)))]],
    [
      "in a hot swarm, where the others hold many too",
      [...range(1, 7).map((rank) => nodeAt(rank, aFilter(range(0, 2_500)))), nodeAt(20, full)],
    ],
  ])("%s", (_, nodes) => {
    expect(judge({ nodes })[0]?.verdict).not.toBe("warn")
  })
})

test("IPv6 nodes are held against IPv6 nodes", () => {
  const six = nodeAt(20, full, { address: "[2001:2:0::1]:6881" })
  const lookups = [
    aDhtLookup({ closest: closestOf(honest) }),
    aDhtLookup({ family: "ipv6", closest: closestOf([six]) }),
  ]
  expect(judge({ nodes: [...honest, six], lookups })[0]?.verdict).toBe("pass")
})

test("nodes that contradict each other", () => {
  expect(judge({ nodes: honest, scrape: { seeders: null, leechers: null } })[0]?.verdict).toBe("inconclusive")
  expect(judge({ nodes: honest, scrape: null })[0]?.verdict).toBe("inconclusive")
})

test("a redacted snapshot gives the same", () => {
  const nodes = [...honest, nodeAt(20, full)].map((node, i) => ({
    ...node,
    address: `198.18.${i}.0/24~ab${i}:6881`,
  }))
  expect(judge({ nodes })[0]?.verdict).toBe("warn")
  expect(judge({ nodes: nodes.map((node, i) => ({ ...node, address: `~ab${i}:6881` })) })[0]?.verdict).toBe(
    "warn",
  )
})

test("a filter of the wrong length is none", () => {
  expect(judge({ nodes: [nodeAt(1, "AAAA")] })[0]?.verdict).toBe("skipped")
})

test.each([
  ["nobody counts", { nodes: [aDhtNode(publicAddress(1, 1))] }, undefined],
  ["an old snapshot", null, aRun()],
  ["not wanted", null, aRun({ discovery: { ...everySource, dht: "off" } })],
])("skipped: %s", (_, dht, run) => {
  expect(judge(dht, run)[0]?.verdict).toBe("skipped")
})
