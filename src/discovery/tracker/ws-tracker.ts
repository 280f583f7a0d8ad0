/**
 * Trackers for WebTorrent over WebSockets: counts alone, as nobody whom they list can be reached without WebRTC. One connection,
 * opened by the first request and closed by `close`: with it the tracker's record of us ends as well.
 */
import { fail, succeed, type Failure, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Address, Network, WebSocketConnection } from "../../network.ts"
import { withDeadline } from "../deadline.ts"
import { accept, refuse, type Answer, type Channel, type Counts, type Reply } from "./reply.ts"
import { loadClient, type ClientFactory, type ClientRequest } from "./ws-client.ts"
import { parseMessage, type SaidAnnounce, type SaidScrape } from "./ws-codec.ts"

export interface WsTrackerOptions {
  url: URL
  /** Already admitted. */
  address: Address
  userAgent: string
  network: Network
  totalMs: number
}

type Said = SaidAnnounce | SaidScrape

/** A request that waits for its reply; `action` is what it asked for. */
interface Waiter {
  action: Said["action"]
  infoHash: Uint8Array
  settle(reply: Reply<Said>): void
}

export function wsChannel({ url, address, userAgent, network, totalMs }: WsTrackerOptions): Channel {
  const { wsMaxMessageBytes, wsMaxBytes, wsMaxMessages, wsCloseMs, maxHeaderBytes } = limits.tracker
  let connection: WebSocketConnection | null = null
  let waiter: Waiter | null = null
  let messages = 0
  let loading: Promise<Outcome<ClientFactory>> | null = null

  function drop(why?: Failure): void {
    connection?.close(why)
    connection = null
  }

  /** Others' offers, replies to what we no longer ask, and replies about other info hashes are counted and left. */
  function onMessage(data: Uint8Array): void {
    if (++messages > wsMaxMessages)
      return drop(fail("too-large", `more than ${wsMaxMessages} messages`).failure)
    if (!waiter) return
    const said = parseMessage(data, waiter.infoHash)
    if (said === null || (said.ok && said.value.action !== waiter.action)) return
    waiter.settle(said)
  }

  async function connect(signal: AbortSignal): Promise<Outcome<WebSocketConnection>> {
    if (connection) return succeed(connection)
    messages = 0
    const opened = await network.webSocket({
      url,
      address,
      headers: { "user-agent": userAgent },
      maxMessageBytes: wsMaxMessageBytes,
      maxBytes: wsMaxBytes,
      maxHeaderBytes,
      closeMs: wsCloseMs,
      onMessage,
      signal,
    })
    if (!opened.ok) return opened
    const mine = opened.value
    connection = mine
    void mine.ended.then(() => {
      if (connection === mine) connection = null
    })
    return opened
  }

  /** One message out, and the reply that it is for. */
  async function converse(
    through: WebSocketConnection,
    message: string,
    asked: Omit<Waiter, "settle">,
    signal: AbortSignal,
  ): Promise<Reply<Said>> {
    const { promise, resolve } = Promise.withResolvers<Reply<Said>>()
    const onAbort = () => resolve(refuse("aborted"))
    signal.addEventListener("abort", onAbort, { once: true })
    void through.ended.then((why) => resolve({ ok: false, failure: why, retryInMs: null }))
    waiter = { ...asked, settle: resolve }
    if (signal.aborted) onAbort()
    else through.send(message)
    const reply = await promise
    waiter = null
    signal.removeEventListener("abort", onAbort)
    return reply
  }

  async function exchange<T>(
    request: ClientRequest,
    signal: AbortSignal,
    finish: (said: Said, counts: Counts) => T,
  ): Promise<Answer<T>> {
    let startedMs: number | null = null
    const work = async (make: ClientFactory, signal: AbortSignal): Promise<Reply<T>> => {
      const made = make(request)
      if (!made.ok) return { ...made, retryInMs: null }
      const client = made.value
      try {
        const message = client.ask()
        if (!message.ok) return { ...message, retryInMs: null }
        startedMs = network.now()
        const opened = await connect(signal)
        if (!opened.ok) return { ...opened, retryInMs: null }
        const action = request.announce ? "announce" : "scrape"
        const reply = await converse(
          opened.value,
          message.value,
          { action, infoHash: request.infoHash },
          signal,
        )
        if (!reply.ok) return reply
        const counts = client.hear(reply.value)
        return counts.ok ? accept(finish(reply.value, counts.value)) : { ...counts, retryInMs: null }
      } finally {
        client.destroy()
      }
    }

    const outcome = await withDeadline(network, totalMs, signal, async (signal) => {
      loading ??= loadClient()
      const loaded = await loading
      return loaded.ok ? work(loaded.value, signal) : loaded
    })
    const reply: Reply<T> = outcome.ok ? outcome : { ...outcome, retryInMs: null }
    if (!reply.ok && reply.failure.code !== "tracker-refused") drop(reply.failure)
    const ms = startedMs === null ? null : network.now() - startedMs
    // A registration ends with its connection: none outlives an exchange that failed.
    return { reply, ms, tries: startedMs === null ? 0 : 1, unread: false }
  }

  return {
    announce({ infoHash, peerId, event, leftBytes }, signal) {
      if (event === "stopped" && !connection) {
        const reply = refuse("closed", "the connection ended, and our registration with it")
        return Promise.resolve({ reply, ms: null, tries: 0, unread: false })
      }
      return exchange({ infoHash, peerId, announce: { event, leftBytes } }, signal, (said, counts) => ({
        ...counts,
        ...(said.action === "announce"
          ? { intervalMs: said.intervalMs, minIntervalMs: said.minIntervalMs, warning: said.warning }
          : { intervalMs: null, minIntervalMs: null, warning: null }),
        peers: [],
        droppedPeers: 0,
        ownPeers: [],
        externalHost: null,
        trackerId: null,
      }))
    },
    scrape: (infoHash, signal) =>
      exchange({ infoHash, peerId: new Uint8Array(20), announce: null }, signal, (_, counts) => counts),
    close: () => drop(),
  }
}
