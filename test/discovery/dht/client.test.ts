import { describe, expect, it } from "vitest"
import { openDhtClient, type DhtClient } from "../../../src/discovery/dht/client.ts"
import { defaultTiming } from "../../../src/discovery/dht/round-trips.ts"
import { limits } from "../../../src/limits.ts"
import { bytesOf, integerOf } from "../../../src/torrent/bencode-values.ts"
import { encode } from "../../../src/torrent/bencode.ts"
import { answerOf, idOf, virtualDht, type Asked, type VirtualDht, type VirtualNode } from "./virtual-dht.ts"

const never = new AbortController().signal
const node = { host: "70.0.0.1", port: 6_881 }
const id = idOf("node")
const right = (asked: Asked) => answerOf(asked.transaction, { id })

async function open(world: VirtualDht): Promise<DhtClient> {
  const opened = await openDhtClient({ family: "ipv4", network: world.network })
  if (!opened.ok) throw new Error(opened.failure.code)
  return opened.value
}

type Datagrams = { data: Uint8Array; from?: { host: string; port: number }; afterMs?: number }[]

/** A world with one node, which sends just that. */
async function asked(datagrams: (asked: Asked, world: VirtualDht) => Datagrams | null) {
  const world = virtualDht()
  const scripted: VirtualNode = {
    ...node,
    id,
    latencyMs: 20,
    answer: (asked) => {
      const sent = datagrams(asked, world)
      return sent && { datagrams: sent }
    },
  }
  world.add(scripted)
  const client = await open(world)
  const outcome = await world.until(client.query(node, "ping", {}, never))
  return { world, client, outcome }
}

describe("an answer counts", () => {
  it("from whom was asked, with the right transaction id", async () => {
    const { outcome, client } = await asked((asked) => [{ data: right(asked) }])
    expect(outcome).toMatchObject({ ok: true, value: { id, ms: 20 } })
    expect([client.queries, client.replies]).toEqual([1, 1])
  })

  it.each<[string, (asked: Asked) => Datagrams | null, string]>([
    ["silence", () => null, "timeout"],
    ["another transaction id", () => [{ data: answerOf(Buffer.from("aaaa"), { id }) }], "timeout"],
    ["a shorter one", (asked) => [{ data: answerOf(asked.transaction.subarray(0, 2), { id }) }], "timeout"],
    [
      "a longer one",
      (asked) => [{ data: answerOf(Buffer.concat([asked.transaction, Buffer.from("x")]), { id }) }],
      "timeout",
    ],
    [
      "another address",
      (asked) => [{ data: right(asked), from: { host: "70.0.0.2", port: 6_881 } }],
      "timeout",
    ],
    ["another port", (asked) => [{ data: right(asked), from: { host: "70.0.0.1", port: 6_882 } }], "timeout"],
    ["garbage", () => [{ data: Buffer.from("garbage") }], "bad-bencode"],
    [
      "somebody else's garbage",
      () => [{ data: Buffer.from("garbage"), from: { host: "70.0.0.2", port: 1 } }],
      "timeout",
    ],
    ["a negative length", () => [{ data: Buffer.from("d-3:") }], "bad-bencode"],
    ["a huge one", () => [{ data: new Uint8Array(60_000) }], "too-large"],
    ["no id", (asked) => [{ data: answerOf(asked.transaction, {}) }], "bad-reply"],
    [
      "an error",
      (asked) => [{ data: encode({ t: asked.transaction, y: "e", e: [202, "Server Error"] }) }],
      "dht-error",
    ],
    [
      "a query",
      (asked) => [{ data: encode({ t: asked.transaction, y: "q", q: "ping", a: { id } }) }],
      "timeout",
    ],
  ])("not so: %s", async (_, datagrams, code) => {
    const { outcome, client } = await asked(datagrams)
    expect(outcome).toMatchObject({ ok: false, failure: { code } })
    expect(client.replies).toBe(0)
  })

  it("garbage before it is forgotten, and it counts once", async () => {
    const { outcome, client, world } = await asked((asked) => [
      { data: Buffer.from("garbage"), afterMs: 5 },
      { data: answerOf(Buffer.from("none"), { id }), afterMs: 6 },
      { data: right(asked), afterMs: 40 },
      { data: right(asked), afterMs: 40 },
      { data: right(asked), afterMs: 90 },
    ])
    expect(outcome).toMatchObject({ ok: true, value: { ms: 40 } })
    await world.until(world.network.sleep(1_000, never))
    expect(client.replies).toBe(1)
  })

  it("but not behind more of its sender's datagrams than anybody sends, which are left unread", async () => {
    const flood = (count: number) =>
      Array.from({ length: count }, () => ({ data: answerOf(Buffer.from("none"), { id }) }))
    const { maxDatagramsPerAnswer } = limits.dht
    const few = await asked((asked) => [...flood(maxDatagramsPerAnswer - 1), { data: right(asked) }])
    expect([few.outcome.ok, few.client.unread]).toEqual([true, 0])
    const many = await asked((asked) => [...flood(maxDatagramsPerAnswer + 5), { data: right(asked) }])
    expect(many.outcome).toMatchObject({ failure: { code: "timeout" } })
    expect(many.client.unread).toBe(6)
    const { world, client } = many
    const other = world.add({ host: "70.0.0.9", port: 1, id, latencyMs: 5, answer: () => ({ r: {} }) })
    expect((await world.until(client.query(other, "ping", {}, never))).ok).toBe(true)
  })

  it("what came in its place is said, however the query ends", async () => {
    const world = virtualDht()
    const answer = () => ({ datagrams: [{ data: Buffer.from("garbage") }] })
    const at = world.add({ ...node, id, latencyMs: 5, answer })
    const stop = new AbortController()
    const client = await open(world)
    const outcome = client.query(at, "ping", {}, stop.signal)
    await world.until(world.network.sleep(100, never))
    stop.abort()
    expect(await outcome).toMatchObject({ failure: { code: "bad-bencode" } })
  })

  it("however late, before the time-out", async () => {
    const before = defaultTiming.timeoutMs - 1
    expect((await asked((asked) => [{ data: right(asked), afterMs: before }])).outcome.ok).toBe(true)
    const late = await asked((asked) => [{ data: right(asked), afterMs: before + 2 }])
    expect(late.outcome).toMatchObject({ failure: { code: "timeout" } })
  })
})

