/** A DHT with its own time and public addresses: thousands of nodes, no socket, and every run the same. */
import { createHash } from "node:crypto"
import { distanceBetween } from "../../../src/discovery/dht/node-id.ts"
import type { Family } from "../../../src/evidence.ts"
import { fail, succeed } from "../../../src/failure.ts"
import type { Network } from "../../../src/network.ts"
import { parseAddress } from "../../../src/torrent/address.ts"
import { bytesOf, dictionaryOf } from "../../../src/torrent/bencode-values.ts"
import { decode, encode, type BencodeDictionary, type Encodable } from "../../../src/torrent/bencode.ts"
import { formatEndpoint, type AddressRules } from "../../../src/torrent/endpoint.ts"

export const publicOnly: AddressRules = { allowLocal: false, allowLoopback: false, refusePublic: false }

export interface Asked {
  method: string
  args: BencodeDictionary
  transaction: Uint8Array
  message: BencodeDictionary
  from: { host: string; port: number }
}

/** What is sent back: `r`, or whole datagrams, each from where it likes; null: silence. */
type Said =
  | { r: Record<string, Encodable> }
  | { datagrams: { data: Uint8Array; from?: { host: string; port: number }; afterMs?: number }[] }
  | null

export interface VirtualNode {
  host: string
  port: number
  id: Uint8Array
  latencyMs: number
  answer(asked: Asked): Said
}

export const idOf = (text: string): Uint8Array => Uint8Array.from(createHash("sha1").update(text).digest())

export const compact = (host: string, port: number): Uint8Array =>
  Buffer.concat([parseAddress(host)!, Uint8Array.of(port >> 8, port & 255)])

export const compactNodes = (nodes: readonly Pick<VirtualNode, "id" | "host" | "port">[]): Uint8Array =>
  Buffer.concat(nodes.flatMap(({ id, host, port }) => [id, compact(host, port)]))

export const answerOf = (transaction: Uint8Array, r: Record<string, Encodable>): Uint8Array =>
  encode({ t: transaction, y: "r", r })

export const nearestTo = <T extends { id: Uint8Array }>(target: Uint8Array, nodes: readonly T[]): T[] =>
  nodes.toSorted((a, b) => (distanceBetween(a.id, target) < distanceBetween(b.id, target) ? -1 : 1))

/** Public, one a number. */
export const hostAt = (i: number): string => `${20 + Math.floor(i / 65_536)}.${(i >> 8) & 255}.${i & 255}.7`

export function virtualDht() {
  const timers: { atMs: number; fire: () => void }[] = []
  const nodes = new Map<string, VirtualNode>()
  const names = new Map<string, string[]>()
  const asked: (Asked & { to: string; atMs: number })[] = []
  let nowMs = 0
  let drawn = 0
  let port = 50_000

  const at = (atMs: number, fire: () => void) => {
    const timer = { atMs, fire }
    timers.push(timer)
    return () => {
      const index = timers.indexOf(timer)
      if (index >= 0) timers.splice(index, 1)
    }
  }
  const unused = () => Promise.reject(new Error("not part of this test"))

  const network: Network = {
    connect: unused,
    listen: unused,
    http: unused,
    multicast: unused,
    webSocket: unused,
    resolve(name) {
      const hosts = parseAddress(name) ? [name] : names.get(name)
      if (!hosts) return Promise.resolve(fail("dns"))
      return Promise.resolve(
        succeed(hosts.map((host) => ({ host, family: host.includes(":") ? "ipv6" : "ipv4" }))),
      )
    },
    localHosts: () => ["192.168.1.2", "2001:4860::2"],
    now: () => nowMs,
    date: () => new Date(nowMs),
    randomBytes: (count) => idOf(`chance ${drawn++}`).subarray(0, count),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const cancel = at(nowMs + ms, resolve)
        const onAbort = () => {
          cancel()
          resolve()
        }
        signal.addEventListener("abort", onAbort, { once: true })
      }),
    after: (ms, ring) => at(nowMs + ms, ring),
    datagrams(family: Family, onMessage) {
      const from = { host: family === "ipv4" ? "50.1.2.3" : "2001:4860::2", port: port++ }
      let open = true
      const deliver = (afterMs: number, data: Uint8Array, sender: { host: string; port: number }) =>
        at(nowMs + afterMs, () => {
          if (open) onMessage(data, sender)
        })
      return Promise.resolve(
        succeed({
          port: from.port,
          send(data, to) {
            const node = nodes.get(formatEndpoint(to.host, to.port))
            const query = readQuery(data, from)
            asked.push({ ...query, to: formatEndpoint(to.host, to.port), atMs: nowMs })
            const said = node?.answer(query) ?? null
            if (node && said) {
              const datagrams =
                "r" in said
                  ? [{ data: answerOf(query.transaction, { id: node.id, ...said.r }) }]
                  : said.datagrams
              for (const { data, from: sender, afterMs } of datagrams.map((one) => ({
                from: undefined,
                afterMs: undefined,
                ...one,
              })))
                deliver(afterMs ?? node.latencyMs, data, sender ?? node)
            }
            return Promise.resolve(succeed(undefined))
          },
          close() {
            open = false
          },
        }),
      )
    },
  }

  return {
    network,
    nodes,
    /** What DNS knows. */
    names,
    /** Every query that reached the wire. */
    asked,
    nowMs: () => nowMs,
    add(node: VirtualNode) {
      nodes.set(formatEndpoint(node.host, node.port), node)
      return node
    },
    /** Lets time jump from event to event until `work` is done. */
    async until<T>(work: Promise<T>): Promise<T> {
      const settled = Symbol("settled")
      const done = work.then(() => settled)
      for (;;) {
        const turn = new Promise((resolve) => setImmediate(resolve))
        if ((await Promise.race([done, turn])) === settled) return work
        timers.sort((a, b) => a.atMs - b.atMs)
        const timer = timers.shift()
        if (!timer) throw new Error("nothing left to happen")
        nowMs = timer.atMs
        timer.fire()
      }
    },
  }
}

