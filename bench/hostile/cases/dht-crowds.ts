/** DHT nodes that are many, name many, or send many. */
import { createSocket } from "node:dgram"
import { encode } from "../../../src/torrent/bencode.ts"
import { bytesOf } from "../../../src/torrent/bencode-values.ts"
import { limits } from "../../../src/limits.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase, Stage } from "../case.ts"
import {
  compactNode,
  compactPeer,
  dhtCase,
  queriesTo,
  startNode,
  wordsOf,
  type Node,
  type Query,
} from "./dht-stage.ts"
import { demandCap } from "./tracker-stage.ts"

const targetOf = ({ args }: Query): Uint8Array =>
  bytesOf(args.get("info_hash")) ?? bytesOf(args.get("target")) ?? new Uint8Array(20)

/** As far from the target as `distance` says, in its last four bytes. */
function near(target: Uint8Array, distance: number): Buffer {
  const id = Buffer.from(target)
  const at = id.length - 4
  id.writeUInt32BE((id.readUInt32BE(at) ^ distance) >>> 0, at)
  return id
}

/** Each named by the one before, each nearer than it. */
async function chain(
  stage: Stage,
  count: number,
  answer: (i: number, query: Query, nodes: readonly Node[]) => void,
) {
  const nodes: Node[] = []
  for (let i = 0; i < count; i++)
    nodes.push(await startNode(stage, (query) => answer(i, query, nodes), Buffer.alloc(20, i & 255)))
  return nodes
}

function lookupsOf({ dht }: Snapshot): string {
  const most = Math.max(0, ...(dht?.lookups ?? []).map(({ queries }) => queries))
  if (most > limits.dht.maxQueriesPerLookup) throw new Error(`a lookup of ${most} queries`)
  return `${dht?.queries} queries, at most ${most} a lookup; ends ${[...new Set(dht?.lookups.map(({ end }) => end))].join(", ")}`
}

