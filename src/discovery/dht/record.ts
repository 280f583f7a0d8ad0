/** What nodes were asked and what they said, as evidence: no opinion, and nothing of an address that was never asked. */
import type { Dht, DhtNode, Endpoint } from "../../evidence.ts"
import type { Failure, Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import { formatEndpoint } from "../../torrent/endpoint.ts"
import type { CapHit } from "../tracker/run.ts"
import type { KrpcReply, Watch } from "./client.ts"
import { idFits, toHex } from "./node-id.ts"
import { filtersOf, tokenOf, valuesOf } from "./reply-fields.ts"

export interface DhtRecord {
  /** Live. */
  readonly record: Dht
  readonly capsHit: readonly CapHit[]
  readonly watch: Watch
  /** Peers of this answer that this node had not named before. */
  newPeers(node: Endpoint, reply: KrpcReply): Endpoint[]
  hit(cap: CapHit["cap"], dropped: number): void
  sinceStart(): number
}

export interface DhtRecordOptions {
  network: Network
  startedMs: number
  /** What we announce. */
  port: number | null
  onOutcome: (node: Endpoint, failure: Failure | null) => void
}

export function createDhtRecord({ network, startedMs, port, onOutcome }: DhtRecordOptions): DhtRecord {
  const record: Dht = {
    ids: [],
    bootstrap: [],
    queries: 0,
    replies: 0,
    lookups: [],
    nodes: [],
    peerCount: 0,
    scrape: null,
  }
  const capsHit: CapHit[] = []
  const nodes = new Map<Endpoint, DhtNode>()
  const named = new Map<Endpoint, Set<Endpoint>>()
  const peers = new Set<Endpoint>()
  let namings = 0
  const own = ownEndpoints(network, port)
  const sinceStart = () => Math.max(0, network.now() - startedMs)

  /** One entry a cap: the last time, and all that was dropped. */
  function hit(cap: CapHit["cap"], dropped: number): void {
    const old = capsHit.find((one) => one.cap === cap)
    if (!old) capsHit.push({ cap, atMs: sinceStart(), dropped })
    else Object.assign(old, { atMs: sinceStart(), dropped: old.dropped + dropped })
  }

  function nodeAt(address: Endpoint): DhtNode | null {
    const old = nodes.get(address)
    if (old) return old
    if (nodes.size >= limits.dht.maxNodes) {
      hit("dht-nodes", 1)
      return null
    }
    const node: DhtNode = {
      address,
      id: null,
      idFits: null,
      version: null,
      atMs: sinceStart(),
      ms: null,
      queries: 0,
      replies: 0,
      failure: null,
      token: false,
      announced: null,
      peerCount: null,
      seederFilter: null,
      leecherFilter: null,
    }
    nodes.set(address, node)
    record.nodes.push(node)
    return node
  }

  function onReply(node: DhtNode, host: string, method: string, reply: KrpcReply): void {
    node.replies++
    node.id = toHex(reply.id)
    node.idFits = idFits(reply.id, host)
    node.version = reply.version ? toHex(reply.version) : node.version
    node.ms ??= reply.ms
    node.failure = null
    if (reply.seenAs) own.seenAt(reply.seenAs.host)
    if (method !== "get_peers") return
    const { seeders, leechers } = filtersOf(reply.body)
    node.token ||= tokenOf(reply.body) !== null
    if (seeders) node.seederFilter = Buffer.from(seeders).toString("base64")
    if (leechers) node.leecherFilter = Buffer.from(leechers).toString("base64")
    node.peerCount ??= 0
  }

  const watch: Watch = ({ host, port }, method, asked) => {
    const address = formatEndpoint(host, port)
    const node = nodeAt(address)
    record.queries++
    if (node) node.queries++
    void asked.then((outcome: Outcome<KrpcReply>) => {
      if (outcome.ok) record.replies++
      onOutcome(address, outcome.ok ? null : outcome.failure)
      if (!node) return
      if (outcome.ok) onReply(node, host, method, outcome.value)
      else node.failure = outcome.failure
      if (method === "announce_peer") node.announced = outcome.ok || (node.announced ?? false)
    })
  }

  return {
    record,
    capsHit,
    watch,
    newPeers(address, reply) {
      const of = valuesOf(reply.body, address.startsWith("[") ? "ipv6" : "ipv4")
      const before = named.get(address) ?? new Set()
      named.set(address, before)
      let { dropped } = of
      const fresh: Endpoint[] = []
      for (const peer of of.peers) {
        if (before.has(peer)) continue
        const isNew = !peers.has(peer)
        if (namings >= limits.dht.maxNamings || (isNew && peers.size >= limits.dht.maxPeers)) {
          dropped++
          continue
        }
        namings++
        peers.add(peer)
        before.add(peer)
        fresh.push(peer)
      }
      if (dropped > 0) hit("dht-peers", dropped)
      const node = nodes.get(address)
      if (node) node.peerCount = before.size
      record.peerCount = peers.size - own.countIn(peers)
      return fresh
    },
    hit,
    sinceStart,
  }
}

const maxSightings = 1_000

/** Where we are: our own interfaces, and the address at which most nodes see us (BEP 42), as no single one may say so. */
function ownEndpoints(network: Network, port: number | null) {
  const votes = new Map<string, number>()
  return {
    seenAt(host: string) {
      if (votes.has(host) || votes.size < maxSightings) votes.set(host, (votes.get(host) ?? 0) + 1)
    },
    countIn(peers: ReadonlySet<Endpoint>): number {
      if (port === null) return 0
      const [host, most = 0] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? []
      const hosts = new Set([...network.localHosts(), ...(host !== undefined && most > 1 ? [host] : [])])
      return [...hosts].filter((host) => peers.has(formatEndpoint(host, port))).length
    },
  }
}
