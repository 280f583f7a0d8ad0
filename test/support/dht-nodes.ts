/** DHT nodes on loopback: bittorrent-dht's, which form a DHT, and one that answers as a test likes. */
import { createSocket } from "node:dgram"
import { once } from "node:events"
import DHT from "bittorrent-dht"
import { bytesOf, dictionaryOf } from "../../src/torrent/bencode-values.ts"
import { decode, encode, guardLibraries, type Encodable } from "../../src/torrent/bencode.ts"
import { verifies } from "../../src/torrent/ed25519.ts"

const host = "127.0.0.1"

export interface DhtNodes {
  /** host:port of one of them. */
  readonly entrance: string
  readonly nodes: readonly DHT[]
  stop(): Promise<void>
}

/** Each knows all the others, which so few can, and nobody else: it would keep whoever asked it something, long gone or not (BEP 43). */
export async function startDhtNodes(count: number): Promise<DhtNodes> {
  guardLibraries()
  const verify = (signature: Uint8Array, message: Uint8Array, key: Uint8Array) =>
    verifies(key, message, signature)
  const nodes: DHT[] = []
  const ports = new Set<number>()
  for (let i = 0; i < count; i++) {
    const known = nodes.map((node) => ({ host, port: node.address().port }))
    const node = new DHT({ bootstrap: known.length > 0 ? known : false, verify })
    node.on("node", ({ id, port }: { id: Uint8Array; port: number }) => {
      if (!ports.has(port)) node.removeNode(id)
    })
    node.listen(0, host)
    await once(node, "listening")
    ports.add(node.address().port)
    if (known.length > 0 && !node.ready) await once(node, "ready")
    nodes.push(node)
  }
  return {
    entrance: `${host}:${nodes[0]?.address().port}`,
    nodes,
    stop: async () =>
      void (await Promise.all(nodes.map((node) => new Promise((done) => node.destroy(() => done(null)))))),
  }
}

export interface ScriptedNode {
  readonly address: string
  /** Queries received, by method. */
  readonly asked: Map<string, number>
  stop(): void
}

type Answer = { r: Record<string, Encodable> } | { raw: Uint8Array } | { e: readonly [number, string] } | null

/** The datagram's own `t` and, in `r`, the id are added; `raw` is the whole of `r`, bencoded. */
export async function startScriptedNode(
  answer: (method: string, args: ReadonlyMap<string, unknown>) => Answer,
): Promise<ScriptedNode> {
  const socket = createSocket("udp4")
  const asked = new Map<string, number>()
  const id = new Uint8Array(20).fill(0x5a)
  const v = Uint8Array.of(0x4c, 0x54, 2, 8)
  socket.on("message", (data, from) => {
    const decoded = decode(data)
    const query = decoded.ok ? dictionaryOf(decoded.value) : null
    const t = bytesOf(query?.get("t"))
    if (!query || !t) return
    const method = Buffer.from(bytesOf(query.get("q")) ?? []).toString()
    asked.set(method, (asked.get(method) ?? 0) + 1)
    const said = answer(method, dictionaryOf(query.get("a")) ?? new Map())
    if (said === null) return
    const send = (reply: Uint8Array) => socket.send(reply, from.port, from.address)
    if ("raw" in said)
      send(
        Buffer.concat([
          Buffer.from("d1:r"),
          said.raw,
          Buffer.from(`1:t${t.length}:`),
          t,
          Buffer.from("1:y1:re"),
        ]),
      )
    else if ("e" in said) send(encode({ t, y: "e", e: said.e }))
    else send(encode({ t, y: "r", v, r: { id, ...said.r } }))
  })
  socket.bind(0, host)
  await once(socket, "listening")
  return { address: `${host}:${socket.address().port}`, asked, stop: () => void socket.close() }
}
