/** What DHT nodes answered: BEP 5, 32, 33, 42. */
import * as z from "zod"
import { count, endpoint, estimate, failureSchema, familySchema, ms } from "./basics.ts"

/** 160 bits as 40 lowercase hex digits. */
const nodeId = z.string().length(40)
/** BEP 33: 2048 bits. */
const filter = z.string().length(344).meta({ description: "BEP 33 Bloom filter: base64 of 256 bytes" })

export const dhtNode = z.object({
  address: endpoint,
  id: nodeId.nullable().meta({ description: "as it says; null: it never answered" }),
  idFits: z.boolean().nullable().meta({
    description: "BEP 42: its id fits its address; null: no answer, or a local address, which is exempt",
  }),
  version: z.string().max(16).nullable().meta({ description: "hex of `v`: two letters and a version" }),
  atMs: ms.meta({ description: "first asked" }),
  ms: ms.nullable().meta({ description: "its first reply's time; null: it never answered" }),
  queries: count,
  replies: count,
  failure: failureSchema.nullable().meta({ description: "of its last query; null: that was answered" }),
  token: z.boolean().meta({ description: "it gave a token: it offers to store peers" }),
  announced: z.boolean().nullable().meta({ description: "it took our announce_peer; null: not asked to" }),
  peerCount: count.nullable().meta({
    description: "distinct peers that it named for this swarm; null: it never answered get_peers",
  }),
  seederFilter: filter.nullable(),
  leecherFilter: filter.nullable(),
})
export type DhtNode = z.infer<typeof dhtNode>

export const dhtLookup = z.object({
  purpose: z
    .enum(["peers", "neighbourhood"])
    .meta({ description: "towards the info hash; towards a random key, to learn the size of the DHT" }),
  family: familySchema,
  target: nodeId,
  atMs: ms,
  ms: ms,
  queries: count,
  replies: count,
  end: z.enum(["converged", "no-nodes", "query-budget", "timeout", "aborted"]),
  closest: z
    .array(z.object({ address: endpoint, id: nodeId }))
    .max(16)
    .meta({ description: "nodes that answered, nearest to the target first" }),
})
export type DhtLookup = z.infer<typeof dhtLookup>

export const dht = z.object({
  ids: z.array(nodeId).meta({ description: "ours, one a family; we only ask (BEP 43)" }),
  bootstrap: z.array(
    z.object({
      name: z.string().max(300).meta({ description: "host:port as given" }),
      origin: z.enum(["torrent", "user", "default", "cache"]),
      ok: z.boolean().meta({ description: "at least one of its addresses answered" }),
      failure: failureSchema.nullable(),
    }),
  ),
  queries: count,
  replies: count,
  lookups: z.array(dhtLookup).max(1_000),
  nodes: z.array(dhtNode).max(100_000),
  peerCount: count.meta({
    description: "distinct peers that all nodes together named, ourselves not counted",
  }),
  scrape: z
    .object({ seeders: estimate.nullable(), leechers: estimate.nullable() })
    .nullable()
    .meta({ description: "BEP 33: distinct IP addresses, all nodes' filters joined; null: nobody sent any" }),
})
export type Dht = z.infer<typeof dht>
