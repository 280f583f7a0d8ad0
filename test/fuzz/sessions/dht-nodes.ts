/** DHT nodes that answer what the bytes say: in an audit, and to each kind of look-up by itself. */
import { createHash } from "node:crypto"
import { openDhtClient } from "../../../src/discovery/dht/client.ts"
import { lookUpItem } from "../../../src/discovery/dht/items.ts"
import { lookup } from "../../../src/discovery/dht/lookup.ts"
import { announcePeer, putItem } from "../../../src/discovery/dht/put.ts"
import { samplesOf } from "../../../src/discovery/dht/reply-fields.ts"
import { immutableTarget } from "../../../src/torrent/dht-item.ts"
import { addressKind } from "../../../src/torrent/endpoint.ts"
import type { FuzzTarget } from "../target.ts"
import { nothingUncaught } from "./uncaught.ts"
import { audited, claim, torrentOf } from "./audited.ts"
import { firstNode, stageDht } from "./dht-replies.ts"
import { planOf } from "./plan.ts"
import { createInternet } from "./virtual-network.ts"

function* dhtSeeds(): Generator<Uint8Array> {
  yield Uint8Array.of(0)
  for (let bit = 1; bit < 256; bit *= 2) yield Uint8Array.from([1, bit, 2, 3, 4, 0, bit, 1, 2, 0, bit, 5])
  for (let bit = 1; bit < 256; bit *= 2)
    yield Uint8Array.from([2, 0x80, bit, 3, 1, 2, 3, 4, 5, 6, 7, 0, 0x80, bit])
}

export const dhtNodes: FuzzTarget = {
  name: "session-dht",
  group: "sessions",
  maxBytes: 2_048,
  seeds: dhtSeeds,
  run(bytes) {
    const plan = planOf(bytes)
    const depth = plan.pick(["discover", "handshake"] as const)
    return audited(bytes, {
      torrent: torrentOf(false),
      options: { depth, dht: true, dhtBootstrap: [firstNode], timeoutMs: 30_000 },
      stage: (internet) => stageDht(internet, plan),
    })
  },
}

const value = Buffer.from("5:hello")
/** As `itemOf` of dht-replies.ts reads them: what is asked for, another value, and the right one with a signature of nobody's. */
const items = [
  [0, 0, 1],
  [0, 1, 1],
  [0, 0, 0],
]
const mostMs = 60_000

export const dhtLookups: FuzzTarget = {
  name: "session-dht-lookups",
  group: "sessions",
  maxBytes: 2_048,
  *seeds() {
    yield* dhtSeeds()
    for (const kind of [3, 4]) for (const item of items) yield Uint8Array.from([kind, 0x80, 0x80, 0, ...item])
  },
  async run(bytes) {
    const plan = planOf(bytes)
    const kind = plan.upTo(4)
    const internet = createInternet(bytes)
    const { clock, network } = internet
    stageDht(internet, plan)
    await nothingUncaught(async () => {
      await clock.until(ask(kind, internet), mostMs)
      await clock.pass(5_000)
    })
    const open = internet.open()
    claim(open.sockets === 0 && open.sleeps === 0, `${open.sockets} sockets, ${open.sleeps} timers are left`)
    for (const host of internet.contacted) claim(addressKind(host) === "private", `${host} was contacted`)
    claim(network.now() <= mostMs + 5_000, "time ran on")
  },
}

async function ask(kind: number, { network }: ReturnType<typeof createInternet>): Promise<void> {
  const opened = await openDhtClient({ family: "ipv4", network })
  claim(opened.ok, "no socket")
  const client = opened.value
  const signal = new AbortController().signal
  const [host = "", port] = firstNode.split(":")
  const common = {
    start: [{ host, port: Number(port) }],
    rules: { allowLocal: true, allowLoopback: false, refusePublic: true },
    signal,
  }
  const target = createHash("sha1").update("wanted").digest()
  if (kind === 0) {
    const { closest } = await lookup(client, { ...common, target, method: "get_peers", args: { scrape: 1 } })
    claim(closest.length <= 16, `${closest.length} nearest nodes`)
    await announcePeer(client, closest, { infoHash: target, port: 1 }, signal)
  }
  if (kind === 1) {
    const { closest } = await lookup(client, { ...common, target, method: "sample_infohashes" })
    for (const { reply } of closest)
      for (const each of samplesOf(reply.body)?.infoHashes ?? []) claim(each.length === 20, "no info hash")
  }
  if (kind === 2) await lookup(client, { ...common, target, method: "find_node" })
  if (kind >= 3) {
    const publicKey = kind === 4 ? createHash("sha256").update("key").digest() : null
    const wanted = { target: immutableTarget(value), publicKey, salt: new Uint8Array() }
    const found = await lookUpItem(client, { ...common, wanted })
    if (found.newest !== null)
      claim(
        Buffer.from(found.newest.value).equals(value),
        "somebody else's value was taken for what was asked",
      )
    await putItem(client, found, { value: "hello", mutable: null, cas: null }, signal)
  }
  client.close()
}
