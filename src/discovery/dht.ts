/**
 * The DHT as a source of peers: BEP 5, 32 (IPv6), 33 (scrape), 42, 43. In each family a lookup towards the info hash, an announce to
 * the nearest nodes so that others find us, lookups to random keys that tell how large the DHT is, and the nearest nodes
 * again from time to time. We ask, and answer nobody.
 */
import type { Dht, Family } from "../evidence.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import type { AddressRules } from "../torrent/endpoint.ts"
import { createBootstrap, type Bootstrap, type BootstrapName, type NodeMemory } from "./dht/bootstrap.ts"
import { openDhtClient, type DhtClient } from "./dht/client.ts"
import { talkTo, type Talk } from "./dht/family.ts"
import { idBytes } from "./dht/krpc.ts"
import { toHex } from "./dht/node-id.ts"
import { createDhtRecord, type DhtRecord } from "./dht/record.ts"
import { defaultTiming, type DhtTiming } from "./dht/round-trips.ts"
import { scrapeOf } from "./dht/scrape.ts"
import type { SharedDht } from "./dht/shared.ts"
import { createQueue } from "./queue.ts"
import type { Observation, Source } from "./source.ts"
import type { CapHit } from "./tracker/run.ts"

export { openSharedDht, type SharedDht } from "./dht/shared.ts"
export { defaultBootstrap, noNodes, type BootstrapName, type NodeMemory } from "./dht/bootstrap.ts"

export interface DhtQuestion {
  /** 20 bytes; of a v2 torrent the first 20 of its hash. */
  infoHash: Uint8Array
  /** Where we listen: announced. Null: nowhere, and no announce. */
  port: number | null
  families: readonly Family[]
  bootstrap: readonly BootstrapName[]
  rules: AddressRules
  network: Network
  /** `network.now()` at the start of the run. */
  startedMs: number
  memory: NodeMemory
  /** The client of several audits; absent: one of its own. */
  shared?: SharedDht | undefined
  timing?: Partial<DhtSourceTiming>
}

export interface DhtSourceTiming extends DhtTiming {
  /** Between two questions to the nearest nodes. */
  againMs: number
}

export interface DhtSource extends Source {
  /** Live: it grows while `discover` runs. */
  readonly record: Dht
  /** The first lookups and announces are done, or failed; or `discover` ended. */
  readonly settled: Promise<void>
  readonly capsHit: readonly CapHit[]
  /** At once: not another datagram is sent. The torrent turned out to be private. */
  stop(): void
}

export function dhtSource(question: DhtQuestion): DhtSource {
  const { infoHash, port, families, rules, network, shared } = question
  const memory = shared?.memory(question.memory) ?? question.memory
  const timing = { ...defaultTiming, againMs: limits.dht.againMs, ...question.timing }
  const queue = createQueue<Observation>()
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>()
  const stopping = new AbortController()
  const clients = new Set<DhtClient>()
  const id = network.randomBytes(idBytes)
  let asking = Promise.resolve()
  const dht: DhtRecord = createDhtRecord({
    network,
    startedMs: question.startedMs,
    port,
    onOutcome: (node, failure) => bootstrap.onOutcome(node, failure),
  })
  const { record } = dht
  const bootstrap: Bootstrap = createBootstrap({
    names: question.bootstrap,
    families,
    memory,
    rules,
    network,
    record,
    onDropped: (count) => dht.hit("dht-nodes", count),
  })

  const talkWith = (client: DhtClient): Talk => ({
    client,
    infoHash,
    port,
    rules,
    bootstrap,
    memory,
    dht,
    againMs: timing.againMs,
    signal: stopping.signal,
    turn: shared && ((signal) => shared.turn(signal)),
    onPeers: (via, peers) => queue.push({ kind: "dht", via, at: network.date().toISOString(), peers }),
  })

  async function askAll(): Promise<void> {
    const firsts: Promise<void>[] = []
    let unopened = 0
    const all = families.map(async (family) => {
      const first = Promise.withResolvers<void>()
      firsts.push(first.promise)
      const opened = await (shared
        ? shared.open(family, dht.watch, stopping.signal)
        : openDhtClient({ family, network, id, timing, watch: dht.watch }))
      if (!opened.ok && ++unopened === families.length) bootstrap.onNoSocket(opened.failure)
      if (opened.ok && stopping.signal.aborted) opened.value.close()
      if (opened.ok && !stopping.signal.aborted) {
        clients.add(opened.value)
        record.ids.push(toHex(opened.value.id))
        await talkTo(talkWith(opened.value), first.resolve)
      }
      first.resolve()
    })
    void Promise.all(firsts).then(() => settle())
    await Promise.all(all)
  }

  function close(): void {
    stopping.abort()
    for (const client of clients) {
      if (client.unread > 0) dht.hit("dht-replies", client.unread)
      client.close()
    }
    clients.clear()
    queue.close()
    settle()
  }

  return {
    name: "dht",
    record,
    settled,
    capsHit: dht.capsHit,
    stop: close,
    async *discover(signal) {
      if (signal.aborted) close()
      signal.addEventListener("abort", close, { once: true })
      asking = stopping.signal.aborted ? Promise.resolve() : askAll().finally(close)
      try {
        yield* queue
      } finally {
        close()
        signal.removeEventListener("abort", close)
        // A bug of ours must not vanish with the promise.
        await asking
      }
    },
    async farewell() {
      close()
      await asking
      record.scrape = scrapeOf(record.nodes)
    },
  }
}