export const dhtCrowdCases: readonly HostileCase[] = [
  dhtCase({
    id: "dht-itself",
    does: "names itself 300 times, under as many ids",
    bound: "one address, one node",
    start: async (stage) => [
      await startNode(stage, (query, { port }) =>
        query.reply({
          nodes: Buffer.concat(
            Array.from({ length: 300 }, (_, i) => compactNode(near(targetOf(query), i), port)),
          ),
        }),
      ),
    ],
    verify(_, [node]) {
      const asked = node ? queriesTo(node) : 0
      if (asked > 12) throw new Error(`asked ${asked} times`)
      return `asked ${asked} times`
    },
  }),
  dhtCase({
    id: "dht-forbidden-addresses",
    does: "names nodes at link-local, multicast, broadcast, public and service addresses",
    bound: "address rules",
    start: async (stage) => [
      await startNode(stage, (query) =>
        query.reply({
          nodes: Buffer.concat(
            [
              "169.254.169.254",
              "224.0.0.1",
              "255.255.255.255",
              "0.0.0.0",
              "198.18.0.1",
              "80.80.80.80",
            ].flatMap((host, i) =>
              [53, 123, 6_881].map((port) => compactNode(near(targetOf(query), 10 * i), port, host)),
            ),
          ),
        }),
      ),
    ],
    verify({ dht }) {
      const others = dht?.nodes.filter(({ address }) => !address.startsWith("127.")) ?? []
      if (others.length > 0) throw new Error(`asked ${others.map(({ address }) => address).join(", ")}`)
      return "none of them asked"
    },
  }),
  dhtCase({
    id: "dht-one-victim",
    does: "names a bystander, who answers nothing, as 300 nodes",
    bound: "dht.triesPerPlace",
    async start(stage) {
      const victim = await startNode(stage, () => {})
      const liar = await startNode(stage, (query) =>
        query.reply({
          nodes: Buffer.concat(
            Array.from({ length: 300 }, (_, i) => compactNode(near(targetOf(query), i), victim.port)),
          ),
        }),
      )
      return [liar, victim]
    },
    verify(_, [, victim]) {
      const asked = victim ? queriesTo(victim) : 0
      if (asked === 0 || asked > 12) throw new Error(`asked ${asked} times`)
      return `asked ${asked} times`
    },
  }),
  dhtCase({
    id: "dht-id-chase",
    does: "leads from node to nearer node, 450 of them",
    bound: "dht.maxQueriesPerLookup, dht.lookupMs",
    timeoutSeconds: 30,
    start: (stage) =>
      chain(stage, 450, (i, query, nodes) => {
        const more = nodes.slice(i + 1, i + 9)
        query.reply({
          nodes: Buffer.concat(
            more.map(({ port }, j) => compactNode(near(targetOf(query), 1_000_000 - i - j), port)),
          ),
          id: near(targetOf(query), 1_000_000 - i),
        })
      }),
    verify: (snapshot) => lookupsOf(snapshot),
  }),
  dhtCase({
    id: "dht-peers-crowd",
    does: "is 60 nodes, each of whom names 900 peers that nobody has",
    bound: "dht.maxPeers, dht.maxNamings",
    timeoutSeconds: 30,
    start: (stage) =>
      chain(stage, 60, (i, query, nodes) =>
        query.reply({
          id: near(targetOf(query), i),
          token: "t",
          values: Array.from({ length: 900 }, (_, j) =>
            compactPeer(1_024 + i, `169.254.${j >> 8}.${j & 255}`),
          ),
          nodes: Buffer.concat(
            nodes
              .slice(0, 20)
              .map(({ port }, j) =>
                compactNode(near(targetOf(query), (i + j) % 60), nodes[(i + j) % 60]?.port ?? port),
              ),
          ),
        }),
      ),
    verify: (snapshot) => `${demandCap(snapshot, "dht-peers")}; ${snapshot.peers?.length} peers kept`,
  }),
  dhtCase({
    id: "dht-query-flood",
    does: "asks us 20,000 things a second, as soon as we asked it",
    bound: "we answer nobody; dht.maxDatagramsPerAnswer",
    start: (stage) =>
      flooding(stage, () =>
        encode({ t: "aa", y: "q", q: "get_peers", a: { id: Buffer.alloc(20), info_hash: Buffer.alloc(20) } }),
      ),
    verify: (snapshot, [node]) =>
      `${node ? wordsOf(snapshot, node) : ""}; ${demandCap(snapshot, "dht-replies")}`,
  }),
  dhtCase({
    id: "dht-reply-flood",
    does: "sends 20,000 answers a second to what nobody asked, 8 KB each",
    bound: "dht.maxDatagramsPerAnswer",
    start: (stage) =>
      flooding(stage, () =>
        encode({
          t: "aaaa",
          y: "r",
          r: { id: Buffer.alloc(20), values: Array.from({ length: 900 }, () => Buffer.alloc(6, 1)) },
        }),
      ),
    verify: (snapshot, [node]) =>
      `${node ? wordsOf(snapshot, node) : ""}; ${demandCap(snapshot, "dht-replies")}`,
  }),
  dhtCase({
    id: "dht-spoofed",
    does: "lets others answer in its place, with the right transaction id",
    bound: "an answer comes from where it was asked",
    async start(stage) {
      const elsewhere = createSocket("udp4")
      await new Promise<void>((resolve) => elsewhere.bind({ address: "127.0.0.1", port: 0 }, resolve))
      stage.defer(() => void elsewhere.close())
      return [
        await startNode(stage, ({ transaction, from }) =>
          elsewhere.send(
            encode({
              t: transaction,
              y: "r",
              r: { id: Buffer.alloc(20), values: [compactPeer(6_881, "169.254.1.1")], token: "t" },
            }),
            from.port,
            from.address,
          ),
        ),
      ]
    },
    verify(snapshot, [node]) {
      const words = node ? wordsOf(snapshot, node) : ""
      if (!/timeout|aborted/.test(words)) throw new Error(words)
      return words
    },
  }),
]

async function flooding(stage: Stage, make: () => Uint8Array): Promise<readonly Node[]> {
  let over = false
  stage.defer(() => (over = true))
  let started = false
  const datagram = make()
  const node = await startNode(stage, ({ from, reply }, { socket }) => {
    setTimeout(() => reply({ nodes: new Uint8Array() }), 500)
    if (started) return
    started = true
    const more = () => {
      if (over) return
      for (let i = 0; i < 40; i++) socket.send(datagram, from.port, from.address, () => {})
      setTimeout(more, 2)
    }
    more()
  })
  return [node]
}
