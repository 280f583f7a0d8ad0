import { expect, test } from "vitest"
import { privateLeak } from "../../src/audits/private-leak.ts"
import type { Extensions, MetadataSearch, Peer } from "../../src/evidence.ts"
import {
  aLeecher,
  anEvidence,
  aRun,
  aSeeder,
  aSightedPeer,
  aSighting,
  aTorrent,
  dhtSighting,
  pexSighting,
  publicAddress,
} from "../support/builders.ts"

const discovery = { dht: "private", pex: "private", lsd: "private" } as const

const judge = (peers: Peer[], overrides: Parameters<typeof anEvidence>[0] = {}) =>
  privateLeak.judge(
    anEvidence({ run: aRun({ discovery }), torrent: aTorrent({ private: true }), peers, ...overrides }),
  )

const handshake = (overrides: Partial<Extensions> = {}): Extensions => ({
  names: ["ut_metadata"],
  v: null,
  port: null,
  reqq: null,
  uploadOnly: null,
  metadataBytes: 20_000,
  yourIp: false,
  ...overrides,
})

const said = { messages: 2, added: 7, dropped: 0 }
const node = publicAddress(1, 1)
const fromDht = { sources: [dhtSighting(node)] }

test("the DHT named peers of it, who are in it", () => {
  const peers = [aSeeder(1), aLeecher(2, [0], fromDht), aSightedPeer(3, { ...fromDht, outcome: "filtered" })]
  expect(judge(peers)).toMatchObject([
    {
      verdict: "warn",
      subject: "swarm",
      because: "DHT named 1 peer of this private torrent",
      evidence: { named: 2, confirmed: ["203.0.113.2:6881"] },
    },
  ])
})

test("one that sent the metadata is in it, although we left it then", () => {
  const metadata: MetadataSearch = {
    from: "203.0.113.3:6881",
    ms: 4_000,
    tries: [{ address: "203.0.113.3:6881", atMs: 2_000, ms: 900, ok: true, bytes: 20_000, failure: null }],
  }
  const peers = [aSightedPeer(3, { ...fromDht, outcome: "filtered" })]
  expect(judge(peers, { run: aRun({ discovery, metadata }) })[0]?.verdict).toBe("warn")
  expect(judge(peers)).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
  const refused = { ...metadata, tries: metadata.tries.map((each) => ({ ...each, ok: false })) }
  expect(judge(peers, { run: aRun({ discovery, metadata: refused }) })[0]?.verdict).toBe("inconclusive")
})

test("PEX and LSD count as well", () => {
  const lsd = aSighting({ kind: "lsd", via: "192.168.1.7:6771" })
  const peers = [
    aLeecher(1, [0], { sources: [pexSighting("203.0.113.2:6881")] }),
    aLeecher(2, [0], { sources: [lsd] }),
  ]
  expect(judge(peers)[0]?.because).toBe("PEX, LSD named 2 peers of this private torrent")
})

test("LSD tells our own network, and no other", () => {
  const lsd = aSighting({ kind: "lsd", via: "192.168.1.7:6771" })
  const advice = (sources: Peer["sources"]) => judge([aLeecher(1, [0], { sources })])[0]?.advice
  expect(advice([lsd])).toMatch(/^Anybody in this network can find/)
  expect(advice([lsd, pexSighting("203.0.113.2:6881")])).toMatch(/^Anybody can find/)
})

test("a peer that sends PEX although it holds the metadata", () => {
  const peers = [aSeeder(1), aSeeder(2, { pex: said, extensions: handshake({ names: ["ut_pex"] }) })]
  expect(judge(peers)).toMatchObject([
    { verdict: "warn", subject: "peer:203.0.113.2:6881", measured: "2 messages", evidence: { added: 7 } },
  ])
})

test("each such peer once, beside the swarm's", () => {
  const sender = { pex: said, extensions: handshake() }
  const found = judge([aSeeder(1, sender), aSeeder(2, { ...sender, ...fromDht })])
  expect(found.map(({ subject }) => subject)).toEqual([
    "swarm",
    "peer:203.0.113.1:6881",
    "peer:203.0.113.2:6881",
  ])
})

test.each<[string, Peer, string]>([
  [
    "who joins by a magnet link can't know",
    aLeecher(1, [], { pex: said, extensions: handshake({ metadataBytes: null }) }),
    "pass",
  ],
  ["offering PEX is no leak", aSeeder(1, { extensions: handshake({ names: ["ut_pex"] }) }), "pass"],
  ["nothing of the kind", aSeeder(1, { extensions: handshake() }), "pass"],
  ["nobody said what it offers", aSightedPeer(1), "inconclusive"],
  ["we ourselves", aSightedPeer(1, { ...fromDht, outcome: "self" }), "inconclusive"],
])("accuses nobody: %s", (_, peer, verdict) => {
  expect(judge([peer])).toMatchObject([{ verdict, subject: "swarm" }])
})

test.each<[string, Parameters<typeof anEvidence>[0]]>([
  ["a public torrent", { torrent: aTorrent(), peers: [aLeecher(2, [0], fromDht)] }],
  ["nobody contacted", { run: aRun({ discovery, depth: "discover" }) }],
])("skipped: %s", (_, overrides) => {
  expect(judge([aSeeder(1)], overrides)[0]?.verdict).toBe("skipped")
})

test("an old snapshot of a private torrent is judged by its peers", () => {
  expect(judge([aSeeder(1, { extensions: handshake() })], { run: aRun() })[0]?.verdict).toBe("pass")
})
