/** How a tracker is reached over one family: by its protocol, at the first of its addresses where somebody listens. */
import type { Failure, FailureCode } from "../failure.ts"
import type { Address, Network } from "../network.ts"
import type { AddressRules } from "../torrent/endpoint.ts"
import { httpChannel, portOf } from "./http-tracker.ts"
import type { Answer, Channel } from "./reply.ts"
import { udpChannel, type UdpTiming } from "./udp-tracker.ts"

export interface TrackerTiming {
  httpTotalMs: number
  /** Before each further try of a question that failed for the moment; BEP 15 has its own schedule. */
  httpPausesMs: readonly number[]
  stoppedMs: number
  udp: UdpTiming
}

export interface ChannelOptions {
  url: URL
  protocol: "http" | "https" | "udp"
  /** Admitted, of one family, in the order of the resolver. */
  addresses: readonly Address[]
  rules: AddressRules
  userAgent: string
  network: Network
  timing: TrackerTiming
}

/** `new URL` knows no hosts in `udp:` URLs, so it reads them as `http:`; port 80 stands for none, as there. */
export function parseTrackerUrl(url: string): URL | null {
  const parsed = URL.parse(url.replace(/^udp:/i, "http:"))
  return parsed && parsed.hostname !== "" ? parsed : null
}

export function openChannel(options: ChannelOptions): Channel {
  const { protocol, network, timing } = options
  const channel = firstReachable(
    options.addresses.slice(0, maxAddresses).map((address) =>
      protocol === "udp"
        ? udpChannel({
            address,
            port: portOf(options.url),
            pathAndQuery: options.url.pathname + options.url.search,
            network,
            timing: timing.udp,
          })
        : httpChannel({ ...options, address, totalMs: timing.httpTotalMs }),
    ),
  )
  return protocol === "udp" ? channel : patient(channel, network, timing.httpPausesMs)
}

const maxAddresses = 3

/** What may be over in a moment. One bad moment must not make a tracker a dead one. */
const passing = new Set<FailureCode>(["timeout", "refused", "reset", "closed", "unreachable"])

const isPassing = ({ code, detail }: Failure): boolean =>
  passing.has(code) || (code === "http-status" && /^HTTP 5/.test(detail ?? ""))

function patient(channel: Channel, network: Network, pausesMs: readonly number[]): Channel {
  async function ask<T>(signal: AbortSignal, request: () => Promise<Answer<T>>): Promise<Answer<T>> {
    let answer = await request()
    let { tries } = answer
    for (const pauseMs of pausesMs) {
      if (answer.reply.ok || !isPassing(answer.reply.failure)) break
      await network.sleep(pauseMs, signal)
      if (signal.aborted) break
      answer = await request()
      tries += answer.tries
    }
    return { ...answer, tries }
  }
  return {
    announce: (request, signal) => ask(signal, () => channel.announce(request, signal)),
    scrape: (infoHash, signal) => ask(signal, () => channel.scrape(infoHash, signal)),
    close: () => channel.close(),
  }
}

/** A name may have several addresses: the next one is asked where one has nobody listening. */
function firstReachable(channels: readonly Channel[]): Channel {
  let current = 0

  async function ask<T>(request: (channel: Channel) => Promise<Answer<T>>): Promise<Answer<T>> {
    let spentMs: number | null = null
    let tries = 0
    for (;;) {
      const channel = channels[current]
      if (!channel) throw new RangeError("a channel needs an address")
      const answer = await request(channel)
      if (answer.ms !== null) spentMs = (spentMs ?? 0) + answer.ms
      tries += answer.tries
      const { reply } = answer
      const nobody = !reply.ok && (reply.failure.code === "refused" || reply.failure.code === "unreachable")
      if (!nobody || current + 1 === channels.length) return { reply, ms: spentMs, tries }
      current++
    }
  }

  return {
    announce: (request, signal) => ask((channel) => channel.announce(request, signal)),
    scrape: (infoHash, signal) => ask((channel) => channel.scrape(infoHash, signal)),
    close: () => channels.forEach((channel) => channel.close()),
  }
}
