/**
 * A DHT client that only asks (BEP 5, 43). An answer counts only from the address and port that was asked, with that query's
 * random transaction id, and once: whatever else arrives is dropped unread.
 */
import type { Family } from "../../evidence.ts"
import { fail, failure, succeed, type Failure, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import type { BencodeDictionary, Encodable } from "../../torrent/bencode.ts"
import { formatEndpoint } from "../../torrent/endpoint.ts"
import { decodeMessage, encodeQuery, idBytes, type Message } from "./krpc.ts"
import { toHex } from "./node-id.ts"
import { createRoundTrips, defaultTiming, type DhtTiming } from "./round-trips.ts"

export interface KrpcReply {
  /** The node's, as it says: 20 bytes. */
  id: Uint8Array
  /** `r`: what else it holds is read by reply-fields.ts. */
  body: BencodeDictionary
  /** `v`, at most 8 bytes. */
  version: Uint8Array | null
  ms: number
  /** BEP 42 `ip`: where the node sees us. */
  seenAs: { host: string; port: number } | null
  /** The datagram as received: BEP 44 hashes and signs a value's own bytes. */
  packet: Uint8Array
}

export interface DhtClient {
  readonly family: Family
  /** Ours: 20 random bytes. */
  readonly id: Uint8Array
  /** Where we send from. */
  readonly port: number
  readonly queries: number
  /** Error messages not counted. */
  readonly replies: number
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Datagrams of nodes that send many more than we asked for: left unread. */
  readonly unread: number
  readonly network: Network
  /** A query without an answer for so long is slow: its answer still counts, but others should be asked meanwhile. */
  readonly slowMs: number
  /**
   * Never rejects. Fails with `timeout`, or with what the node sent in place of an answer: `dht-error`, `bad-reply`, or after
   * the time-out `bad-bencode` or `too-large`; with `aborted`, `closed`, or the socket's own failure.
   */
  query(
    to: { host: string; port: number },
    method: string,
    args: Readonly<Record<string, Encodable>>,
    signal: AbortSignal,
  ): Promise<Outcome<KrpcReply>>
  /** Every query still open fails with `closed`. */
  close(): void
}

/** Told of each query as it is sent. */
export type Watch = (
  to: { host: string; port: number },
  method: string,
  asked: Promise<Outcome<KrpcReply>>,
) => void

export interface DhtClientOptions {
  family: Family
  network: Network
  /** BEP 32 advises the same in both families. */
  id?: Uint8Array
  timing?: DhtTiming
  watch?: Watch
}

const transactionBytes = 4
const { maxDatagramsPerAnswer } = limits.dht

interface Waiting {
  remote: string
  sentMs: number
  /** What came from there and could not be read. */
  garbage: Failure | null
  settle(outcome: Outcome<KrpcReply>): void
}

export async function openDhtClient(options: DhtClientOptions): Promise<Outcome<DhtClient>> {
  const { family, network, timing = defaultTiming, id = network.randomBytes(idBytes) } = options
  const waiting = new Map<string, Waiting>()
  /** Whom we wait for: how many answers, and how many datagrams of theirs were read meanwhile. */
  const partners = new Map<string, { waits: number; read: number }>()
  const roundTrips = createRoundTrips(timing)
  const counts = { queries: 0, replies: 0, sentBytes: 0, receivedBytes: 0, unread: 0 }
  let open = true

  /** A forger who doesn't know the transaction id can at most give a time-out another name. */
  function onUnreadable(from: string, garbage: Failure): void {
    for (const one of waiting.values()) if (one.remote === from) one.garbage = garbage
  }

  function onReply({ transaction, outcome }: Message, from: string): void {
    const waits = waiting.get(toHex(transaction))
    if (waits?.remote !== from) return
    const ms = network.now() - waits.sentMs
    if (outcome.ok) counts.replies++
    roundTrips.add(ms)
    waits.settle(outcome.ok ? succeed({ ...outcome.value, ms }) : outcome)
  }

  const opened = await network.datagrams(
    family,
    (data, { host, port }) => {
      counts.receivedBytes += data.length
      const from = formatEndpoint(host, port)
      const partner = partners.get(from)
      if (!partner) return
      if (++partner.read > maxDatagramsPerAnswer * partner.waits) {
        counts.unread++
        return
      }
      const message = decodeMessage(data)
      if (message?.transaction === null) onUnreadable(from, message.failure)
      else if (message) onReply(message, from)
    },
    // Of one datagram that could not be delivered; its query times out.
    () => {},
  )
  if (!opened.ok) return opened
  const socket = opened.value

  function newTransaction(): Uint8Array {
    for (;;) {
      const transaction = network.randomBytes(transactionBytes)
      if (!waiting.has(toHex(transaction))) return transaction
    }
  }

  const query: DhtClient["query"] = async (to, method, args, signal) => {
    if (!open) return fail("closed")
    if (signal.aborted) return fail("aborted")
    const transaction = newTransaction()
    const packet = encodeQuery({ transaction, method, id, args })
    const { promise, resolve } = Promise.withResolvers<Outcome<KrpcReply>>()
    const waits: Waiting = {
      remote: formatEndpoint(to.host, to.port),
      sentMs: network.now(),
      garbage: null,
      settle: resolve,
    }
    const key = toHex(transaction)
    waiting.set(key, waits)
    const partner = partners.get(waits.remote) ?? { waits: 0, read: 0 }
    partner.waits++
    partners.set(waits.remote, partner)
    const settled = new AbortController()
    const giveUp = (why: Failure["code"]) => resolve({ ok: false, failure: waits.garbage ?? failure(why) })
    const onAbort = () => giveUp("aborted")
    signal.addEventListener("abort", onAbort, { once: true })
    void network.sleep(timing.timeoutMs, settled.signal).then(() => giveUp("timeout"))
    counts.queries++
    counts.sentBytes += packet.length
    options.watch?.(to, method, promise)
    void socket.send(packet, to).then((sent) => {
      if (!sent.ok) resolve(sent)
    })
    const outcome = await promise
    waiting.delete(key)
    if (--partner.waits === 0) partners.delete(waits.remote)
    settled.abort()
    signal.removeEventListener("abort", onAbort)
    return outcome
  }

  return succeed({
    family,
    id,
    port: socket.port,
    network,
    get queries() {
      return counts.queries
    },
    get replies() {
      return counts.replies
    },
    get sentBytes() {
      return counts.sentBytes
    },
    get receivedBytes() {
      return counts.receivedBytes
    },
    get unread() {
      return counts.unread
    },
    get slowMs() {
      return roundTrips.slowMs()
    },
    query,
    close() {
      open = false
      socket.close()
      for (const waits of waiting.values()) waits.settle(fail("closed"))
    },
  })
}
