/**
 * A DHT of bittorrent-dht nodes on loopback, in a process of its own: `dht-nodes.ts <nodes> <peers> <dead share>`. Writes one line of
 * JSON when every node has joined, some have announced, and the dead are gone; ends with its standard input.
 */
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import DHT from "bittorrent-dht"
import { guardLibraries } from "../src/torrent/bencode.ts"

export interface DhtWorld {
  /** Of three nodes that live. */
  ports: number[]
  /** As hex; of each the same ports were announced. */
  infoHashes: string[]
  peers: number[]
}

const [count = 200, announcers = 20, deadRatio = 0] = process.argv.slice(2).map(Number)
const host = "127.0.0.1"
guardLibraries()

async function join(bootstrap: number[]): Promise<DHT> {
  const nodes = bootstrap.map((port) => ({ host, port }))
  const node = new DHT({ bootstrap: nodes.length > 0 ? nodes : false, concurrency: 64 })
  node.on("error", () => {})
  node.listen(0, host)
  await once(node, "listening")
  return node
}

const isReady = async (node: DHT) => {
  if (!node.ready) await once(node, "ready")
}

const first = await Promise.all([join([]), join([]), join([])])
const ports = first.map((node) => node.address().port)
const nodes = [...first]
while (nodes.length < count) {
  const more = await Promise.all(
    Array.from({ length: Math.min(20, count - nodes.length) }, () => join(ports)),
  )
  await Promise.all(more.map(isReady))
  nodes.push(...more)
}
const infoHashes = Array.from({ length: 5 }, () => randomBytes(20))
const peers = Array.from({ length: announcers }, (_, i) => 20_000 + i)
for (const [i, port] of peers.entries())
  for (const infoHash of infoHashes)
    await new Promise<void>((done) => nodes[(i * 7) % nodes.length]?.announce(infoHash, port, () => done()))
const living = nodes.filter((node, i) => {
  const dies = i >= first.length && (i * 7_919) % 1_000 < deadRatio * 1_000
  if (dies) node.destroy()
  return !dies
})
process.stdout.write(
  `${JSON.stringify({ ports, infoHashes: infoHashes.map((one) => one.toString("hex")), peers } satisfies DhtWorld)}\n`,
)
process.stdin.on("data", () => {})
process.stdin.on("end", () => {
  for (const node of living) node.destroy()
})
