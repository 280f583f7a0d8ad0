import { describe, expect, test } from "vitest"
import type { DhtAnswer, DhtCommandNode } from "../../src/evidence/dht-command.ts"
import { failure } from "../../src/failure.ts"
import { renderDht } from "../../src/render/dht.ts"
import { dhtClientName } from "../../src/render/dht/client.ts"
import type { PageOptions } from "../../src/render/page.ts"
import { width } from "../../src/render/text.ts"

const target = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"

const aNode = (facts: Partial<DhtCommandNode> = {}): DhtCommandNode => ({
  address: "203.0.113.7:6881",
  id: "9f86d081884c7d659a2feaa0c55ad015a3bf4f00",
  idFits: true,
  distanceBits: 5,
  version: "4c540208",
  ms: 182,
  failure: null,
  seenAs: null,
  token: true,
  peerCount: null,
  scrape: null,
  stored: null,
  item: null,
  seq: null,
  samples: null,
  total: null,
  intervalMs: null,
  ...facts,
})
const silent = aNode({
  address: "[2001:db8::7]:6881",
  id: null,
  idFits: null,
  distanceBits: null,
  version: null,
  ms: null,
  token: false,
  failure: failure("timeout"),
})

const anAnswer = (facts: Partial<DhtAnswer> = {}): DhtAnswer => ({
  schemaVersion: "1.2",
  tool: { name: "torrent-audit", version: "0.1.0" },
  command: "dht get-peers",
  answer: "found",
  startedAt: "2026-03-14T09:15:00.000Z",
  ms: 2_100,
  stopReason: "complete",
  bootstrap: [{ name: "dht.example.org:6881", origin: "default", ok: true, failure: null }],
  target,
  queries: 2,
  replies: 1,
  lookups: [],
  nodes: [aNode({ peerCount: 2 }), silent],
  nodesDropped: 0,
  families: ["ipv4", "ipv6"],
  swarms: [
    {
      infoHash: target,
      peers: [
        { address: "198.51.100.22:6881", nodes: 3 },
        { address: "[2001:db8::9]:51413", nodes: 1 },
      ],
      peersDropped: 0,
      seeders: null,
      leechers: null,
      filterNodes: 0,
    },
  ],
  announcedPort: null,
  item: null,
  salt: null,
  cas: null,
  samples: null,
  error: null,
  ...facts,
})

const draw = (answer: DhtAnswer, options: Partial<PageOptions> = {}): string =>
  renderDht(answer, { columns: 80, color: false, ascii: false, top: 5, verbose: false, ...options })

const estimate = (value: number, low: number, high: number) => ({
  value,
  low,
  high,
  n: 8,
  confidence: 0.95,
  censored: false,
})

const item = (content: Uint8Array | string, facts: Partial<NonNullable<DhtAnswer["item"]>> = {}) => ({
  kind: "string" as const,
  value: Buffer.from("unused").toString("base64"),
  content: Buffer.from(content).toString("base64"),
  seq: null,
  publicKey: null,
  signature: null,
  ...facts,
})

test("peers: the answer, then what it rests on", () => {
  expect(draw(anAnswer())).toBe(`✓ found: 2 peers
  1 of 2 nodes asked answered in 2.1 s
  info hash  9f86d081884c7d659a2feaa0c55ad015a3bf4f1b

PEERS  2
  198.51.100.22:6881 ×3  [2001:db8::9]:51413 ×1
  ×n: named by n nodes

NODES                         distance    reply  client           named
  ✓ 203.0.113.7:6881            5 bits   182 ms  libtorrent 2.0.8 2 peers
  ✗ [2001:db8::7]:6881               –        –  –                timeout
`)
})

test("counts, with their interval and basis; a range that was cut short says so", () => {
  const swarm = { infoHash: target, peers: [], peersDropped: 0, filterNodes: 8 }
  const swarms = [
    { ...swarm, seeders: estimate(41.2, 38, 45), leechers: { ...estimate(9, 7, 11), high: null } },
  ]
  const text = draw(anAnswer({ command: "dht scrape", swarms }))
  expect(text).toContain("  seeders    about 41.2 (38.0–45.0)\n  leechers   about 9.0 (≥7.0)\n")
  expect(text).toContain("filters of 8 nodes (BEP 33)")
})

