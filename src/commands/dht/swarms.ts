/** `torrent-audit dht get-peers | scrape | announce`: what nodes say of a torrent's peers, and telling them of one. */
import { announcePeer } from "../../discovery/dht/put.ts"
import { filtersOf, valuesOf } from "../../discovery/dht/reply-fields.ts"
import { scrapeOf } from "../../discovery/dht/scrape.ts"
import type { DhtNode, Endpoint } from "../../evidence.ts"
import type { DhtAnswer, DhtSwarm } from "../../evidence/dht-command.ts"
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Context } from "../context.ts"
import { swarmKeysOf, type SwarmKeys } from "./hashes.ts"
import { dhtOptions, portOf } from "./options.ts"
import { runDht, type DhtSession } from "./session.ts"

/** Searches at the same time. */
const parallel = 4
const maxTargets = 200

export async function getPeers(words: readonly string[], context: Context): Promise<DhtAnswer> {
  const { infoHashes, nodes } = await oneTarget("get-peers", words, context)
  return runDht(
    { command: "get-peers", options: dhtOptions(context.flags), nodes, target: onlyOne(infoHashes) },
    context,
    async (session) => {
      const swarms = await askAll(infoHashes, session, false)
      return { swarms, answer: swarms.some(({ peers }) => peers.length > 0) ? "found" : "not-found" }
    },
  )
}

export async function scrape(words: readonly string[], context: Context): Promise<DhtAnswer> {
  if (words.length === 0 || words.length > maxTargets)
    throw new InputError(
      "usage",
      `dht scrape takes 1 to ${maxTargets} torrents`,
      "torrent-audit dht scrape INFOHASH…, magnet links or .torrent files",
    )
  const keys: SwarmKeys[] = []
  for (const word of words) keys.push(await swarmKeysOf(word, context.stdin))
  const infoHashes = [...new Set(keys.flatMap((each) => each.infoHashes))]
  const nodes = [...new Set(keys.flatMap((each) => each.nodes))].slice(0, limits.metainfo.maxNodes)
  return runDht(
    { command: "scrape", options: dhtOptions(context.flags), nodes, target: onlyOne(infoHashes) },
    context,
    async (session) => {
      const swarms = await askAll(infoHashes, session, true)
      return { swarms, answer: swarms.some(({ filterNodes }) => filterNodes > 0) ? "found" : "not-found" }
    },
  )
}

export async function announce(words: readonly string[], context: Context): Promise<DhtAnswer> {
  const port = portOf(context.flags)
  if (port === null)
    throw new InputError(
      "usage",
      "dht announce needs --port",
      "The port where your client takes peers: --port 6881.",
    )
  const { infoHashes, nodes } = await oneTarget("announce", words, context)
  const options = dhtOptions(context.flags)
  if (!options.yes)
    throw new InputError(
      "needs-yes",
      `this would tell up to ${limits.dht.closest} DHT nodes a family that port ${port} of this machine has ${infoHashes.join(" and ")}; anybody can ask them`,
      "Add --yes to send it.",
    )
  return runDht(
    { command: "announce", options, nodes, target: onlyOne(infoHashes) },
    context,
    async (session) => {
      const asked = await Promise.all(infoHashes.map((hash) => announceOne(hash, port, session)))
      const stored = asked.flat()
      const answer = stored.some((ok) => ok) ? "stored" : stored.length > 0 ? "refused" : "not-found"
      return { answer, announcedPort: port }
    },
  )
}

async function oneTarget(name: string, words: readonly string[], context: Context): Promise<SwarmKeys> {
  const [word, ...more] = words
  if (word === undefined || more.length > 0)
    throw new InputError(
      "usage",
      `dht ${name} takes one torrent`,
      "An info hash, a magnet link or a .torrent file.",
    )
  return swarmKeysOf(word, context.stdin)
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"))

const onlyOne = (infoHashes: readonly string[]): Uint8Array | null =>
  infoHashes.length === 1 && infoHashes[0] !== undefined ? bytesOf(infoHashes[0]) : null

/** Those that the run's time did not suffice for are left out. */
async function askAll(
  infoHashes: readonly string[],
  session: DhtSession,
  count: boolean,
): Promise<DhtSwarm[]> {
  const waiting = infoHashes.entries()
  const found: [number, DhtSwarm][] = []
  const worker = async () => {
    for (const [place, infoHash] of waiting) {
      if (session.signal.aborted) return
      found.push([place, await askOne(infoHash, session, count)])
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return found.sort(([a], [b]) => a - b).map(([, swarm]) => swarm)
}

async function askOne(infoHash: string, session: DhtSession, count: boolean): Promise<DhtSwarm> {
  /** Each with the nodes that named it. */
  const peers = new Map<Endpoint, Set<Endpoint>>()
  const filters = new Map<Endpoint, Filters>()
  let peersDropped = 0
  const target = bytesOf(infoHash)
  await Promise.all(
    session.clients.map((client) =>
      session.lookUp(client, {
        target,
        method: "get_peers",
        ...(count ? { args: { scrape: 1 } } : {}),
        onReply({ address, reply }) {
          const values = valuesOf(reply.body, client.family)
          peersDropped += values.dropped
          for (const peer of values.peers) {
            const namers = peers.get(peer) ?? new Set()
            if (peers.size < limits.dht.maxPeers || peers.has(peer)) peers.set(peer, namers.add(address))
            else peersDropped++
          }
          const { seeders, leechers } = filtersOf(reply.body)
          const has = seeders !== null || leechers !== null
          if (has)
            filters.set(address, { address, seederFilter: base64(seeders), leecherFilter: base64(leechers) })
          session.log.note(address, { peerCount: values.peers.length || null, scrape: count ? has : null })
        },
      }),
    ),
  )
  const estimates = scrapeOf([...filters.values()])
  return {
    infoHash,
    peers: [...peers]
      .map(([address, namers]) => ({ address, nodes: namers.size }))
      .sort((a, b) => b.nodes - a.nodes),
    peersDropped,
    seeders: estimates?.seeders ?? null,
    leechers: estimates?.leechers ?? null,
    filterNodes: filters.size,
  }
}

type Filters = Pick<DhtNode, "address" | "seederFilter" | "leecherFilter">

const base64 = (filter: Uint8Array | null): string | null => filter && Buffer.from(filter).toString("base64")

/** Of each node that was asked to store it, whether it did. */
async function announceOne(infoHash: string, port: number, session: DhtSession): Promise<boolean[]> {
  const target = bytesOf(infoHash)
  const asked = await Promise.all(
    session.clients.map(async (client) => {
      const { closest } = await session.lookUp(client, { target, method: "get_peers" })
      return announcePeer(client, closest, { infoHash: target, port }, session.signal)
    }),
  )
  return asked.flat().map((stored) => session.noteStored(stored))
}
