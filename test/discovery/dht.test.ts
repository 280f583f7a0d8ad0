import { once } from "node:events"
import DHT from "bittorrent-dht"
import { afterEach, describe, expect, it } from "vitest"
import {
  dhtSource,
  noNodes,
  type DhtQuestion,
  type DhtSource,
  type NodeMemory,
} from "../../src/discovery/dht.ts"
import { distanceBetween, toHex } from "../../src/discovery/dht/node-id.ts"
import { createDhtRecord } from "../../src/discovery/dht/record.ts"
import type { Observation } from "../../src/discovery/source.ts"
import { dht as dhtSchema } from "../../src/evidence.ts"
import { fail } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import { realNetwork } from "../../src/network.ts"
import { guardLibraries } from "../../src/torrent/bencode.ts"
import { bytesOf, integerOf } from "../../src/torrent/bencode-values.ts"
import {
  compact,
  compactNodes,
  honestDht,
  hostAt,
  idOf,
  nearestTo,
  publicOnly,
  virtualDht,
  type HonestWorld,
  type VirtualDht,
  type VirtualNode,
} from "./dht/virtual-dht.ts"

guardLibraries()

interface Running {
  source: DhtSource
  observations: Observation[]
  peers(): string[]
  end(): Promise<void>
}

function start(question: DhtQuestion): Running {
  const source = dhtSource(question)
  const observations: Observation[] = []
  const controller = new AbortController()
  const reading = (async () => {
    for await (const observation of source.discover(controller.signal)) observations.push(observation)
  })()
  return {
    source,
    observations,
    peers: () => [...new Set(observations.flatMap(({ peers }) => peers))].sort(),
    async end() {
      controller.abort()
      await reading
      await source.farewell(new AbortController().signal)
      dhtSchema.parse(source.record)
    },
  }
}

describe("bittorrent-dht nodes on loopback", () => {
  const running: DHT[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((node) => new Promise<void>((done) => node.destroy(done))))
  })

  async function join(bootstrap: number[]): Promise<DHT> {
    const nodes = bootstrap.map((port) => ({ host: "127.0.0.1", port }))
    const node = new DHT({ bootstrap: nodes.length > 0 ? nodes : false })
    running.push(node)
    node.listen(0, "127.0.0.1")
    await once(node, "listening")
    if (!node.ready) await once(node, "ready")
    return node
  }

  it("every announced peer is found, and the others find us", async () => {
    const first = await join([])
    const bootstrap = [first.address().port]
    for (let i = 0; i < 24; i++) await join(bootstrap)
    const infoHash = idOf("on loopback")
    const announced = [41_001, 41_002, 41_003, 41_004]
    for (const [i, port] of announced.entries())
      await new Promise<void>((done) => running[i * 5 + 1]!.announce(infoHash, port, () => done()))

    const network = realNetwork()
    const run = start({
      infoHash,
      port: 41_999,
      families: ["ipv4"],
      bootstrap: [{ name: `127.0.0.1:${bootstrap[0]}`, origin: "user" }],
      rules: { allowLocal: false, allowLoopback: true, refusePublic: true },
      network,
      startedMs: network.now(),
      memory: noNodes,
    })
    await run.source.settled
    const late = await join(bootstrap)
    const seen: number[] = []
    late.on("peer", ({ port }: { port: number }) => seen.push(port))
    await new Promise<void>((done) => late.lookup(infoHash, () => done()))
    await run.end()

    expect(run.peers().filter((peer) => peer !== "127.0.0.1:41999")).toEqual(
      announced.map((port) => `127.0.0.1:${port}`),
    )
    expect(new Set(seen)).toEqual(new Set([...announced, 41_999]))
    const { record } = run.source
    expect(record.peerCount).toBe(4)
    expect(record.bootstrap).toEqual([
      { name: `127.0.0.1:${bootstrap[0]}`, origin: "user", ok: true, failure: null },
    ])
    expect(record.lookups.map(({ purpose, end }) => `${purpose} ${end}`)).toEqual([
      "peers converged",
      "neighbourhood converged",
      "neighbourhood converged",
    ])
    expect(record.nodes.filter(({ announced }) => announced).length).toBeGreaterThanOrEqual(8)
    expect(record.nodes.filter(({ replies }) => replies > 0).length).toBeGreaterThanOrEqual(8)
    expect(record.nodes.every(({ idFits }) => idFits === null)).toBe(true)
    expect(record.scrape).toBeNull()
  })
})

