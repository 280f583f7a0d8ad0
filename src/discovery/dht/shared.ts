/**
 * One DHT client per family for several audits: one socket and id, one budget of lookups and queries, and what a lookup learns of nodes
 * is where the next one starts. Whose question an answer belongs to, its transaction id says (client.ts).
 */
import type { Family } from "../../evidence.ts"
import { fail, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import { formatEndpoint } from "../../torrent/endpoint.ts"
import type { NodeMemory } from "./bootstrap.ts"
import { openDhtClient, type DhtClient, type Watch } from "./client.ts"
import { idBytes } from "./krpc.ts"
import { createLookupTurns } from "./lookup-turns.ts"
import { toHex } from "./node-id.ts"

export interface SharedDht {
  /** A client whose closing ends its own queries alone; `watch` is told of these alone. The first one of a family is let find nodes first. */
  open(family: Family, watch: Watch, signal: AbortSignal): Promise<Outcome<DhtClient>>
  /** Nodes that answered just now, or else those of earlier runs. */
  memory(earlier: NodeMemory): NodeMemory
  /** Waits for the turn of a lookup, which ends with the answer. */
  turn(signal: AbortSignal): Promise<() => void>
  close(): void
}

type Node = ReturnType<NodeMemory["recall"]>[number]

/** Enough to start from: a lookup converges on half of them. */
const enoughNodes = 2 * limits.dht.closest
/** The first lookup may find nobody. */
const firstMs = 5_000

export function openSharedDht(network: Network): SharedDht {
  const id = network.randomBytes(idBytes)
  const bases = new Map<Family, Promise<Outcome<DhtClient>>>()
  const live: Record<Family, Map<string, Node>> = { ipv4: new Map(), ipv6: new Map() }
  const firsts = new Map<Family, AbortController>()
  const turns = createLookupTurns(network)
  let open = true

  const learn =
    (family: Family): Watch =>
    ({ host, port }, _method, asked) => {
      const key = formatEndpoint(host, port)
      turns.count()
      void asked.then((outcome) => {
        if (!outcome.ok && outcome.failure.code !== "timeout") return
        const nodes = live[family]
        nodes.delete(key)
        if (!outcome.ok) return
        nodes.set(key, { host, port, id: toHex(outcome.value.id) })
        const [oldest] = nodes.keys()
        if (nodes.size > limits.dht.maxRemembered && oldest !== undefined) nodes.delete(oldest)
        if (nodes.size >= enoughNodes) firsts.get(family)?.abort()
      })
    }

  function baseOf(family: Family): Promise<Outcome<DhtClient>> {
    const base = bases.get(family) ?? openDhtClient({ family, network, id, watch: learn(family) })
    bases.set(family, base)
    return base
  }

  return {
    async open(family, watch, signal) {
      if (!open) return fail("closed")
      const opened = await baseOf(family)
      if (!opened.ok) return opened
      const first = firsts.get(family)
      const own = new AbortController()
      if (first === undefined) firsts.set(family, own)
      else if (!first.signal.aborted) await network.sleep(firstMs, AbortSignal.any([first.signal, signal]))
      return { ok: true, value: clientOn(opened.value, watch, () => own.abort()) }
    },
    memory: (earlier) => ({
      recall(family) {
        const nodes = [...live[family].values()]
        return nodes.length >= limits.dht.closest ? nodes : [...nodes, ...earlier.recall(family)]
      },
      remember: (family, nodes) => earlier.remember(family, nodes),
    }),
    turn: (signal) => turns.take(signal),
    close() {
      open = false
      for (const base of bases.values()) void base.then((opened) => opened.ok && opened.value.close())
    },
  }
}

/** What it asks is counted as its own; datagrams that are left unread since it was opened may be answers to others. */
function clientOn(base: DhtClient, watch: Watch, onClose: () => void): DhtClient {
  const closing = new AbortController()
  const counts = { queries: 0, replies: 0 }
  const unreadBefore = base.unread
  return {
    family: base.family,
    id: base.id,
    port: base.port,
    network: base.network,
    get queries() {
      return counts.queries
    },
    get replies() {
      return counts.replies
    },
    get sentBytes() {
      return base.sentBytes
    },
    get receivedBytes() {
      return base.receivedBytes
    },
    get unread() {
      return base.unread - unreadBefore
    },
    get slowMs() {
      return base.slowMs
    },
    async query(to, method, args, signal) {
      if (closing.signal.aborted) return fail("closed")
      if (signal.aborted) return fail("aborted")
      const asked = base.query(to, method, args, AbortSignal.any([signal, closing.signal]))
      counts.queries++
      watch(to, method, asked)
      const outcome = await asked
      if (outcome.ok) counts.replies++
      return outcome
    },
    close() {
      closing.abort()
      onClose()
    },
  }
}
