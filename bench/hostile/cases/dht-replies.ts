/** DHT nodes whose single datagrams are the weapon. */
import { encode, type Encodable } from "../../../src/torrent/bencode.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase } from "../case.ts"
import { dhtCase, startNode, wordsOf, type Query } from "./dht-stage.ts"

interface Said {
  readonly id: string
  readonly does: string
  readonly bound: string
  readonly expect: RegExp
  readonly answer: (query: Query) => void
  /** Throws what else is wrong; else a few words. */
  readonly verify?: (snapshot: Snapshot) => string
}

const none = "the answer counts as none"
/** A whole reply with this for `r`. */
const rawReply = ({ transaction }: Query, r: string | Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from("d1:r"),
    Buffer.from(r as string),
    Buffer.from(`1:t${transaction.length}:`),
    transaction,
    Buffer.from("1:y1:re"),
  ])
const ones = new Uint8Array(256).fill(255)

const said: readonly Said[] = [
  {
    id: "dht-silent",
    does: "never answers",
    bound: "dht.timeoutMs",
    expect: /timeout|aborted/,
    answer: () => {},
  },
  {
    id: "dht-late",
    does: "answers after 3.5 s, each time",
    bound: "dht.timeoutMs",
    expect: /timeout|aborted/,
    answer: ({ reply }) => void setTimeout(() => reply({ nodes: new Uint8Array() }), 3_500),
  },
  {
    id: "dht-64kb",
    does: "answers with 64 KB, all of it peers",
    bound: "dht.maxPacketBytes",
    expect: /too-large/,
    answer: ({ reply }) =>
      reply({
        values: Array.from({ length: 8_000 }, (_, i) => Buffer.from([169, 254, i >> 8, i & 255, 26, 225])),
        token: "t",
      }),
  },
  {
    id: "dht-token-8kb",
    does: "gives a token of 7 KB, to be sent back",
    bound: "dht.maxTokenBytes",
    expect: /; ok$/,
    answer: ({ reply }) => reply({ token: new Uint8Array(7_000), nodes: new Uint8Array() }),
  },
  {
    id: "dht-deep",
    does: "nests 4,000 lists",
    bound: "dht.maxDepth",
    expect: /bad-bencode: too-deep/,
    answer: (query) => query.send(rawReply(query, "l".repeat(4_000) + "e".repeat(4_000))),
  },
  {
    id: "dht-negative-length",
    does: "sends `l-3:` and `d-3:`",
    bound: "bencode scan",
    expect: /bad-bencode/,
    answer: ({ send }) => ["l-3:", "d-3:"].forEach((text) => send(Buffer.from(text))),
  },
  {
    id: "dht-many-values",
    does: "sends 3,900 empty lists",
    bound: "dht.maxValues",
    expect: /bad-bencode: too-many/,
    answer: (query) => query.send(rawReply(query, `d1:al${"le".repeat(3_900)}ee`)),
  },
  {
    id: "dht-wrong-types",
    does: "sends numbers for lists, and lists for texts",
    bound: none,
    expect: /; ok$/,
    answer: ({ reply }) => reply({ nodes: 5, values: { a: 1 }, token: [1], BFsd: 7, BFpe: "short", v: 3 }),
  },
  {
    id: "dht-short-id",
    does: "has an id of 3 bytes, and another key named __proto__",
    bound: none,
    expect: /bad-reply: no node id/,
    answer: ({ reply }) => reply({ id: "abc", ["__proto__" as string]: { nodes: "x" } }),
  },
  {
    id: "dht-error-escape",
    does: "answers with an error of 7 KB of terminal escapes",
    bound: "its number alone counts",
    expect: /dht-error: 201 generic error$/,
    answer: ({ transaction, send }) =>
      send(encode({ t: transaction, y: "e", e: [201, "\u001b[2J".repeat(1_800)] })),
  },
  {
    id: "dht-filters-full",
    does: "says by BEP 33 filters of ones that there are endless seeders",
    bound: "a full filter bounds nothing from above",
    expect: /; ok$/,
    verify({ dht }) {
      const seeders = dht?.scrape?.seeders
      if (seeders?.high !== null || !seeders.censored) throw new Error("the filter was taken for a count")
      return "any number, says the estimate"
    },
    answer: ({ reply }) =>
      reply({
        BFsd: ones,
        BFpe: ones,
        nodes: new Uint8Array(),
        token: "t",
        values: [Buffer.from([169, 254, 1, 1, 26, 225])],
      }),
  },
  {
    id: "dht-not-reply",
    does: "sends our own query back",
    bound: none,
    // The run may be over before: then it is not known whether an answer would have come.
    expect: /timeout|aborted/,
    answer: ({ transaction, method, args, send }) =>
      send(encode({ t: transaction, y: "q", q: method, a: args as ReadonlyMap<string, Encodable> })),
  },
]

export const dhtReplyCases: readonly HostileCase[] = said.map(({ id, does, bound, expect, answer, verify }) =>
  dhtCase({
    id,
    does,
    bound,
    start: async (stage) => [await startNode(stage, answer)],
    verify(snapshot, [node]) {
      const words = node ? wordsOf(snapshot, node) : ""
      if (!expect.test(words)) throw new Error(`the record says: ${words}`)
      return [words, verify?.(snapshot)].filter(Boolean).join("; ")
    },
  }),
)
