/** How a tracker is reached over one family: by its protocol, at the first of its addresses where somebody listens. */
import type { Tracker } from "../../evidence.ts"
import { failure, type Failure, type FailureCode } from "../../failure.ts"
import type { Address, Network } from "../../network.ts"
import type { AddressRules } from "../../torrent/endpoint.ts"
import { withDeadline } from "../deadline.ts"
import { httpChannel, portOf } from "./http-tracker.ts"
import { unasked } from "./records.ts"
import type { AnnounceReply, AnnounceRequest, Answer, Channel, Counts } from "./reply.ts"
import { udpChannel, type UdpTiming } from "./udp-tracker.ts"
import { wsChannel } from "./ws-tracker.ts"

export interface TrackerTiming {
  httpTotalMs: number
  /** Before each further try of a question that failed for the moment; BEP 15 has its own schedule. */
  httpPausesMs: readonly number[]
  stoppedMs: number
  briefMs: number
  wsScrapeMs: number
  canaryMs: number
  udp: UdpTiming
}

/** `oneTryMs`: one try, of no more than that; null: all that the timing allows. */
export interface TrackerChannel {
  announce(
    request: AnnounceRequest,
    signal: AbortSignal,
    oneTryMs: number | null,
  ): Promise<Answer<AnnounceReply>>
  scrape(infoHash: Uint8Array, signal: AbortSignal, oneTryMs: number | null): Promise<Answer<Counts>>
  close(): void
}

export type AskedProtocol = Exclude<Tracker["protocol"], "unknown">

export const isWebSocket = (protocol: Tracker["protocol"]): boolean => protocol === "ws" || protocol === "wss"

export interface ChannelOptions {
  url: URL
  protocol: AskedProtocol
  /** Admitted, of one family, in the order of the resolver. */
  addresses: readonly Address[]
  rules: AddressRules
  /** Asked of each address that a redirect leads to. */
  mayFollow(host: string): boolean
  userAgent: string
  network: Network
  timing: TrackerTiming
}

/** `new URL` knows no hosts in `udp:` URLs, so it reads them as `http:`; port 80 stands for none, as there. */
export function parseTrackerUrl(url: string): URL | null {
  const parsed = URL.parse(url.replace(/^udp:/i, "http:"))
  return parsed && parsed.hostname !== "" ? parsed : null
}

export function openChannel(options: ChannelOptions): TrackerChannel {
  const { protocol, network, timing } = options
  const channel = firstReachable(
    options.addresses.slice(0, maxAddresses).map((address) => channelTo(address, options)),
  )
  const pausesMs = protocol === "udp" ? [] : timing.httpPausesMs
  const ask = <T>(
    signal: AbortSignal,
    oneTryMs: number | null,
    request: (signal: AbortSignal) => Promise<Answer<T>>,
  ) =>
    oneTryMs === null
      ? patiently(network, pausesMs, signal, request)
      : once(network, oneTryMs, signal, request)
  return {
    announce: (request, signal, oneTryMs) =>
      ask(signal, oneTryMs, (signal) => channel.announce(request, signal)),
    scrape: (infoHash, signal, oneTryMs) =>
      ask(signal, oneTryMs, (signal) => channel.scrape(infoHash, signal)),
    close: () => channel.close(),
  }
}

/** Of one family. */
export const maxAddresses = 3

function channelTo(address: Address, options: ChannelOptions): Channel {
  const { url, protocol, network, timing } = options
  if (isWebSocket(protocol)) return wsChannel({ ...options, address, totalMs: timing.httpTotalMs })
  if (protocol !== "udp") return httpChannel({ ...options, address, totalMs: timing.httpTotalMs })
  const pathAndQuery = url.pathname + url.search
  return udpChannel({ address, port: portOf(url), pathAndQuery, network, timing: timing.udp })
}

/** What may be over in a moment. One bad moment must not make a tracker a dead one. */
const passing = new Set<FailureCode>(["timeout", "refused", "reset", "closed", "unreachable"])

export const isPassing = ({ code, detail }: Failure): boolean =>
  passing.has(code) || (code === "http-status" && detail?.startsWith("HTTP 5") === true)

async function patiently<T>(
  network: Network,
  pausesMs: readonly number[],
  signal: AbortSignal,
  request: (signal: AbortSignal) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  let answer = await request(signal)
  let { tries, unread } = answer
  for (const pauseMs of pausesMs) {
    if (answer.reply.ok || !isPassing(answer.reply.failure)) break
    await network.sleep(pauseMs, signal)
    if (signal.aborted) break
    const again = await request(signal)
    // Cut off by the end of the run, it says nothing: what the tries before came to still holds.
    if (!again.reply.ok && again.reply.failure.code === "aborted") break
    answer = again
    tries += answer.tries
    unread ||= answer.unread
  }
  return { ...answer, tries, unread }
}

async function once<T>(
  network: Network,
  ms: number,
  signal: AbortSignal,
  request: (signal: AbortSignal) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  let answer: Answer<T> = unasked(failure("aborted"))
  const outcome = await withDeadline(network, ms, signal, async (signal) => {
    answer = await request(signal)
    return answer.reply
  })
  return outcome.ok ? answer : { ...answer, reply: { retryInMs: null, ...outcome } }
}

/** A name may have several addresses: the next one is asked where one has nobody listening. */
function firstReachable(channels: readonly Channel[]): Channel {
  let current = 0

  async function ask<T>(request: (channel: Channel) => Promise<Answer<T>>): Promise<Answer<T>> {
    let spentMs: number | null = null
    let tries = 0
    let unread = false
    for (;;) {
      const channel = channels[current]
      if (!channel) throw new RangeError("a channel needs an address")
      const answer = await request(channel)
      if (answer.ms !== null) spentMs = (spentMs ?? 0) + answer.ms
      tries += answer.tries
      unread ||= answer.unread
      const { reply } = answer
      const nobody = !reply.ok && (reply.failure.code === "refused" || reply.failure.code === "unreachable")
      if (!nobody || current + 1 === channels.length) return { reply, ms: spentMs, tries, unread }
      current++
    }
  }

  return {
    announce: (request, signal) => ask((channel) => channel.announce(request, signal)),
    scrape: (infoHash, signal) => ask((channel) => channel.scrape(infoHash, signal)),
    close: () => channels.forEach((channel) => channel.close()),
  }
}
