/**
 * The talk with the nodes of one family: a lookup towards the info hash, an announce, lookups to random keys, and the nearest again from
 * time to time.
 */
import type { Dht, Endpoint } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import type { AddressRules } from "../../torrent/endpoint.ts"
import type { Bootstrap, NodeMemory } from "./bootstrap.ts"
import type { DhtClient } from "./client.ts"
import { idBytes } from "./krpc.ts"
import { lookup, type FoundNode, type LookupOptions, type LookupResult } from "./lookup.ts"
import { toHex } from "./node-id.ts"
import { announcePeer } from "./put.ts"
import type { DhtRecord } from "./record.ts"
import { scrapeOf } from "./scrape.ts"

export interface Talk {
  client: DhtClient
  /** 20 bytes. */
  infoHash: Uint8Array
  /** Where we listen; null: nowhere. */
  port: number | null
  rules: AddressRules
  bootstrap: Bootstrap
  memory: NodeMemory
  dht: DhtRecord
  againMs: number
  signal: AbortSignal
  /** Where several audits share a client: waits for the turn of a lookup, which ends with the answer. */
  turn?: ((signal: AbortSignal) => Promise<() => void>) | undefined
  /** Peers that this node had not named before. */
  onPeers(node: Endpoint, peers: Endpoint[]): void
}

/** The schema's bound is 1,000 for both families. */
const maxLookups = 450

/** Resolves when `signal` aborts, or at a bound; `onFirst` is told of the first lookups and announces. */
export async function talkTo(talk: Talk, onFirst: () => void): Promise<void> {
  const { client, infoHash, port, rules, bootstrap, dht, signal } = talk
  const { network, family } = client
  const { record } = dht
  const good = new Map<Endpoint, GoodNode>()
  const onTheWay = new Set<Endpoint>()
  const scrapes = new Map<Endpoint, Promise<unknown>>()
  let lookups = 0

  const keep = ({ address, host, port, id }: FoundNode) =>
    good.set(address, { host, port, id: Uint8Array.from(id) })

  async function recorded(
    purpose: Dht["lookups"][number]["purpose"],
    options: Omit<LookupOptions, "rules" | "signal">,
  ): Promise<LookupResult> {
    const leave = await talk.turn?.(signal)
    const atMs = dht.sinceStart()
    lookups++
    const { closest, ...outcome } = await lookup(client, { ...options, rules, signal })
    leave?.()
    if (outcome.end === "query-budget") dht.hit("dht-queries", 0)
    record.lookups.push({
      purpose,
      family,
      target: toHex(options.target),
      atMs,
      ...outcome,
      closest: closest.map(({ address, id }) => ({ address, id: toHex(id) })),
    })
    return { closest, ...outcome }
  }

  /** What each node names is told as it comes. */
  const askForPeers = (begin: Pick<LookupOptions, "start" | "startLater">) =>
    recorded("peers", {
      ...begin,
      target: infoHash,
      method: "get_peers",
      onReply(node) {
        keep(node)
        onTheWay.add(node.address)
        const peers = dht.newPeers(node.address, node.reply)
        if (peers.length === 0) return
        talk.onPeers(node.address, peers)
        if (scrapes.has(node.address)) return
        if (scrapes.size < limits.dht.maxScraped) scrapes.set(node.address, scrape(node))
        else dht.hit("dht-queries", 1)
      },
    })

  /**
   * BEP 33: of a node that has peers, once, before we announce ourselves to it. A question of its own, as libtorrent answers it with
   * filters in place of peers.
   */
  const scrape = (node: FoundNode) =>
    client.query(node, "get_peers", { info_hash: infoHash, scrape: 1 }, signal)

  /** Those who don't answer this one soon, though they did just before, are not waited for. */
  async function scraped(): Promise<void> {
    const enough = new AbortController()
    const waiting = network.sleep(limits.dht.graceFactor * client.slowMs, enough.signal)
    await Promise.race([waiting, Promise.all(scrapes.values())])
    enough.abort()
    record.scrape = scrapeOf(record.nodes)
  }

  /** To a random key. */
  const askNeighbourhood = (start: readonly GoodNode[]) =>
    recorded("neighbourhood", {
      target: network.randomBytes(idBytes),
      method: "find_node",
      start,
      onReply: keep,
    })

  const announce = (closest: readonly FoundNode[]) =>
    port === null ? null : announcePeer(client, closest, { infoHash, port }, signal)

  /** Those on the way to the info hash are left out: they would tell a reader of the cache which torrent this was. */
  function remember(): void {
    const kept = [...good]
      .flatMap(([address, node]) => (onTheWay.has(address) ? [] : [node]))
      .slice(-limits.dht.maxRemembered)
    if (kept.length > 0)
      talk.memory.remember(
        family,
        kept.map(({ host, port, id }) => ({ host, port, id: toHex(id) })),
      )
  }

  const begin = bootstrap.begin(family, signal)
  let { closest, end } = await askForPeers(begin)
  // Remembered nodes may all be gone.
  if (end === "no-nodes" && begin.withheld)
    ({ closest } = await askForPeers(bootstrap.begin(family, signal, true)))
  const start = [...good.values()]
  const keys = start.length > 0 ? limits.dht.neighbourhoods : 0
  await Promise.all([
    announce(closest),
    scraped(),
    ...Array.from({ length: keys }, () => askNeighbourhood(start)),
  ])
  onFirst()
  let announcedMs = network.now()
  for (;;) {
    await network.sleep(talk.againMs, signal)
    if (signal.aborted) break
    if (client.queries >= limits.dht.maxQueries || lookups >= maxLookups) {
      dht.hit("dht-queries", 0)
      break
    }
    const again = good.size > 0 ? { start: closest } : bootstrap.begin(family, signal, true)
    const { closest: found } = await askForPeers(again)
    if (found.length > 0) closest = found
    await scraped()
    if (network.now() - announcedMs < limits.dht.announceAgainMs) continue
    announcedMs = network.now()
    await announce(closest)
  }
  remember()
}

interface GoodNode {
  host: string
  port: number
  id: Uint8Array
}
