import { describe, expect, it } from "vitest"
import { openDhtClient } from "../../../src/discovery/dht/client.ts"
import { lookup, type LookupOptions, type LookupResult } from "../../../src/discovery/dht/lookup.ts"
import { crc32c } from "../../../src/discovery/dht/node-id.ts"
import { valuesOf } from "../../../src/discovery/dht/reply-fields.ts"
import { limits } from "../../../src/limits.ts"
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
} from "./virtual-dht.ts"

const never = new AbortController().signal

interface Looked extends LookupResult {
  peers: Set<string>
  failures: string[]
}

async function look(
  world: VirtualDht,
  options: Partial<LookupOptions> & Pick<LookupOptions, "start">,
): Promise<Looked> {
  const opened = await openDhtClient({ family: "ipv4", network: world.network })
  if (!opened.ok) throw new Error(opened.failure.code)
  const peers = new Set<string>()
  const failures: string[] = []
  const result = await world.until(
    lookup(opened.value, {
      target: idOf("the swarm"),
      method: "get_peers",
      rules: publicOnly,
      signal: never,
      onReply: ({ reply }) => {
        for (const peer of valuesOf(reply.body, "ipv4").peers) peers.add(peer)
      },
      onFailure: (_, { code }) => failures.push(code),
      ...options,
    }),
  )
  return { ...result, peers, failures }
}

/** Each of the k nearest holds three peers of its own. */
function store(
  { nodes, infoHash, stored }: HonestWorld,
  only: (node: VirtualNode) => boolean = () => true,
): string[] {
  return nearestTo(infoHash, nodes)
    .slice(0, 8)
    .filter(only)
    .flatMap((node, i) => {
      const peers = [1, 2, 3].map((port) => ({ host: `80.0.${i}.1`, port }))
      stored.set(
        `${node.host}:${node.port}`,
        peers.map(({ host, port }) => compact(host, port)),
      )
      return peers.map(({ host, port }) => `${host}:${port}`)
    })
}

const startOf = ({ nodes }: HonestWorld) => nodes.slice(0, 3).map(({ host, port }) => ({ host, port }))

/** BEP 42's id for an address, with the rest of it from `like`. */
function fittingId(host: string, like: Uint8Array): Uint8Array {
  const masks = [0x03, 0x0f, 0x3f, 0xff]
  const masked = Uint8Array.from(host.split("."), (part, i) => Number(part) & masks[i]!)
  const id = Uint8Array.from(like)
  masked[0]! |= (id[19]! & 7) << 5
  const crc = crc32c(masked)
  id.set([crc >>> 24, (crc >>> 16) & 255, ((crc >>> 8) & 0xf8) | (id[2]! & 7)])
  return id
}

const fitting = (i: number) => fittingId(hostAt(i), idOf(`node ${i}`))

