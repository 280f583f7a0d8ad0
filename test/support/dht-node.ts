/** A DHT of one node on loopback: it knows these peers, and keeps whoever announces itself. */
import dgram from "node:dgram"
import { once } from "node:events"
import { onTestFinished } from "vitest"
import { decode, encode, type BencodeDictionary, type Encodable } from "../../src/torrent/bencode.ts"

export interface DhtNode {
  readonly address: string
  /** Methods that it was asked, in order. */
  readonly asked: readonly string[]
  /** Ports that were announced. */
  readonly announced: readonly number[]
}

export async function dhtNode(peers: readonly string[]): Promise<DhtNode> {
  const asked: string[] = []
  const announced: number[] = []
  const socket = dgram.createSocket("udp4")
  const id = Buffer.alloc(20, "n")
  const values = peers.map((peer) => {
    const [host = "", port = ""] = peer.split(":")
    return Uint8Array.from([...host.split(".").map(Number), Number(port) >> 8, Number(port) & 255])
  })
  const answers: Record<string, (query: BencodeDictionary) => Record<string, Encodable>> = {
    ping: () => ({ id }),
    find_node: () => ({ id, nodes: new Uint8Array() }),
    get_peers: () => ({ id, nodes: new Uint8Array(), token: Buffer.from("t"), values }),
    announce_peer(query) {
      announced.push(Number(query.get("port")))
      return { id }
    },
  }
  socket.on("message", (bytes, from) => {
    const { value } = decode(bytes) as { value: BencodeDictionary }
    const method = Buffer.from(value.get("q") as Uint8Array).toString()
    asked.push(method)
    const r = answers[method]?.(value.get("a") as BencodeDictionary)
    if (r) socket.send(encode({ t: value.get("t") as Uint8Array, y: "r", r }), from.port, from.address)
  })
  socket.bind(0, "127.0.0.1")
  await once(socket, "listening")
  onTestFinished(() => void socket.close())
  return { address: `127.0.0.1:${socket.address().port}`, asked, announced }
}
