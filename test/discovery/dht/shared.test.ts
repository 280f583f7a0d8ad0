import { expect, test } from "vitest"
import {
  dhtSource,
  noNodes,
  openSharedDht,
  type DhtQuestion,
  type DhtSource,
} from "../../../src/discovery/dht.ts"
import type { Observation } from "../../../src/discovery/source.ts"
import { dht as dhtSchema } from "../../../src/evidence.ts"
import { guardLibraries } from "../../../src/torrent/bencode.ts"
import { bytesOf, integerOf } from "../../../src/torrent/bencode-values.ts"
import { limits } from "../../../src/limits.ts"
import {
  answerOf,
  compact,
  honestDht,
  idOf,
  nearestTo,
  publicOnly,
  virtualDht,
  type VirtualDht,
} from "./virtual-dht.ts"

guardLibraries()

const hashOf = (name: string) => idOf(`the swarm of ${name}`)
const hex = (name: string) => Buffer.from(hashOf(name)).toString("hex")

/** Of 60 nodes, the first of which a name stands for; those nearest to each info hash have one peer of it. */
function stage(names: readonly string[]) {
  const world = virtualDht()
  const dht = honestDht(world, 60)
  world.names.set("begin.example", [dht.nodes[0]!.host])
  // Its nodes know one swarm: what they tell depends here on whose they are asked for.
  const peers = new Map<string, Uint8Array[]>()
  for (const [i, name] of names.entries()) {
    const nearest = nearestTo(hashOf(name), dht.nodes)[0]!
    const at = `${nearest.host}:${nearest.port}`
    peers.set(`${at} ${hex(name)}`, [compact(`80.0.0.${i + 1}`, 1)])
    const answer = nearest.answer.bind(nearest)
    nearest.answer = (asked) => {
      const named = Buffer.from(bytesOf(asked.args.get("info_hash")) ?? []).toString("hex")
      dht.stored.set(at, peers.get(`${at} ${named}`) ?? [])
      return answer(asked)
    }
  }
  const shared = openSharedDht(world.network)
  return { world, shared, begin: (name: string) => start(world, { infoHash: hashOf(name), shared }) }
}

function start(world: VirtualDht, overrides: Partial<DhtQuestion>) {
  const source: DhtSource = dhtSource({
    infoHash: idOf("none"),
    port: 40_000,
    families: ["ipv4"],
    bootstrap: [{ name: "begin.example:6881", origin: "default" }],
    rules: publicOnly,
    network: world.network,
    startedMs: world.nowMs(),
    memory: noNodes,
    ...overrides,
  })
  const heard: Observation[] = []
  const stop = new AbortController()
  const reading = (async () => {
    for await (const observation of source.discover(stop.signal)) heard.push(observation)
  })()
  return {
    source,
    heard,
    async end() {
      stop.abort()
      await reading
      await source.farewell(new AbortController().signal)
      dhtSchema.parse(source.record)
    },
  }
}

const hashesIn = (world: VirtualDht, method: string): Set<string> =>
  new Set(
    world.asked
      .filter((asked) => asked.method === method)
      .map(({ args }) => Buffer.from(bytesOf(args.get("info_hash")) ?? []).toString("hex")),
  )