const question = (world: VirtualDht, overrides: Partial<DhtQuestion> = {}): DhtQuestion => ({
  infoHash: idOf("the swarm"),
  port: 40_000,
  families: ["ipv4"],
  bootstrap: [{ name: "begin.example:6881", origin: "default" }],
  rules: publicOnly,
  network: world.network,
  startedMs: world.nowMs(),
  memory: noNodes,
  ...overrides,
})

/** Of 60 nodes, the first of which a name stands for; two peers on the nearest. */
function small(): { world: VirtualDht; dht: HonestWorld; nearest: string } {
  const world = virtualDht()
  const dht = honestDht(world, 60)
  world.names.set("begin.example", [dht.nodes[0]!.host])
  const [first] = nearestTo(dht.infoHash, dht.nodes)
  const nearest = `${first!.host}:${first!.port}`
  dht.stored.set(nearest, [compact("80.0.0.1", 1), compact("80.0.0.2", 2)])
  return { world, dht, nearest }
}

const methods = (world: VirtualDht, name: string) => world.asked.filter(({ method }) => method === name)

describe("one run", () => {
  it("asks, announces, looks around, and asks again for what is new", async () => {
    const { world, dht, nearest } = small()
    const run = start(question(world))
    await world.until(run.source.settled)
    expect(run.peers()).toEqual(["80.0.0.1:1", "80.0.0.2:2"])
    expect(run.observations).toHaveLength(1)
    expect(run.observations[0]).toMatchObject({ kind: "dht", via: nearest })

    const announces = methods(world, "announce_peer")
    expect(announces.length).toBeGreaterThanOrEqual(8)
    for (const { args } of announces) {
      expect(integerOf(args.get("port"))).toBe(40_000)
      expect(integerOf(args.get("implied_port"))).toBe(0)
      expect(bytesOf(args.get("info_hash"))).toEqual(dht.infoHash)
      expect(bytesOf(args.get("token"))?.length).toBeGreaterThan(0)
    }
    // libtorrent answers a scrape without peers: it is a question of its own, to who has some, before we are among them.
    const scrapes = methods(world, "get_peers").filter(({ args }) => args.has("scrape"))
    expect(scrapes.map(({ to }) => to)).toEqual([nearest])
    expect(scrapes[0]!.atMs).toBeLessThanOrEqual(announces[0]!.atMs)
    expect(run.source.record.lookups.map(({ purpose }) => purpose)).toEqual([
      "peers",
      "neighbourhood",
      "neighbourhood",
    ])

    dht.stored.get(nearest)!.push(compact("80.0.0.3", 3))
    await world.until(world.network.sleep(limits.dht.againMs + 5_000, new AbortController().signal))
    expect(run.observations.at(-1)).toMatchObject({ via: nearest, peers: ["80.0.0.3:3"] })
    expect(run.observations).toHaveLength(2)
    expect(methods(world, "announce_peer")).toHaveLength(announces.length)
    await world.until(run.end())
    const { record } = run.source
    expect(record).toMatchObject({ peerCount: 3, queries: world.asked.length, ids: [expect.any(String)] })
    expect(record.nodes.find(({ address }) => address === nearest)).toMatchObject({
      announced: true,
      token: true,
      peerCount: 3,
      idFits: false,
    })
    expect(record.nodes.reduce((sum, { queries }) => sum + queries, 0)).toBe(record.queries)
  })

  it("announces nothing when nothing listens", async () => {
    const { world } = small()
    const run = start(question(world, { port: null }))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(methods(world, "announce_peer")).toEqual([])
    expect(run.source.record.nodes.every(({ announced }) => announced === null)).toBe(true)
  })

  it.each([0, 60, 130, 300])("stops at once, after %d ms: not another datagram", async (afterMs) => {
    const { world } = small()
    const run = start(question(world))
    await world.until(world.network.sleep(afterMs, new AbortController().signal))
    run.source.stop()
    const sent = world.asked.length
    await world.until(run.source.settled)
    await world.until(world.network.sleep(60_000, new AbortController().signal))
    await world.until(run.end())
    expect(world.asked).toHaveLength(sent)
  })

  it("asks IPv6 nodes for IPv6 nodes and peers, beside IPv4", async () => {
    const { world } = small()
    world.names.set("begin.example", ["20.0.0.7", "2a00:1450::1"])
    const second = { id: idOf("second"), host: "2a00:1450:0:100::1", port: 6_881 }
    const values = [compact("2a00:1450:0:200::1", 7)]
    world.add({ ...second, latencyMs: 30, answer: () => ({ r: { token: "t", values, nodes6: "" } }) })
    world.add({
      id: idOf("first"),
      host: "2a00:1450::1",
      port: 6_881,
      latencyMs: 30,
      answer: () => ({ r: { nodes6: compactNodes([second]) } }),
    })
    const run = start(question(world, { families: ["ipv4", "ipv6"] }))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(run.peers()).toEqual(["80.0.0.1:1", "80.0.0.2:2", "[2a00:1450:0:200::1]:7"])
    const { ids, lookups } = run.source.record
    expect(
      lookups
        .filter(({ purpose }) => purpose === "peers")
        .map(({ family }) => family)
        .sort(),
    ).toEqual(["ipv4", "ipv6"])
    // BEP 32: the same id in both.
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })

  it("BEP 33 filters are kept, and estimated together", async () => {
    const { world, dht } = small()
    const filter = new Uint8Array(256)
    filter.set([3, 3, 3], 7)
    for (const node of nearestTo(dht.infoHash, dht.nodes).slice(0, 4)) {
      const answer = node.answer.bind(node)
      dht.stored.set(`${node.host}:${node.port}`, [compact("80.0.0.1", 1)])
      node.answer = (asked) =>
        asked.args.has("scrape") ? { r: { BFsd: new Uint8Array(256), BFpe: filter } } : answer(asked)
    }
    const run = start(question(world))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(run.source.record.scrape).toMatchObject({
      seeders: { value: 0, low: 0, high: 0, n: 4 },
      leechers: { low: 3, high: 3, n: 4 },
    })
    const base64 = Buffer.from(filter).toString("base64")
    expect(run.source.record.nodes.filter(({ leecherFilter }) => leecherFilter === base64)).toHaveLength(4)
  })

  it("ourselves among the peers are not counted", async () => {
    const { world, dht, nearest } = small()
    dht.stored.get(nearest)!.push(compact("192.168.1.2", 40_000), compact("192.168.1.2", 40_001))
    const run = start(question(world))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(run.peers()).toHaveLength(4)
    expect(run.source.record.peerCount).toBe(3)
  })

  it("peers beyond the cap are dropped, and said to be", async () => {
    const { world, dht } = small()
    const nearest = nearestTo(dht.infoHash, dht.nodes).slice(0, 16)
    for (const [i, node] of nearest.entries())
      dht.stored.set(
        `${node.host}:${node.port}`,
        Array.from({ length: 800 }, (_, j) => compact(`80.${i}.${j >> 8}.${j & 255}`, 6_881)),
      )
    const recall = () => nearest.map(({ host, port, id }) => ({ host, port, id: toHex(id) }))
    const run = start(question(world, { memory: { recall, remember: () => {} } }))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(run.source.record.peerCount).toBe(limits.dht.maxPeers)
    expect(run.source.capsHit).toMatchObject([{ cap: "dht-peers", dropped: expect.any(Number) }])
    expect(run.source.capsHit[0]!.dropped).toBeGreaterThan(0)
  })

  it("so are namings of the same peers by however many nodes", () => {
    const world = virtualDht()
    const made = createDhtRecord({
      network: world.network,
      startedMs: 0,
      port: null,
      onOutcome: () => {},
    })
    const values = Array.from({ length: 1_000 }, (_, j) => compact(`80.0.${j >> 8}.${j & 255}`, 6_881))
    const reply = {
      id: new Uint8Array(20),
      body: new Map([["values", values]]),
      version: null,
      ms: 1,
      seenAs: null,
      packet: new Uint8Array(),
    }
    const named = Array.from({ length: 50 }, (_, i) => made.newPeers(`70.0.0.${i}:6881`, reply).length)
    expect(named.reduce((sum, count) => sum + count, 0)).toBe(limits.dht.maxNamings)
    expect(made.capsHit).toMatchObject([{ cap: "dht-peers", dropped: 50_000 - limits.dht.maxNamings }])
  })
})