describe("an honest DHT", () => {
  it.each([1, 5, 20, 100, 400])(
    "of %d nodes: every peer that any of the k nearest holds is found",
    async (count) => {
      const world = virtualDht()
      const dht = honestDht(world, count, { id: fitting })
      const stored = store(dht)
      const found = await look(world, { start: startOf(dht) })
      expect(found.end).toBe("converged")
      expect([...found.peers].sort()).toEqual(stored.sort())
      const nearest = nearestTo(dht.infoHash, dht.nodes).slice(0, Math.min(8, count))
      expect(found.closest.slice(0, 8).map(({ host }) => host)).toEqual(nearest.map(({ host }) => host))
      expect(found.closest.every(({ token }) => token !== null)).toBe(true)
    },
  )

  it("with a third of its nodes gone: every peer of the k nearest that live", async () => {
    const world = virtualDht()
    const dht = honestDht(world, 300, { id: fitting, latencyMs: (i) => 20 + (i % 60) })
    const gone = dht.nodes.filter((_, i) => i > 2 && i % 3 === 0)
    const stored = store({ ...dht, nodes: dht.nodes.filter((node) => !gone.includes(node)) })
    for (const { host, port } of gone) world.nodes.delete(`${host}:${port}`)
    const found = await look(world, { start: startOf(dht) })
    expect(found.end).toBe("converged")
    expect([...found.peers].sort()).toEqual(stored.sort())
    expect(found.replies).toBeLessThan(found.queries)
    // Dead nodes cost no time-outs: those come after three seconds.
    expect(found.ms).toBeLessThan(limits.dht.timeoutMs / 2)
  })

  it("nodes that answer with values and no nodes are no dead end", async () => {
    const world = virtualDht()
    const dht = honestDht(world, 200, { id: fitting })
    const stored = store(dht)
    for (const node of startOf(dht)) {
      const honest = world.nodes.get(`${node.host}:${node.port}`)!
      const answer = honest.answer.bind(honest)
      honest.answer = (asked) =>
        asked.method === "get_peers"
          ? { r: { token: "old", values: [compact("81.1.1.1", 1)] } }
          : answer(asked)
    }
    const found = await look(world, { start: startOf(dht) })
    expect([...found.peers].sort()).toEqual([...stored, "81.1.1.1:1"].sort())
  })

  it("a late answer counts while the lookup goes on without it, and after", async () => {
    const world = virtualDht()
    const dht = honestDht(world, 100, { id: fitting })
    const stored = store(dht)
    const [late] = nearestTo(dht.infoHash, dht.nodes)
    late!.latencyMs = 2_500
    const heard: string[] = []
    const opened = await openDhtClient({ family: "ipv4", network: world.network })
    if (!opened.ok) throw new Error(opened.failure.code)
    const options: LookupOptions = {
      target: dht.infoHash,
      method: "get_peers",
      start: startOf(dht),
      rules: publicOnly,
      signal: never,
      onReply: ({ reply }) => heard.push(...valuesOf(reply.body, "ipv4").peers),
    }
    const found = await world.until(lookup(opened.value, options))
    expect(found.ms).toBeLessThan(2_500)
    expect(heard).not.toContain("80.0.0.1:1")
    await world.until(world.network.sleep(3_000, never))
    expect(heard.sort()).toEqual(stored.sort())
  })

  it("a name that resolves late still begins it; nobody at all ends it", async () => {
    const world = virtualDht()
    const dht = honestDht(world, 50)
    const later = world.network.sleep(2_000, never).then(() => startOf(dht))
    const found = await look(world, { start: [], startLater: [later, Promise.resolve([])] })
    expect(found.end).toBe("converged")
    expect((await look(world, { start: [] })).end).toBe("no-nodes")
    expect((await look(world, { start: [{ host: "99.9.9.9", port: 1 }] })).end).toBe("no-nodes")
  })

  it("a name that hangs holds up nobody who found enough without it", async () => {
    const world = virtualDht()
    const dht = honestDht(world, 50)
    const hanging = world.network.sleep(10_000, never).then(() => [])
    const found = await look(world, { start: startOf(dht), startLater: [hanging] })
    expect(found.end).toBe("converged")
    expect(found.closest.length).toBeGreaterThanOrEqual(8)
    expect(found.ms).toBeLessThan(5_000)
  })

  it("asks nobody for more once it has ended", async () => {
    const world = virtualDht()
    const late: VirtualNode = {
      host: "70.0.0.9",
      port: 6_881,
      id: idOf("the swarm"),
      latencyMs: 2_500,
      answer: () => ({ r: { values: [compact("80.0.0.1", 1)] } }),
    }
    const first: VirtualNode = {
      ...late,
      host: "70.0.0.8",
      id: idOf("node"),
      latencyMs: 50,
      answer: () => ({ r: { nodes: compactNodes([late]) } }),
    }
    world.add(late)
    world.add(first)
    const found = await look(world, { start: [first] })
    expect([found.end, found.peers.size]).toEqual(["converged", 0])
    await world.until(world.network.sleep(4_000, never))
    expect(found.peers.size).toBe(1)
    expect(world.asked.map(({ method }) => method)).toEqual(["get_peers", "get_peers"])
  })

  it("aborts at once", async () => {
    const world = virtualDht()
    const dht = honestDht(world, 50)
    const stop = new AbortController()
    void world.network.sleep(75, never).then(() => stop.abort())
    const found = await look(world, { start: startOf(dht), signal: stop.signal })
    expect(found.end).toBe("aborted")
    expect(found.ms).toBe(75)
  })
})