test("one socket and id; what each asked and heard is its own; all announce the one port", async () => {
  const { world, shared, begin } = stage(["a", "b"])
  const runs = [begin("a"), begin("b")]
  await world.until(Promise.all(runs.map(({ source }) => source.settled)))
  await world.until(Promise.all(runs.map((run) => run.end())))
  shared.close()
  expect(new Set(world.asked.map(({ from }) => from.port)).size).toBe(1)
  expect(runs.map(({ heard }) => heard.flatMap(({ peers }) => peers))).toEqual([
    ["80.0.0.1:1"],
    ["80.0.0.2:1"],
  ])
  const [a, b] = runs.map(({ source }) => source.record)
  expect(a?.ids).toEqual(b?.ids)
  expect((a?.queries ?? 0) + (b?.queries ?? 0)).toBe(world.asked.length)
  for (const record of [a, b]) {
    expect(record?.lookups.map(({ purpose, end }) => `${purpose} ${end}`)).toEqual([
      "peers converged",
      "neighbourhood converged",
      "neighbourhood converged",
    ])
    expect(record?.nodes.reduce((sum, { queries }) => sum + queries, 0)).toBe(record?.queries)
    expect(record?.nodes.filter(({ announced }) => announced).length).toBeGreaterThanOrEqual(8)
  }
  expect(hashesIn(world, "announce_peer")).toEqual(new Set([hex("a"), hex("b")]))
  const announces = world.asked.filter(({ method }) => method === "announce_peer")
  expect(new Set(announces.map(({ args }) => integerOf(args.get("port"))))).toEqual(new Set([40_000]))
  expect(new Set(world.asked.map(({ transaction }) => Buffer.from(transaction).toString("hex"))).size).toBe(
    world.asked.length,
  )
})

test("the second lookup starts where the first one was, and asks no bootstrap node by name", async () => {
  const { world, begin } = stage(["a", "b"])
  const first = begin("a")
  const second = begin("b")
  await world.until(Promise.all([first.source.settled, second.source.settled]))
  await world.until(Promise.all([first.end(), second.end()]))
  expect(first.source.record.bootstrap.map(({ origin }) => origin)).toEqual(["default"])
  expect(second.source.record.bootstrap.map(({ origin, ok }) => `${origin} ${ok}`)).toEqual(["cache true"])
})

test("one that ends, or turns out private, asks nothing more and ends no other's", async () => {
  const { world, begin } = stage(["a", "b"])
  const leaver = begin("a")
  const stayer = begin("b")
  leaver.source.stop()
  const before = world.asked.length
  await world.until(stayer.source.settled)
  await world.until(Promise.all([leaver.end(), stayer.end()]))
  expect(world.asked.length).toBeGreaterThan(before)
  expect(hashesIn(world, "get_peers")).toEqual(new Set([hex("b")]))
  expect(stayer.heard.flatMap(({ peers }) => peers)).toEqual(["80.0.0.2:1"])
})

test("no more lookups at once than one run has", async () => {
  const names = ["a", "b", "c", "d", "e", "f"]
  const { world, begin } = stage(names)
  const runs = names.map((name) => begin(name))
  await world.until(Promise.all(runs.map(({ source }) => source.settled)))
  await world.until(Promise.all(runs.map((run) => run.end())))
  const lookups = runs.flatMap(({ source }) => source.record.lookups)
  expect(lookups.length).toBe(3 * names.length)
  const spans = lookups.map(({ atMs, ms }) => [atMs, atMs + ms] as const)
  const most = Math.max(...spans.map(([at]) => spans.filter(([from, to]) => from <= at && at < to).length))
  expect(most).toBeLessThanOrEqual(3)
})

test("datagrams that an earlier run left unread are not a later one's", async () => {
  const { world, shared, begin } = stage(["a", "b"])
  let floods = true
  const flood = { data: answerOf(Buffer.from("none"), { id: idOf("nobody") }) }
  for (const node of world.nodes.values()) {
    const answer = node.answer.bind(node)
    node.answer = (asked) =>
      floods
        ? { datagrams: Array.from({ length: 2 * limits.dht.maxDatagramsPerAnswer }, () => flood) }
        : answer(asked)
  }
  const capsOf = async (name: string) => {
    const run = begin(name)
    await world.until(run.source.settled)
    await world.until(run.end())
    return run.source.capsHit.map(({ cap }) => cap)
  }
  expect(await capsOf("a")).toContain("dht-replies")
  floods = false
  expect(await capsOf("b")).not.toContain("dht-replies")
  shared.close()
})