describe("a query", () => {
  it("says that it is read-only, who asks, and has a transaction id of its own", async () => {
    const world = virtualDht()
    const client = await open(world)
    await world.until(Promise.all([1, 2, 3].map(() => client.query(node, "ping", {}, never))))
    expect(world.asked.map(({ message }) => integerOf(message.get("ro")))).toEqual([1, 1, 1])
    expect(world.asked.every(({ args }) => Buffer.from(client.id).equals(bytesOf(args.get("id"))!))).toBe(
      true,
    )
    const transactions = new Set(
      world.asked.map(({ transaction }) => Buffer.from(transaction).toString("hex")),
    )
    expect(transactions.size).toBe(3)
    expect(world.asked.every(({ transaction }) => transaction.length >= 4)).toBe(true)
  })

  it("ends with its signal, and with the client", async () => {
    const world = virtualDht()
    const client = await open(world)
    const stop = new AbortController()
    const stopped = client.query(node, "ping", {}, stop.signal)
    const closed = client.query(node, "ping", {}, never)
    stop.abort()
    client.close()
    expect(await stopped).toMatchObject({ failure: { code: "aborted" } })
    expect(await closed).toMatchObject({ failure: { code: "closed" } })
    expect(await client.query(node, "ping", {}, never)).toMatchObject({ failure: { code: "closed" } })
    expect(world.asked).toHaveLength(2)
  })
})

describe("slow is what this run's nodes make of it", () => {
  it.each([
    ["nothing known", [], defaultTiming.firstSlowMs],
    ["a quick network", [1, 1, 1, 1], defaultTiming.minSlowMs],
    ["round trips of 100 ms", [100, 100, 100], 150],
    ["one in ten is an outlier", [...Array.from({ length: 19 }, () => 50), 900], 75],
    ["a slow network", [900, 900, 900], defaultTiming.maxSlowMs],
  ])("%s", async (_, latencies, slowMs) => {
    const world = virtualDht()
    const client = await open(world)
    for (const [i, latencyMs] of latencies.entries()) {
      const at = world.add({ host: "70.0.1.1", port: i + 1, id, latencyMs, answer: () => ({ r: {} }) })
      await world.until(client.query(at, "ping", {}, never))
    }
    expect(client.slowMs).toBe(slowMs)
  })
})