describe("BEP 42", () => {
  it("nodes whose ids don't fit their addresses don't end the lookup before the nearest that fit have answered", async () => {
    const world = virtualDht()
    const nearby = (i: number) =>
      Uint8Array.from(idOf("the swarm"), (byte, at) => (at < 4 ? byte : (i * 31 + at) & 255))
    const dht = honestDht(world, 200, { id: (i) => (i >= 194 ? nearby(i) : fitting(i)) })
    const found = await look(world, { start: startOf(dht) })
    const nearest = [
      ...nearestTo(dht.infoHash, dht.nodes.slice(194)),
      ...nearestTo(dht.infoHash, dht.nodes.slice(0, 194)).slice(0, 8),
    ]
    expect(found.closest.slice(0, nearest.length).map(({ host }) => host)).toEqual(
      nearest.map(({ host }) => host),
    )
  })
})

/** Answers everything with nodes that its author made up. */
const liar = (
  world: VirtualDht,
  host: string,
  names: (asked: number) => Pick<VirtualNode, "id" | "host" | "port">[],
) => {
  let asked = 0
  return world.add({
    host,
    port: 6_881,
    id: Uint8Array.from(idOf("the swarm"), (byte, at) => (at === 3 ? byte ^ 1 : byte)),
    latencyMs: 5,
    answer: () => ({ r: { nodes: compactNodes(names(asked++)), token: "liar" } }),
  })
}

/** At that distance: nearer than anybody honest. */
const near = (distance: number): Uint8Array =>
  Uint8Array.from(
    idOf("the swarm"),
    (byte, at) => byte ^ (at < 16 ? 0 : (distance >>> (8 * (19 - at))) & 255),
  )

