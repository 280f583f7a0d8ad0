/** What `torrent-audit dht …` answers: one document a run, the same for `--json` and for the page. */
import * as z from "zod"
import { count, endpoint, estimate, failureSchema, familySchema, ms, time } from "./basics.ts"
import { dht, dhtLookup } from "./dht.ts"

export const dhtCommands = ["ping", "get-peers", "scrape", "announce", "get", "put", "sample"] as const
export type DhtCommand = (typeof dhtCommands)[number]

const hex160 = z.string().length(40)
const base64 = z.string().max(2_000)

/** One node, and what it said to the question of this command; what another command asks is null. */
export const dhtCommandNode = z.object({
  address: endpoint,
  id: hex160.nullable(),
  idFits: z.boolean().nullable().meta({ description: "BEP 42; null: no answer, or a local address" }),
  distanceBits: z
    .int()
    .min(0)
    .max(160)
    .nullable()
    .meta({ description: "length of id XOR target: 160 is far, each bit less half as far; null: no target" }),
  version: z.string().max(16).nullable().meta({ description: "hex of `v`" }),
  ms: ms.nullable().meta({ description: "of its reply; null: none came" }),
  failure: failureSchema.nullable().meta({ description: "of our last query to it" }),
  seenAs: endpoint.nullable().meta({ description: "our address as it says (BEP 42 `ip`)" }),
  token: z.boolean().meta({ description: "it offers to store" }),
  peerCount: count
    .nullable()
    .meta({ description: "peers that it named; null: it wasn't asked, or named none" }),
  scrape: z.boolean().nullable().meta({ description: "it sent BEP 33 filters" }),
  stored: z.boolean().nullable().meta({ description: "it took what we asked it to store; null: not asked" }),
  item: z
    .enum(["good", "older", "too-large", "wrong-hash", "unsigned", "bad-signature"])
    .nullable()
    .meta({ description: "BEP 44: the item that it sent, or why that is none; null: it sent none" }),
  seq: z
    .bigint()
    .nullable()
    .meta({ description: "of the item that it sent; a JSON number, exact to 63 bits" }),
  samples: count.nullable().meta({ description: "BEP 51: info hashes that it sent" }),
  total: count.nullable().meta({ description: "BEP 51: info hashes that it holds, as it says" }),
  intervalMs: ms.nullable().meta({ description: "BEP 51: how long its sample stays the same" }),
})
export type DhtCommandNode = z.infer<typeof dhtCommandNode>

export const dhtItem = z.object({
  kind: z
    .enum(["string", "integer", "list", "dictionary"])
    .meta({ description: "what `value` is in bencode" }),
  value: base64.meta({ description: "base64 of the bencoded value, as received" }),
  content: base64.nullable().meta({ description: "base64 of a string's bytes; null: another kind" }),
  seq: z.bigint().nullable().meta({ description: "null: immutable" }),
  publicKey: z.string().length(64).nullable(),
  signature: z.string().length(128).nullable(),
})
export type DhtItem = z.infer<typeof dhtItem>

export const dhtSwarm = z.object({
  infoHash: hex160,
  peers: z.array(z.object({ address: endpoint, nodes: count.meta({ description: "nodes that named it" }) })),
  peersDropped: count.meta({ description: "named, but beyond our cap" }),
  seeders: estimate.nullable().meta({ description: "BEP 33; null: no node sent filters" }),
  leechers: estimate.nullable(),
  filterNodes: count.meta({ description: "nodes that sent BEP 33 filters" }),
})
export type DhtSwarm = z.infer<typeof dhtSwarm>

export const dhtAnswer = z.object({
  schemaVersion: z.string(),
  tool: z.object({ name: z.literal("torrent-audit"), version: z.string() }),
  command: z.enum(dhtCommands.map((name) => `dht ${name}` as const)),
  answer: z
    .enum(["found", "not-found", "stored", "refused", "no-answer"])
    .meta({ description: "refused: nodes answered, and none stored it; no-answer: no node answered at all" }),
  startedAt: time,
  ms: ms,
  stopReason: z.enum(["complete", "timeout", "interrupted", "terminated"]),
  bootstrap: dht.shape.bootstrap,
  target: hex160.nullable().meta({ description: "what was looked up; null: a ping, or several info hashes" }),
  queries: count,
  replies: count,
  lookups: z.array(dhtLookup.omit({ purpose: true, atMs: true })),
  nodes: z.array(dhtCommandNode).meta({ description: "every node asked, nearest to the target first" }),
  nodesDropped: count.meta({ description: "asked, but beyond our cap" }),
  families: z.array(familySchema),
  swarms: z.array(dhtSwarm).nullable().meta({ description: "get-peers, scrape, announce" }),
  announcedPort: count.nullable(),
  item: dhtItem.nullable().meta({ description: "get: the newest valid one; put: what was sent" }),
  salt: z.string().max(128).nullable().meta({ description: "hex; null: none, or an immutable item" }),
  cas: z.bigint().nullable(),
  samples: z.array(hex160).nullable().meta({ description: "BEP 51: distinct info hashes" }),
  error: z.null(),
})
export type DhtAnswer = z.infer<typeof dhtAnswer>
