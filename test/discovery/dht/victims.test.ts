/** Nodes that name others who never asked for it. */
import { describe, expect, it } from "vitest"
import { openDhtClient } from "../../../src/discovery/dht/client.ts"
import { lookup } from "../../../src/discovery/dht/lookup.ts"
import { limits } from "../../../src/limits.ts"
import type { AddressRules } from "../../../src/torrent/endpoint.ts"
import { compactNodes, idOf, nearestTo, publicOnly, virtualDht, type VirtualNode } from "./virtual-dht.ts"

const target = idOf("the swarm")
const { nodesPerNetwork } = limits.victim

/** Ids ever nearer to the target. */
const near = (i: number): Uint8Array => {
  const id = Uint8Array.from(target)
  id.set([id[17]! ^ (i >> 8), id[18]! ^ (i & 255), id[19]! ^ 1], 17)
  return id
}

type Named = Pick<VirtualNode, "id" | "host" | "port">

/** As many liars as there are lists; each names the nodes of its list, over and over. Who of them is asked? */
async function lookUp(lists: readonly (readonly Named[])[], answers: boolean, start: Named[] = []) {
  const world = virtualDht()
  const liars = lists.map((list, i) =>
    world.add({
      host: `70.${i}.0.1`,
      port: 6_881,
      id: idOf(`liar ${i}`),
      latencyMs: 5,
      answer: () => ({ r: { nodes: compactNodes(list) } }),
    }),
  )
  if (answers)
    for (const named of [...lists.flat(), ...start])
      world.add({ ...named, latencyMs: 5, answer: () => ({ r: { nodes: compactNodes(lists.flat()) } }) })
  const opened = await openDhtClient({ family: "ipv4", network: world.network })
  if (!opened.ok) throw new Error(opened.failure.code)
  const { signal } = new AbortController()
  await world.until(
    lookup(opened.value, {
      target,
      method: "get_peers",
      start: [...liars, ...start],
      rules: { ...publicOnly, ports: "peer" },
      signal,
    }),
  )
  return world.asked.filter(({ to }) => !to.startsWith("70.")).map(({ to }) => to)
}

const named = (count: number, host: (i: number) => string, port: (i: number) => number): Named[] =>
  Array.from({ length: count }, (_, i) => ({ id: near(i), host: host(i), port: port(i) }))

const groups = (nodes: readonly Named[], size: number): Named[][] =>
  Array.from({ length: Math.ceil(nodes.length / size) }, (_, i) => nodes.slice(i * size, (i + 1) * size))

describe("a victim in the DHT", () => {
  it.each([
    ["silent", false],
    ["answering", true],
  ])("a thousand names of one /24, from many nodes, %s", async (_, answers) => {
    const victim = named(
      1_000,
      (i) => `90.1.1.${i & 255}`,
      (i) => 7_000 + (i >> 8),
    )
    const asked = await lookUp(groups(victim, 20), answers)
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked).size).toBeLessThanOrEqual(nodesPerNetwork)
  })

  it("a thousand ports of one address", async () => {
    const victim = named(
      1_000,
      () => "90.1.1.1",
      (i) => 7_000 + i,
    )
    const asked = await lookUp(groups(victim, 20), false)
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked).size).toBeLessThanOrEqual(limits.dht.triesPerPlace)
  })

  it("is asked on no port of another service, unless the user named it", async () => {
    const services = [25, 53, 123, 1_900, 5_353, 11_211].map((port, i) => ({
      id: near(i),
      host: `90.1.${i}.1`,
      port,
    }))
    expect(await lookUp([services], true)).toEqual([])
    const own = { id: near(0), host: "91.1.1.1", port: 53 }
    expect(new Set(await lookUp([services], true, [own]))).toEqual(new Set(["91.1.1.1:53"]))
  })

  it("is nobody in a laboratory, whose nodes are all in one network", async () => {
    const world = virtualDht()
    const hosts = Array.from({ length: 40 }, (_, i) => `10.0.0.${i + 1}`)
    const nodes = nearestTo(
      target,
      hosts.map((host) => ({ host, port: 6_881, id: idOf(host) })),
    )
    // Each knows a few that are a little nearer.
    for (const [i, node] of nodes.entries()) {
      const nearer = compactNodes(nodes.slice(Math.max(0, i - 6), i))
      world.add({ ...node, latencyMs: 5, answer: () => ({ r: { nodes: nearer } }) })
    }
    const opened = await openDhtClient({ family: "ipv4", network: world.network })
    if (!opened.ok) throw new Error(opened.failure.code)
    const rules: AddressRules = {
      allowLocal: true,
      allowLoopback: false,
      refusePublic: true,
      ports: "peer",
    }
    const start = nodes.slice(-1)
    const { signal } = new AbortController()
    const found = await world.until(
      lookup(opened.value, { target, method: "get_peers", start, rules, signal }),
    )
    const answered = found.closest.map(({ host }) => host)
    expect(answered).toEqual(expect.arrayContaining(nodes.slice(0, 8).map(({ host }) => host)))
  })
})