describe("hostile nodes", () => {
  const honest = (world: VirtualDht) => {
    const dht = honestDht(world, 200, { id: fitting })
    return { dht, stored: store(dht) }
  }

  it("thousands of nearer nodes that don't exist neither stall it nor hide anybody", async () => {
    const world = virtualDht()
    const { dht, stored } = honest(world)
    liar(world, "70.0.0.1", () =>
      Array.from({ length: 300 }, (_, i) => ({ id: near(i), host: `71.${i >> 8}.${i & 255}.1`, port: 1 })),
    )
    const found = await look(world, { start: [...startOf(dht), { host: "70.0.0.1", port: 6_881 }] })
    expect(found.end).toBe("converged")
    expect([...found.peers].sort()).toEqual(stored.sort())
    expect(found.ms).toBeLessThan(limits.dht.timeoutMs)
    expect(world.asked.filter(({ to }) => to.startsWith("71.")).length).toBeLessThanOrEqual(12)
  })

  it("an endless chain of nearer nodes that answer is bounded", async () => {
    const world = virtualDht()
    const { dht } = honest(world)
    let made = 0
    const chain = (): Pick<VirtualNode, "id" | "host" | "port">[] =>
      Array.from({ length: 300 }, () => {
        const i = made++
        return world.add({
          host: `72.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
          port: 6_881,
          id: near(1e9 - i),
          latencyMs: 5,
          answer: () => ({ r: { nodes: compactNodes(chain()) } }),
        })
      })
    liar(world, "70.0.0.1", chain)
    const found = await look(world, { start: [...startOf(dht), { host: "70.0.0.1", port: 6_881 }] })
    expect(found.end).toBe("query-budget")
    expect(found.queries).toBe(limits.dht.maxQueriesPerLookup)
    expect(found.closest.length).toBeLessThanOrEqual(limits.dht.maxClosest)
  })

  it("a flood of nodes at one address counts as one node", async () => {
    const world = virtualDht()
    const { dht, stored } = honest(world)
    const flood: VirtualNode[] = Array.from({ length: 300 }, (_, i) =>
      world.add({
        host: "73.1.1.1",
        port: 1_000 + i,
        id: near(i),
        latencyMs: 5,
        answer: () => ({ r: { nodes: compactNodes(flood), token: "x" } }),
      }),
    )
    const found = await look(world, { start: [...startOf(dht), { host: "73.1.1.1", port: 1_000 }] })
    expect(found.end).toBe("converged")
    expect([...found.peers].sort()).toEqual(stored.sort())
    expect(found.closest.filter(({ host }) => host === "73.1.1.1")).toHaveLength(1)
    expect(world.asked.filter(({ to }) => to.startsWith("73.1.1.1:"))).toHaveLength(1)
  })

  it("an honest node is asked though a liar names it with another port", async () => {
    const world = virtualDht()
    const { dht, stored } = honest(world)
    const victims = nearestTo(dht.infoHash, dht.nodes).slice(0, 8)
    liar(world, "70.0.0.1", () => victims.map(({ host }, i) => ({ id: near(i), host, port: 9 })))
    const found = await look(world, { start: [...startOf(dht), { host: "70.0.0.1", port: 6_881 }] })
    expect([...found.peers].sort()).toEqual(stored.sort())
  })

  it("a forged id moves nobody: what the node says of itself counts", async () => {
    const world = virtualDht()
    const { dht, stored } = honest(world)
    const far = nearestTo(dht.infoHash, dht.nodes).slice(-40)
    liar(world, "70.0.0.1", () => far.map(({ host, port }, i) => ({ id: near(i), host, port })))
    const found = await look(world, { start: [...startOf(dht), { host: "70.0.0.1", port: 6_881 }] })
    expect([...found.peers].sort()).toEqual(stored.sort())
    expect(found.closest.some(({ host }) => far.some((node) => node.host === host))).toBe(false)
  })

  it.each([
    ["private", "192.168.1.1", 6_881],
    ["loopback", "127.0.0.1", 6_881],
    ["link-local", "169.254.169.254", 80],
    ["multicast", "224.0.0.1", 6_881],
    ["broadcast", "255.255.255.255", 6_881],
    ["unspecified", "0.0.0.0", 6_881],
    ["port 0", "74.1.1.1", 0],
  ])("nobody is sent to %s addresses on a stranger's word", async (_, host, port) => {
    const world = virtualDht()
    liar(world, "70.0.0.1", () => [{ id: near(1), host, port }])
    const found = await look(world, { start: [{ host: "70.0.0.1", port: 6_881 }] })
    expect(found.end).toBe("converged")
    expect(world.asked.map(({ to }) => to)).toEqual(["70.0.0.1:6881"])
  })

  it("our own address and id are nobody to ask", async () => {
    const world = virtualDht()
    const opened = await openDhtClient({ family: "ipv4", network: world.network })
    if (!opened.ok) throw new Error(opened.failure.code)
    const { id, port } = opened.value
    liar(world, "70.0.0.1", () => [
      { id: near(1), host: "192.168.1.2", port },
      { id, host: "75.1.1.1", port: 6_881 },
    ])
    const start = [{ host: "70.0.0.1", port: 6_881 }]
    const rules = { ...publicOnly, allowLocal: true }
    const options: LookupOptions = {
      target: idOf("the swarm"),
      method: "find_node",
      start,
      rules,
      signal: never,
    }
    await world.until(lookup(opened.value, options))
    expect(world.asked.map(({ to }) => to)).toEqual(["70.0.0.1:6881"])
  })
})