describe("where it begins", () => {
  const remembering = (world: HonestWorld, count: number) => {
    const remembered: { host: string; port: number; id: string }[] = []
    const memory: NodeMemory = {
      recall: () => world.nodes.slice(0, count).map(({ host, port, id }) => ({ host, port, id: toHex(id) })),
      remember: (_, nodes) => void remembered.push(...nodes),
    }
    return { memory, remembered }
  }

  it("with enough remembered nodes the default ones are left in peace", async () => {
    const { world, dht } = small()
    const run = start(question(world, remembering(dht, 10)))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(run.peers()).toHaveLength(2)
    expect(run.source.record.bootstrap).toEqual([{ name: "cache", origin: "cache", ok: true, failure: null }])
  })

  it("remembered nodes that are all gone don't end it", async () => {
    const { world } = small()
    const gone = Array.from({ length: 20 }, (_, i) => ({
      host: `90.0.${i}.1`,
      port: 1,
      id: toHex(idOf(`gone ${i}`)),
    }))
    const run = start(question(world, { memory: { recall: () => gone, remember: () => {} } }))
    await world.until(run.source.settled)
    await world.until(world.network.sleep(5_000, new AbortController().signal))
    await world.until(run.end())
    expect(run.peers()).toHaveLength(2)
    expect(run.source.record.bootstrap).toMatchObject([
      { name: "cache", ok: false, failure: { code: "timeout" } },
      { name: "begin.example:6881", ok: true },
    ])
  })

  it("good nodes are remembered, but not the nearest: they would tell which torrent it was", async () => {
    const { world, dht } = small()
    const { memory, remembered } = remembering(dht, 0)
    const run = start(question(world, { memory }))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(remembered.length).toBeGreaterThan(0)
    const nearest = nearestTo(dht.infoHash, dht.nodes).slice(0, 8)
    expect(remembered.filter(({ host }) => nearest.some((node) => node.host === host))).toEqual([])
  })

  it("nor are those on the way to it", async () => {
    const world = virtualDht()
    const infoHash = idOf("the swarm")
    // Of a DHT with a million nodes, those that are asked: each names others up to four bits nearer to what it is asked for.
    const shares = (a: Uint8Array, b: Uint8Array) =>
      Math.clz32(Number.parseInt(distanceBetween(a, b).slice(0, 8), 16))
    let count = 0
    const grow = (target: Uint8Array, bits: number): VirtualNode => {
      const id = Uint8Array.from(idOf(`node ${count}`))
      for (let bit = 0; bit < bits; bit++) {
        const mask = 0x80 >> (bit & 7)
        id[bit >> 3] = (id[bit >> 3]! & ~mask) | (target[bit >> 3]! & mask)
      }
      return world.add({
        host: hostAt(count++),
        port: 6_881,
        id,
        latencyMs: 50,
        answer({ method, args }) {
          const wanted = bytesOf(args.get("info_hash")) ?? bytesOf(args.get("target")) ?? infoHash
          const common = shares(id, wanted)
          const named = Array.from({ length: common < 16 ? 8 : 0 }, (_, i) =>
            grow(wanted, common + 1 + (i & 3)),
          )
          return { r: { nodes: compactNodes(named), ...(method === "get_peers" ? { token: "t" } : {}) } }
        },
      })
    }
    world.names.set("begin.example", [grow(infoHash, 0).host])
    const remembered: string[] = []
    const memory: NodeMemory = {
      recall: () => [],
      remember: (_, nodes) => void remembered.push(...nodes.map(({ id }) => id)),
    }
    const run = start(question(world, { memory }))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(remembered.length).toBeGreaterThanOrEqual(limits.dht.closest)
    expect(remembered.filter((id) => shares(Buffer.from(id, "hex"), infoHash) >= 8)).toEqual([])
  })

  it.each<[string, string, string[] | null, string]>([
    ["a name that does not resolve", "nobody.example:6881", null, "dns"],
    ["a name without a port", "nobody.example", null, "dns"],
    ["a name that leads inside", "inside.example:6881", ["192.168.1.1", "127.0.0.1"], "filtered"],
    ["a name of the other family", "six.example:6881", ["2a00:1450::1"], "unreachable"],
    ["a name nobody answers at", "silent.example:6881", ["91.1.1.1"], "timeout"],
  ])("%s fails, and the others go on", async (_, name, hosts, code) => {
    const { world } = small()
    if (hosts) world.names.set(name.split(":")[0]!, hosts)
    const bootstrap = [{ name, origin: "torrent" as const }, ...question(world).bootstrap]
    const run = start(question(world, { bootstrap }))
    await world.until(run.source.settled)
    await world.until(world.network.sleep(5_000, new AbortController().signal))
    await world.until(run.end())
    expect(run.peers()).toHaveLength(2)
    expect(run.source.record.bootstrap).toMatchObject([
      { name, origin: "torrent", ok: false, failure: { code } },
      { origin: "default", ok: true },
    ])
    expect(world.asked.some(({ to }) => to.startsWith("192.") || to.startsWith("127."))).toBe(false)
  })

  it("a torrent may name many nodes, but not without bound", async () => {
    const { world } = small()
    const many = Array.from({ length: 70 }, (_, i) => ({ name: `92.0.${i}.1:1`, origin: "torrent" as const }))
    const run = start(question(world, { bootstrap: [...many, ...question(world).bootstrap] }))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(run.peers()).toHaveLength(2)
    expect(run.source.record.bootstrap.filter(({ origin }) => origin === "torrent")).toHaveLength(50)
    expect(run.source.capsHit).toMatchObject([{ cap: "dht-nodes", dropped: 20 }])
  })

  it("without a socket it settles, and says why", async () => {
    const { world } = small()
    const network = { ...world.network, datagrams: () => Promise.resolve(fail("no-socket")) }
    const run = start(question(world, { network, families: ["ipv4", "ipv6"] }))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(run.source.record).toMatchObject({
      queries: 0,
      ids: [],
      lookups: [],
      bootstrap: [{ ok: false, failure: { code: "no-socket" } }],
    })
  })

  it("nobody answers at all: it settles, and says so", async () => {
    const world = virtualDht()
    const run = start(question(world))
    await world.until(run.source.settled)
    await world.until(run.end())
    expect(run.source.record).toMatchObject({
      replies: 0,
      scrape: null,
      bootstrap: [{ ok: false, failure: { code: "dns" } }],
      lookups: [{ end: "no-nodes" }],
    })
  })
})