export type VirtualDht = ReturnType<typeof virtualDht>

function readQuery(data: Uint8Array, from: Asked["from"]): Asked {
  const decoded = decode(data)
  const message = dictionaryOf(decoded.ok ? decoded.value : null)
  const transaction = bytesOf(message?.get("t"))
  if (!message || !transaction) throw new Error("not a query")
  return {
    method: Buffer.from(bytesOf(message.get("q")) ?? []).toString(),
    args: dictionaryOf(message.get("a")) ?? new Map(),
    transaction,
    message,
    from,
  }
}

const targetOf = ({ args }: Asked): Uint8Array =>
  bytesOf(args.get("info_hash")) ?? bytesOf(args.get("target")) ?? new Uint8Array(20)

export interface HonestWorld {
  nodes: readonly VirtualNode[]
  infoHash: Uint8Array
  /** Endpoint of a node → compact peers that it holds. */
  stored: Map<string, Uint8Array[]>
}

/**
 * A stable DHT: each node knows up to 8 nodes at each distance (prefix length), as Kademlia's buckets hold, and answers with the 8 of
 * them that are nearest to the target.
 */
export function honestDht(
  world: VirtualDht,
  count: number,
  shape: { latencyMs?: (i: number) => number; id?: (i: number) => Uint8Array } = {},
): HonestWorld {
  const { latencyMs = () => 50, id = (i) => idOf(`node ${i}`) } = shape
  const infoHash = idOf("the swarm")
  const stored = new Map<string, Uint8Array[]>()
  const nodes: VirtualNode[] = []
  const tables = new Map<VirtualNode, VirtualNode[]>()
  for (let i = 0; i < count; i++) {
    const node: VirtualNode = {
      host: hostAt(i),
      port: 6_881,
      id: id(i),
      latencyMs: latencyMs(i),
      answer(asked) {
        const near = nearestTo(targetOf(asked), tables.get(node) ?? []).slice(0, 8)
        const values = stored.get(formatEndpoint(node.host, node.port))
        if (asked.method === "announce_peer") return { r: {} }
        return {
          r: {
            nodes: compactNodes(near),
            ...(asked.method === "get_peers" ? { token: `t${i}`, ...(values ? { values } : {}) } : {}),
          },
        }
      },
    }
    nodes.push(world.add(node))
  }
  for (const node of nodes) tables.set(node, tableOf(node, nodes))
  return { nodes, infoHash, stored }
}

function tableOf(node: VirtualNode, nodes: readonly VirtualNode[]): VirtualNode[] {
  const buckets = new Map<number, VirtualNode[]>()
  for (const other of nodes) {
    if (other === node) continue
    const prefix = Math.clz32(Number.parseInt(distanceBetween(node.id, other.id).slice(0, 8), 16))
    const bucket = buckets.get(prefix) ?? []
    buckets.set(prefix, bucket)
    if (bucket.length < 8) bucket.push(other)
  }
  return [...buckets.values()].flat()
}