test("a mutable item", () => {
  const publicKey = "ab".repeat(32)
  const found = item("two\nlines\n", { seq: 9_007_199_254_740_993n, publicKey, signature: "cd".repeat(64) })
  const text = draw(
    anAnswer({
      command: "dht get",
      item: found,
      salt: "666f6f",
      swarms: null,
      nodes: [aNode({ item: "good", seq: 3n })],
    }),
  )
  expect(text).toContain(`✓ found: 1 node has it
  1 of 1 node asked answered in 2.1 s
  target     9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
  public key ${publicKey}
  salt       foo
  sequence   9007199254740993

VALUE  10 bytes, text
  | two
  | lines
`)
  expect(text).toContain("has it, seq 3")
})

describe("answers that are none", () => {
  test.each<[Partial<DhtAnswer>, string]>([
    [{ answer: "no-answer", replies: 0 }, "? no answer: no node replied\n"],
    [{ answer: "not-found", swarms: [] }, "? not found: no node named a peer\n"],
    [{ answer: "not-found", command: "dht put" }, "? not stored: no node offered to store it\n"],
    [
      {
        answer: "refused",
        command: "dht put",
        nodes: [aNode({ stored: false, failure: failure("dht-error", "301 compare-and-swap mismatch") })],
      },
      "✗ not stored: 1 node declined: 301 compare-and-swap mismatch\n",
    ],
  ])("%o", (facts, first) => expect(draw(anAnswer(facts)).startsWith(first)).toBe(true))

  test("a first node of the user's that is silent is named", () => {
    const bootstrap = [
      { name: "mine.example:1", origin: "user" as const, ok: false, failure: failure("dns") },
    ]
    expect(draw(anAnswer({ bootstrap }))).toContain("  first node mine.example:1: dns\n")
  })

  test("what stopped the search, and what was dropped", () => {
    const lookup = { family: "ipv4" as const, target, ms: 1, queries: 1, replies: 1, closest: [] }
    const swarms = anAnswer().swarms?.map((swarm) => ({ ...swarm, peersDropped: 12 })) ?? null
    const text = draw(
      anAnswer({
        lookups: [{ ...lookup, end: "query-budget" }],
        swarms,
        nodesDropped: 3,
        stopReason: "timeout",
      }),
    )
    expect(text).toContain("ended by our query budget")
    expect(text.replaceAll(/\s+/g, " ")).toContain("ended by --timeout")
    expect(text).toContain("▲ 12 more were named than we keep")
    expect(text).toContain("3 more nodes were asked than we keep")
  })
})

describe("hostile text", () => {
  const nasty = "\u001b[2J\u202e\u0007名".repeat(40)
  const hostile = anAnswer({
    command: "dht get",
    item: item(`${nasty}\n${"x".repeat(900)}`),
    salt: Buffer.from(nasty).toString("hex").slice(0, 128),
    bootstrap: [{ name: nasty, origin: "user", ok: false, failure: failure("dns", nasty) }],
    nodes: [aNode({ version: "1b5b324a", failure: failure("dht-error", nasty) }), silent],
  })

  test.each([40, 80, 120])("stays within %i columns and holds no control", (columns) => {
    for (const ascii of [false, true]) {
      const text = draw(hostile, { columns, ascii, verbose: true })
      expect(text.split("\n").filter((line) => width(line) > columns)).toEqual([])
      expect(text).not.toMatch(/[^\n\P{C}]/u)
      expect(/^[\n\x20-\x7e]*$/.test(text)).toBe(ascii)
    }
  })
})

test("text without controls may still lie: direction overrides and invisible characters", () => {
  const text = draw(
    anAnswer({ command: "dht get", swarms: null, item: item("pay \u202egpj.exe\u200b!\ttab") }),
  )
  expect(text).toContain("  | pay ·gpj.exe! tab\n")
  expect(text).toContain("VALUE  22 bytes, text")
})

test.each([
  [null, ""],
  ["4c540208", "libtorrent 2.0.8"],
  ["54520400", "Transmission 4.0"],
  ["5554a59c", "µTorrent 42396"],
  ["41320003", "aria2 0.3"],
  ["585801", "XX 1"],
  ["1b5b324a", "0x1b5b324a"],
])("`v` %s is %j", (version, name) => expect(dhtClientName(version)).toBe(name))
