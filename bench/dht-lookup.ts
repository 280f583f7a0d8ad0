/**
 * A `get_peers` lookup among 200 bittorrent-dht nodes on loopback, all alive and with 30% of them gone: ours, beside bittorrent-dht's own.
 * Each from a fresh client that knows three nodes. Medians; the nodes share one process, so their CPU is most of the time.
 */
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { join } from "node:path"
import DHT from "bittorrent-dht"
import { openDhtClient } from "../src/discovery/dht/client.ts"
import { lookup } from "../src/discovery/dht/lookup.ts"
import { valuesOf } from "../src/discovery/dht/reply-fields.ts"
import { realNetwork } from "../src/network.ts"
import { guardLibraries } from "../src/torrent/bencode.ts"
import type { DhtWorld } from "./dht-nodes.ts"
import { record } from "./record.ts"

const runs = 20
const host = "127.0.0.1"
const rules = { allowLocal: false, allowLoopback: true, refusePublic: true }
guardLibraries()

interface Looked {
  ms: number
  queries: number
  bytes: number
  peers: number
}

/** The same id each time: the nodes' tables keep one dead entry of each kind, not one a run. */
const [ourId, theirId] = [randomBytes(20), randomBytes(20)]

async function ours(world: DhtWorld, infoHash: Uint8Array): Promise<Looked> {
  const opened = await openDhtClient({ family: "ipv4", network: realNetwork(), id: ourId })
  if (!opened.ok) throw new Error(opened.failure.code)
  const client = opened.value
  const peers = new Set<string>()
  const { ms } = await lookup(client, {
    target: infoHash,
    method: "get_peers",
    start: world.ports.map((port) => ({ host, port })),
    rules,
    signal: new AbortController().signal,
    onReply: ({ reply }) => {
      for (const peer of valuesOf(reply.body, "ipv4").peers) peers.add(peer)
    },
  })
  client.close()
  return { ms, queries: client.queries, bytes: client.sentBytes + client.receivedBytes, peers: peers.size }
}

/** It joins first, which is not counted. */
async function theirs(world: DhtWorld, infoHash: Uint8Array): Promise<Looked> {
  const counts = { queries: 0, bytes: 0 }
  const socket = createSocket("udp4")
  const dht = new DHT({ bootstrap: world.ports.map((port) => ({ host, port })), nodeId: theirId, socket })
  dht.listen(0, host)
  if (!dht.ready) await once(dht, "ready")
  const send = socket.send.bind(socket) as (data: Uint8Array, ...rest: unknown[]) => void
  Object.assign(socket, {
    send(data: Uint8Array, ...rest: unknown[]) {
      if (Buffer.from(data).includes("1:y1:q")) counts.queries++
      counts.bytes += data.length
      send(data, ...rest)
    },
  })
  socket.on("message", (data) => {
    counts.bytes += data.length
  })
  const peers = new Set<number>()
  dht.on("peer", ({ port }: { port: number }) => peers.add(port))
  const before = performance.now()
  await new Promise<void>((done) => dht.lookup(infoHash, () => done()))
  const ms = performance.now() - before
  await new Promise<void>((done) => dht.destroy(done))
  return { ms, ...counts, peers: peers.size }
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

for (const [name, deadRatio] of [
  ["dht-lookup", 0],
  ["dht-lookup-30%-gone", 0.3],
] as const) {
  const nodes = spawn(
    process.execPath,
    [join(import.meta.dirname, "dht-nodes.ts"), "200", "20", `${deadRatio}`],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  )
  const [line] = (await once(nodes.stdout, "data")) as [Buffer]
  const world = JSON.parse(line.toString()) as DhtWorld
  const found: Record<"ours" | "theirs", Looked[]> = { ours: [], theirs: [] }
  for (let run = 0; run < runs; run++) {
    const infoHash = Buffer.from(world.infoHashes[run % world.infoHashes.length] ?? "", "hex")
    found.ours.push(await ours(world, infoHash))
    found.theirs.push(await theirs(world, infoHash))
  }
  nodes.stdin.end()
  await once(nodes, "exit")
  const of = (which: "ours" | "theirs", key: keyof Looked) => median(found[which].map((one) => one[key]))
  record(name, {
    runs,
    peersAnnounced: world.peers.length,
    medianMs: of("ours", "ms"),
    slowestMs: Math.max(...found.ours.map(({ ms }) => ms)),
    queries: of("ours", "queries"),
    bytes: of("ours", "bytes"),
    peersFound: of("ours", "peers"),
    bittorrentDhtMedianMs: of("theirs", "ms"),
    bittorrentDhtQueries: of("theirs", "queries"),
    bittorrentDhtBytes: of("theirs", "bytes"),
    bittorrentDhtPeersFound: of("theirs", "peers"),
  })
}
