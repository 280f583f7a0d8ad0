/**
 * BEP 15: requests over UDP with its schedule. A request unanswered for 15·2ⁿ s is sent again, the same bytes, so that a late
 * reply to an earlier copy still counts; a connection id lasts a minute, and an expired one is renewed first.
 *
 *   t=0 connect · t=15 connect · t=45 connect …        t=2 announce · t=17 announce · t=47 announce · t=107 connect …
 */
import { fail, failure, succeed, type Failure, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Address, Datagrams, Network } from "../../network.ts"
import { formatEndpoint } from "../../torrent/endpoint.ts"
import { withDeadline } from "../deadline.ts"
import { mayHaveCounted, type Answer, type Channel, type Refusal, type Reply } from "./reply.ts"
import {
  actions,
  decodeDatagram,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  parseAnnounce,
  parseConnect,
  parseError,
  parseScrape,
  type Action,
} from "./udp-codec.ts"

export interface UdpTiming {
  firstWaitMs: number
  totalMs: number
  connectionIdMs: number
}

export interface UdpTrackerOptions {
  address: Address
  port: number
  /** BEP 41. */
  pathAndQuery: string
  network: Network
  timing: UdpTiming
}

const maxDoublings = 8
const { udpMaxStrays: maxStrays } = limits.tracker

interface Waiter {
  action: Action
  settle(outcome: Outcome<Reply<Uint8Array>>): void
}

interface Request {
  packet: Uint8Array
  transactionId: number
}

export function udpChannel({ address, port, pathAndQuery, network, timing }: UdpTrackerOptions): Channel {
  const remote = formatEndpoint(address.host, port)
  const waiting = new Map<number, Waiter>()
  let unasked = 0
  let opening: Promise<Outcome<Datagrams>> | null = null
  let connection: { id: Uint8Array; untilMs: number } | null = null

  const newTransactionId = () => Buffer.from(network.randomBytes(4)).readUInt32BE(0)

  /** Strays, duplicates and forgeries have no waiter, another source or another action: they are not for us. */
  function onMessage(data: Uint8Array, from: { host: string; port: number }): void {
    const datagram = decodeDatagram(data)
    const waiter = datagram ? waiting.get(datagram.transactionId) : undefined
    if (!datagram || !waiter || formatEndpoint(from.host, from.port) !== remote) return onStray()
    if (datagram.action === actions.error) waiter.settle(succeed(parseError(datagram.body)))
    else if (datagram.action === waiter.action) waiter.settle(succeed({ ok: true, value: datagram.body }))
    else onStray()
  }

  /** Each costs us as much as an answer: from so many on, we no longer listen. */
  function onStray(): void {
    if (++unasked <= maxStrays) return
    onError(failure("too-large", `more than ${maxStrays} datagrams that answer nothing`))
    shut()
  }

  function onError(why: Failure): void {
    for (const waiter of waiting.values()) waiter.settle({ ok: false, failure: why })
  }

  function shut(): void {
    const opened = opening
    opening = null
    // Some trackers tie an id to the port that it was given to.
    connection = null
    unasked = 0
    void opened?.then((socket) => {
      if (socket.ok) socket.value.close()
    })
  }

  async function open(): Promise<Outcome<Datagrams>> {
    opening ??= network.datagrams(address.family, onMessage, onError, {
      remote: { host: address.host, port },
    })
    const opened = await opening
    if (!opened.ok) opening = null
    return opened
  }

  /** One transmission and its wait; `timeout` means: nothing within `waitMs`. */
  async function transmit(
    socket: Datagrams,
    request: Request,
    action: Action,
    waitMs: number,
    signal: AbortSignal,
    onSent: () => void,
  ): Promise<Outcome<Reply<Uint8Array>>> {
    return withDeadline(network, waitMs, signal, async (signal) => {
      const { promise, resolve } = Promise.withResolvers<Outcome<Reply<Uint8Array>>>()
      const onAbort = () => resolve(fail("aborted"))
      signal.addEventListener("abort", onAbort, { once: true })
      waiting.set(request.transactionId, { action, settle: resolve })
      const sent = await socket.send(request.packet, { host: address.host, port })
      if (sent.ok) onSent()
      else resolve(sent)
      const outcome = await promise
      waiting.delete(request.transactionId)
      signal.removeEventListener("abort", onAbort)
      return outcome
    })
  }

  async function exchange<T>(
    action: Action,
    build: (connectionId: Uint8Array, transactionId: number) => Uint8Array,
    parse: (body: Uint8Array) => Reply<T>,
    signal: AbortSignal,
  ): Promise<Answer<T>> {
    let transmissions = 0
    let connects = 0
    let doublings = 0
    let startedMs: number | null = null
    let left = false
    const onLeft = () => {
      left = true
    }

    const converse = async (socket: Datagrams, signal: AbortSignal): Promise<Outcome<Reply<T>>> => {
      const oldId = connection?.id
      let pending: Request | null = null
      for (;;) {
        const connected = connection !== null && network.now() < connection.untilMs ? connection : null
        if (!connected && connection) [connection, pending] = [null, null]
        if (!pending) {
          const transactionId = newTransactionId()
          const packet = connected ? build(connected.id, transactionId) : encodeConnect(transactionId)
          pending = { packet, transactionId }
        }
        startedMs ??= network.now()
        transmissions++
        const waitMs = timing.firstWaitMs * 2 ** Math.min(doublings, maxDoublings)
        const outcome = connected
          ? await transmit(socket, pending, action, waitMs, signal, onLeft)
          : await transmit(socket, pending, actions.connect, waitMs, signal, () => {})
        if (!outcome.ok) {
          if (outcome.failure.code !== "timeout") return outcome
          doublings++
          continue
        }
        doublings = 0
        pending = null
        const reply = outcome.value
        if (connected) {
          // The tracker may have forgotten an id of an earlier exchange: that is no refusal yet.
          if (reply.ok || connected.id !== oldId) return succeed(reply.ok ? parse(reply.value) : reply)
          connection = null
          continue
        }
        const id = reply.ok ? parseConnect(reply.value) : reply
        if (!id.ok) return succeed(id)
        connects++
        connection = { id: id.value, untilMs: network.now() + timing.connectionIdMs }
      }
    }

    const outcome = await withDeadline(network, timing.totalMs, signal, async (signal) => {
      const opened = await open()
      return opened.ok ? converse(opened.value, signal) : opened
    })
    const reply = outcome.ok ? outcome.value : asRefusal(outcome.failure)
    return {
      reply,
      ms: startedMs === null ? null : network.now() - startedMs,
      // An answered connect is part of the request that it was for.
      tries: Math.max(transmissions - connects, Math.min(transmissions, 1)),
      unread: left && mayHaveCounted(reply),
    }
  }

  return {
    announce: (request, signal) =>
      exchange(
        actions.announce,
        (id, transactionId) => encodeAnnounce(id, transactionId, request, pathAndQuery),
        (body) => parseAnnounce(body, address.family, request),
        signal,
      ),
    scrape: (infoHash, signal) =>
      exchange(
        actions.scrape,
        (id, transactionId) => encodeScrape(id, transactionId, infoHash),
        parseScrape,
        signal,
      ),
    close: shut,
  }
}

const asRefusal = (why: Failure): Refusal => ({ ok: false, failure: why, retryInMs: null })
