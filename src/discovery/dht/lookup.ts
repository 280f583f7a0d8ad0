/**
 * An iterative lookup (BEP 5, Kademlia): ask the nearest nodes known for nearer ones, several at once, until the nearest have all
 * answered. A silent node holds up nobody for longer than the run's round trips warrant.
 */
import type { DhtLookup, Endpoint } from "../../evidence.ts"
import type { Failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { BencodeDictionary, Encodable } from "../../torrent/bencode.ts"
import { admits, anyPort, type AddressRules } from "../../torrent/endpoint.ts"
import type { DhtClient, KrpcReply } from "./client.ts"
import { distanceBetween, toHex } from "./node-id.ts"
import { nodesOf, tokenOf, type NamedNode } from "./reply-fields.ts"
import { createShortlist, newNamer, placeOf, type Candidate } from "./shortlist.ts"

export interface FoundNode {
  address: Endpoint
  host: string
  port: number
  /** As it says: 20 bytes. */
  id: Uint8Array
  /** What it wants back with `announce_peer` and `put`. */
  token: Uint8Array | null
  reply: KrpcReply
}

export interface StartNode {
  host: string
  port: number
  id?: Uint8Array
}

export interface LookupOptions {
  /** 20 bytes. */
  target: Uint8Array
  method: "get_peers" | "find_node" | "get" | "sample_infohashes"
  /** Beside the target and our id: `scrape`, `seq`… */
  args?: Readonly<Record<string, Encodable>>
  start: readonly StartNode[]
  /** More of them, as they become known: with too few nodes the lookup does not give up before. */
  startLater?: readonly Promise<readonly StartNode[]>[]
  rules: AddressRules
  signal: AbortSignal
  /** Each answer as it comes; late ones even after the lookup has ended, until the client's time-out. */
  onReply?(node: FoundNode): void
  onFailure?(node: { address: Endpoint; host: string; port: number }, failure: Failure): void
  maxMs?: number
  maxQueries?: number
}

export interface LookupResult {
  /** Who answered, nearest first: at least 8 if there are, at most 16, one an address. */
  closest: FoundNode[]
  queries: number
  replies: number
  end: DhtLookup["end"]
  ms: number
}

/** A name that takes longer to resolve holds up nobody who found enough nodes without it. */
const startGraceMs = 2_000

/** Never rejects. */
export async function lookup(client: DhtClient, options: LookupOptions): Promise<LookupResult> {
  const { target, method, start, startLater = [], rules, signal } = options
  const { network } = client
  const { closest, maxClosest, parallel, graceFactor } = limits.dht
  const { maxMs = limits.dht.lookupMs, maxQueries = limits.dht.maxQueriesPerLookup } = options
  const args = { ...options.args, [method === "get_peers" ? "info_hash" : "target"]: target }
  const startedMs = network.now()
  const shortlist = createShortlist(target, rules.refusePublic)
  const found = new Map<Candidate, FoundNode>()
  const ownHosts = new Set(network.localHosts())
  const asking = new Set<Candidate>()
  /** When each was asked that gave values in place of nodes. */
  const askingAgain = new Map<Candidate, number>()
  const counts = { queries: 0, replies: 0, starting: startLater.length }
  let wake = () => {}
  let end: DhtLookup["end"] | null = null

  const mayAsk = ({ host, port }: { host: string; port: number }, by: AddressRules = rules) =>
    admits(by, host, port) &&
    host.includes(":") === (client.family === "ipv6") &&
    !(port === client.port && ownHosts.has(host))

  // The user may have named any port.
  const startRules = anyPort(rules)
  const begin = (nodes: readonly StartNode[]) => {
    for (const node of nodes) if (mayAsk(node, startRules)) shortlist.add(node, null)
  }

  async function ask(candidate: Candidate): Promise<void> {
    shortlist.onAsked(candidate, network.now())
    asking.add(candidate)
    counts.queries++
    const outcome = await client.query(candidate, method, args, signal)
    asking.delete(candidate)
    if (outcome.ok) onAnswer(candidate, outcome.value)
    else {
      shortlist.onFailed(candidate)
      options.onFailure?.(addressed(candidate), outcome.failure)
    }
    wake()
  }

  function onAnswer(candidate: Candidate, reply: KrpcReply): void {
    counts.replies++
    const { id, body } = reply
    const node = { ...addressed(candidate), id, token: tokenOf(body), reply }
    if (shortlist.onAnswered(candidate, id)) found.set(candidate, node)
    if (method === "get_peers" && !body.has(client.family === "ipv4" ? "nodes" : "nodes6"))
      void askForNodes(candidate)
    else addNamed(body)
    options.onReply?.(node)
  }

  function addNamed(body: BencodeDictionary): void {
    const namer = newNamer()
    for (const named of nearest(
      nodesOf(body, client.family).filter((node) => mayAsk(node)),
      target,
    ))
      if (toHex(named.id) !== toHex(client.id)) shortlist.add(named, namer)
  }

  /** BEP 5 let a node that has peers name no nodes; BEP 32 changed that, and not all have followed. */
  async function askForNodes(candidate: Candidate): Promise<void> {
    if (end || counts.queries >= maxQueries) return
    askingAgain.set(candidate, network.now())
    counts.queries++
    const outcome = await client.query(candidate, "find_node", { target }, signal)
    askingAgain.delete(candidate)
    if (outcome.ok) {
      counts.replies++
      addNamed(outcome.value.body)
    }
    wake()
  }

  /** Moves those on that have been silent for too long; tells when the next one will have been. */
  function noteSilence(): number {
    const now = network.now()
    const slowMs = client.slowMs
    let dueMs = Infinity
    for (const candidate of asking) {
      const silentMs = now - candidate.askedMs
      if (candidate.state === "asked" && silentMs >= slowMs) shortlist.onSlow(candidate)
      if (candidate.state === "slow" && silentMs >= graceFactor * slowMs) candidate.state = "late"
      if (candidate.state === "asked") dueMs = Math.min(dueMs, slowMs - silentMs)
      if (candidate.state === "slow") dueMs = Math.min(dueMs, graceFactor * slowMs - silentMs)
    }
    for (const [candidate, askedMs] of askingAgain) {
      const leftMs = graceFactor * slowMs - (now - askedMs)
      if (leftMs <= 0) askingAgain.delete(candidate)
      else dueMs = Math.min(dueMs, leftMs)
    }
    return dueMs
  }

  /** Null: go on after `dueMs`, or when something happens. */
  function step(): DhtLookup["end"] | null {
    for (;;) {
      if (signal.aborted) return "aborted"
      const elapsedMs = network.now() - startedMs
      if (elapsedMs >= maxMs) return "timeout"
      const { next, done } = shortlist.survey()
      const started = counts.starting === 0 || (found.size >= closest && elapsedMs >= startGraceMs)
      if (done && started && askingAgain.size === 0) return found.size > 0 ? "converged" : "no-nodes"
      const inTheAir = [...asking].filter(({ state }) => state === "asked").length
      if (!next || inTheAir >= parallel) return null
      if (counts.queries >= maxQueries) return "query-budget"
      void ask(next)
    }
  }

  begin(start)
  for (const later of startLater)
    void later.then((nodes) => {
      counts.starting--
      begin(nodes)
      wake()
    })
  const onAbort = () => wake()
  signal.addEventListener("abort", onAbort, { once: true })
  for (;;) {
    const dueMs = noteSilence()
    end = step()
    if (end) break
    const waiting = new AbortController()
    wake = () => waiting.abort()
    // Just asked: silent for as long as nobody else is.
    const leftMs = startedMs + maxMs - network.now()
    await network.sleep(Math.max(1, Math.min(dueMs, client.slowMs, leftMs)), waiting.signal)
  }
  signal.removeEventListener("abort", onAbort)
  wake = () => {}
  return {
    closest: shortlist.all.flatMap((candidate) => found.get(candidate) ?? []).slice(0, maxClosest),
    queries: counts.queries,
    replies: counts.replies,
    end,
    ms: network.now() - startedMs,
  }
}

const addressed = ({ endpoint, host, port }: Candidate) => ({ address: endpoint, host, port })

/** Of those that one node names, each address once. */
function nearest(nodes: readonly NamedNode[], target: Uint8Array): NamedNode[] {
  const sorted = nodes
    .map((node) => ({ node, distance: distanceBetween(node.id, target) }))
    .sort((a, b) => (a.distance < b.distance ? -1 : 1))
  const places = new Map<string, NamedNode>()
  for (const { node } of sorted) {
    if (places.size >= limits.dht.maxNodesPerReply) break
    const place = placeOf(node.host, node.port)
    if (!places.has(place)) places.set(place, node)
  }
  return [...places.values()]
}
