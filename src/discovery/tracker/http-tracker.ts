/** BEP 3 and 48 over HTTP and HTTPS: one pinned address, own redirects, every byte and every second bounded. */
import { fail, succeed, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { isRedirect, redirectTarget, type Address, type HttpReply, type Network } from "../../network.ts"
import { admits, formatEndpoint, hostKind, type AddressRules } from "../../torrent/endpoint.ts"
import { isServicePort } from "../../torrent/ports.ts"
import { withDeadline } from "../deadline.ts"
import { decodeBody } from "./http-body.ts"
import { announceUrl, parseAnnounceReply, parseScrapeReply, refusalOf, scrapeUrl } from "./http-codec.ts"
import { mayHaveCounted, refuse, type Answer, type Channel, type Reply } from "./reply.ts"

export interface HttpTrackerOptions {
  url: URL
  /** Already admitted. */
  address: Address
  /** For the places that it redirects to. */
  rules: AddressRules
  /** Asked of each address that it redirects to, its own aside. */
  mayFollow?: ((host: string) => boolean) | undefined
  userAgent: string
  network: Network
  totalMs: number
}

export function httpChannel(options: HttpTrackerOptions): Channel {
  const { url, network, totalMs } = options

  async function ask<T>(
    target: URL,
    signal: AbortSignal,
    parse: (body: Uint8Array) => Reply<T>,
  ): Promise<Answer<T>> {
    const startedMs = network.now()
    let sent = false
    const got = await withDeadline(network, totalMs, signal, (signal) => {
      sent = true
      return follow(options, target, signal)
    })
    const ms = network.now() - startedMs
    const reply = got.ok ? read(got.value, parse) : { ...got, retryInMs: null }
    return { reply, ms, tries: 1, unread: sent && mayHaveCounted(reply) }
  }

  return {
    announce: (request, signal) =>
      ask(announceUrl(url, request), signal, (body) => parseAnnounceReply(body, request.peerId, request)),
    scrape(infoHash, signal) {
      const target = scrapeUrl(url, infoHash)
      if (target) return ask(target, signal, (body) => parseScrapeReply(body, infoHash))
      const reply = refuse("unsupported", "the announce URL has no scrape counterpart (BEP 48)")
      return Promise.resolve({ reply, ms: null, tries: 0, unread: false })
    },
    close: () => {},
  }
}

function read<T>(reply: HttpReply, parse: (body: Uint8Array) => Reply<T>): Reply<T> {
  const body = decodeBody(reply.body, reply.headers["content-encoding"], mostUnpacked(reply.body))
  if (reply.status === 200) return body.ok ? parse(body.value) : { ...body, retryInMs: null }
  const refusal = body.ok ? refusalOf(body.value) : null
  return refusal ?? refuse("http-status", `HTTP ${reply.status}`)
}

async function follow(
  options: HttpTrackerOptions,
  start: URL,
  signal: AbortSignal,
): Promise<Outcome<HttpReply>> {
  const { network, userAgent } = options
  let url = start
  let address = options.address
  let isPublic = hostKind(address.host) === "public"
  const visited = new Set<string>()
  for (;;) {
    visited.add(url.href)
    const reply = await network.http({
      url,
      address,
      headers: { "user-agent": userAgent, accept: "*/*", "accept-encoding": "gzip" },
      maxBodyBytes: limits.tracker.maxBodyBytes,
      maxHeaderBytes: limits.tracker.maxHeaderBytes,
      signal,
    })
    if (!reply.ok || !isRedirect(reply.value)) return reply
    const next = redirectTarget(reply.value, url)
    if (!next) return fail("bad-redirect", "no usable location")
    if (next.protocol !== "http:" && next.protocol !== "https:")
      return fail("bad-redirect", "to another scheme")
    if (visited.has(next.href)) return fail("bad-redirect", "a loop")
    if (visited.size > limits.tracker.maxRedirects) return fail("bad-redirect", "too many")
    const target = await admitRedirect(options, next, isPublic, signal)
    if (!target.ok) return target
    url = next
    address = target.value
    isPublic ||= hostKind(address.host) === "public"
  }
}

/**
 * A redirect gives no new rights: nothing but public addresses once one was met, and loopback never, except the very place
 * that the user named; and whoever named the tracker did not name that port. `bad-redirect`: nobody should follow it; `filtered`: it is
 * our own limits that forbid it.
 */
async function admitRedirect(
  { rules, address, url, network, mayFollow }: HttpTrackerOptions,
  to: URL,
  fromPublic: boolean,
  signal: AbortSignal,
): Promise<Outcome<Address>> {
  const found = await network.resolve(hostOf(to), signal)
  if (!found.ok) return found
  const allowLocal = rules.allowLocal && !fromPublic
  const redirectRules: AddressRules = { ...rules, allowLocal, allowLoopback: false, ports: "http" }
  const named = formatEndpoint(address.host, portOf(url))
  const admitted = found.value.find(
    ({ host, family }) =>
      family === address.family &&
      (admits(redirectRules, host, portOf(to)) || formatEndpoint(host, portOf(to)) === named),
  )
  if (!admitted) {
    const onlyOurs =
      !isServicePort(portOf(to), "http") && found.value.every(({ host }) => hostKind(host) === "public")
    return fail(onlyOurs ? "filtered" : "bad-redirect", "to an address that we refuse")
  }
  const may = admitted.host === address.host || mayFollow?.(admitted.host) !== false
  return may ? succeed(admitted) : fail("filtered", "too many redirects to that address")
}

/** Without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1")

export const portOf = (url: URL): number =>
  Number(url.port || (url.protocol === "https:" || url.protocol === "wss:" ? 443 : 80))

function mostUnpacked({ length }: Uint8Array): number {
  const { maxBodyBytes, maxGzipRatio, gzipFreeBytes } = limits.tracker
  return Math.min(maxBodyBytes, Math.max(gzipFreeBytes, maxGzipRatio * length))
}
