/** DHT nodes on loopback: an honest one that knows the seed, and those of the case, which answer as they like. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram"
import { bytesOf, dictionaryOf } from "../../../src/torrent/bencode-values.ts"
import { decode, encode, type BencodeDictionary, type Encodable } from "../../../src/torrent/bencode.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase, Stage } from "../case.ts"
import { peerAt, stageSwarm, type SwarmStage } from "../swarm.ts"

export interface Query {
  readonly method: string
  readonly args: BencodeDictionary
  readonly transaction: Uint8Array
  readonly from: RemoteInfo
  /** As it is. */
  readonly send: (data: Uint8Array) => void
  /** A right reply with this in `r`, and the node's id unless one is given. */
  readonly reply: (r: Record<string, Encodable>) => void
}

export interface Node {
  readonly port: number
  readonly id: Uint8Array
  readonly socket: Socket
  readonly asked: Map<string, number>
}

/** <id><address><port>, of 127.0.0.1 unless another host is given. */
export const compactNode = (id: Uint8Array, port: number, host = "127.0.0.1"): Buffer =>
  Buffer.concat([id, compactPeer(port, host)])

export const compactPeer = (port: number, host = "127.0.0.1"): Buffer =>
  Buffer.from([...host.split(".").map(Number), port >> 8, port & 255])

export async function startNode(
  stage: Stage,
  answer: (query: Query, node: Node) => void,
  id: Uint8Array = Buffer.alloc(20, 0x5a),
): Promise<Node> {
  const socket = createSocket("udp4")
  socket.on("error", () => {})
  await new Promise<void>((resolve) => socket.bind({ address: "127.0.0.1", port: 0 }, resolve))
  stage.defer(() => void socket.close())
  const node: Node = { port: socket.address().port, id, socket, asked: new Map() }
  socket.on("message", (data, from) => {
    const decoded = decode(data, { allowTrailing: true })
    const query = decoded.ok ? dictionaryOf(decoded.value) : null
    const transaction = bytesOf(query?.get("t"))
    if (!query || !transaction) return
    const method = Buffer.from(bytesOf(query.get("q")) ?? []).toString("latin1")
    node.asked.set(method, (node.asked.get(method) ?? 0) + 1)
    const send = (reply: Uint8Array) => socket.send(reply, from.port, from.address, () => {})
    answer(
      {
        method,
        args: dictionaryOf(query.get("a")) ?? new Map(),
        transaction,
        from,
        send,
        reply: (r) => send(encode({ t: transaction, y: "r", r: { id, ...r } })),
      },
      node,
    )
  })
  return node
}

export const queriesTo = ({ asked }: Node): number =>
  [...asked.values()].reduce((sum, count) => sum + count, 0)

export interface DhtBehaviour {
  readonly id: string
  readonly does: string
  readonly bound: string
  readonly timeoutSeconds?: number
  /** Its nodes; the first of them is named by `--dht-bootstrap`. */
  start(stage: Stage, swarm: SwarmStage): Promise<readonly Node[]>
  /** Throws what is wrong; else a few words. */
  verify(snapshot: Snapshot, nodes: readonly Node[]): string
}

export const dhtCase = (behaviour: DhtBehaviour): HostileCase => ({
  id: behaviour.id,
  stranger: "dht",
  does: behaviour.does,
  bound: behaviour.bound,
  async stage(stage) {
    const swarm = await stageSwarm(stage)
    const nodes = await behaviour.start(stage, swarm)
    const honest = await startNode(
      stage,
      ({ method, reply }) =>
        reply(
          method === "get_peers"
            ? { token: "honest", nodes: new Uint8Array(), values: [compactPeer(swarm.seed.port)] }
            : { nodes: new Uint8Array() },
        ),
      Buffer.alloc(20, 0x33),
    )
    const staged = swarm.staged({
      args: [nodes[0], honest].flatMap((node) => (node ? ["--dht-bootstrap", `127.0.0.1:${node.port}`] : [])),
      timeoutSeconds: behaviour.timeoutSeconds ?? 20,
      check(snapshot) {
        const seed = peerAt(snapshot, swarm.seed.address)
        if (!seed?.sources.some(({ kind }) => kind === "dht"))
          throw new Error("the honest node was not heard")
        if (nodes[0] && queriesTo(nodes[0]) === 0) throw new Error("the stranger was not asked")
        return behaviour.verify(snapshot, nodes)
      },
    })
    return { ...staged, args: staged.args.filter((word) => word !== "--no-dht") }
  },
})

/** «3 queries; timeout»: of the node with that port. */
export function wordsOf({ dht }: Snapshot, { port }: Node): string {
  const node = dht?.nodes.find(({ address }) => address === `127.0.0.1:${port}`)
  if (!node) throw new Error("no record of the node")
  const { queries, failure } = node
  return `${queries} queries; ${failure ? [failure.code, failure.detail].filter(Boolean).join(": ") : "ok"}`
}
