/** A .torrent by its URL. The user named the first host; where that sends us is a stranger's word. */
import { withDeadline } from "../../discovery/deadline.ts"
import { decodeBody } from "../../discovery/tracker/http-body.ts"
import { hostOf, portOf } from "../../discovery/tracker/http-tracker.ts"
import type { Family } from "../../evidence.ts"
import { fail, InputError, succeed, type Failure, type FailureCode, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { isRedirect, redirectTarget, type Address, type HttpReply, type Network } from "../../network.ts"
import { admits, formatEndpoint, type AddressRules } from "../../torrent/endpoint.ts"
import { maskTrackerUrl } from "../../torrent/tracker-url.ts"

/** The bytes as served, at most `limits.metainfo.maxBytes`. Throws InputError. */
export type FetchUrl = (url: string) => Promise<Uint8Array>

export interface FetchContext {
  readonly network: Pick<Network, "http" | "resolve" | "sleep">
  readonly families: readonly Family[]
  /** Pace `lab`. */
  readonly refusePublic: boolean
  /** Names are looked up by a proxy alone. */
  readonly proxied: boolean
  readonly userAgent: string
  readonly stop: AbortSignal
}

export const looksLikeUrl = (text: string): boolean => /^https?:\/\//i.test(text)

/** Sites put accounts into download links; a file's name is no secret, however long. */
export function maskedUrl(url: string): string {
  const bare = url.replace(/[?#].*$/s, "")
  const file = /\/[^/]*\.torrent$/i.exec(bare)?.[0]
  if (file === undefined) return maskTrackerUrl(url)
  const query = url.slice(bare.length).replace(/#.*$/s, "")
  return maskTrackerUrl(bare.slice(0, -file.length)) + file + maskTrackerUrl(query)
}

export async function fetchTorrent(text: string, context: FetchContext): Promise<Uint8Array> {
  const name = maskedUrl(text)
  const url = URL.parse(text)
  if (!url || url.hostname === "")
    throw refused(name, "is no URL", "Check it; quote it when it holds & or ?.")
  url.hash = ""
  const { network, stop } = context
  const { totalMs } = limits.fetch
  const got = await withDeadline(network, totalMs, stop, (signal) => follow(context, url, signal))
  if (stop.aborted)
    throw new InputError(String(stop.reason), `stopped before ${name} came`, "Nothing was kept.")
  if (!got.ok) throw notFetched(name, got.failure)
  const { status, headers, body } = got.value
  if (status !== 200) throw refused(name, `answered ${status}`)
  const decoded = decodeBody(body, headers["content-encoding"], limits.metainfo.maxBytes)
  if (!decoded.ok) throw notFetched(name, decoded.failure)
  return decoded.value
}

const refused = (name: string, what: string, hint = "Download it yourself, pass the file."): InputError =>
  new InputError("fetch-failed", `${name} ${what}`, hint)

const words: Partial<Record<FailureCode, string>> = {
  timeout: `did not come within ${limits.fetch.totalMs / 1_000}s`,
  dns: "has a host that is not found",
  refused: "has a host where nobody listens",
  "too-large": "is too large for a torrent",
}

function notFetched(name: string, { code, detail }: Failure): InputError {
  if (code === "bad-redirect" && detail === magnetLink)
    return refused(name, "leads to a magnet link", "Pass that link itself, in quotes.")
  const known = words[code]
  return refused(name, known ?? `could not be fetched: ${code}${detail === null ? "" : `, ${detail}`}`)
}

const magnetLink = "to a magnet link"

async function follow(context: FetchContext, start: URL, signal: AbortSignal): Promise<Outcome<HttpReply>> {
  const first = await admitted(context, start, signal)
  if (!first.ok) return first
  const home = { url: start, addresses: first.value }
  let url = start
  let addresses = home.addresses
  const visited = new Set<string>()
  for (;;) {
    visited.add(url.href)
    const reply = await ask(context, url, addresses, url.origin === start.origin ? start : null, signal)
    if (!reply.ok || !isRedirect(reply.value)) return reply
    const next = redirectTarget(reply.value, url)
    if (!next) return fail("bad-redirect", "to no usable place")
    if (next.protocol === "magnet:") return fail("bad-redirect", magnetLink)
    if (!looksLikeUrl(next.href)) return fail("bad-redirect", "to another scheme")
    if (visited.has(next.href)) return fail("bad-redirect", "in a loop")
    if (visited.size > limits.fetch.maxRedirects) return fail("bad-redirect", "too many")
    const target = await admittedRedirect(context, next, home, signal)
    if (!target.ok) return target
    url = next
    addresses = target.value
  }
}

/** The next address is tried where one has nobody listening. `account`: whose user and password go along. */
async function ask(
  { network, userAgent }: FetchContext,
  url: URL,
  addresses: readonly Address[],
  account: URL | null,
  signal: AbortSignal,
): Promise<Outcome<HttpReply>> {
  let reply: Outcome<HttpReply> = fail("unreachable")
  for (const address of addresses.slice(0, limits.fetch.maxAddresses)) {
    reply = await network.http({
      url,
      address,
      headers: {
        "user-agent": userAgent,
        accept: "application/x-bittorrent, */*;q=0.5",
        "accept-encoding": "gzip",
        ...basic(account),
      },
      maxBodyBytes: limits.metainfo.maxBytes,
      maxHeaderBytes: limits.fetch.maxHeaderBytes,
      signal,
    })
    if (reply.ok || (reply.failure.code !== "refused" && reply.failure.code !== "unreachable")) return reply
  }
  return reply
}

function basic(account: URL | null): { authorization?: string } {
  if (!account || (account.username === "" && account.password === "")) return {}
  const pair = `${unescaped(account.username)}:${unescaped(account.password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` }
}

/** A `%` that begins no escape stands for itself. */
const unescaped = (text: string): string =>
  Buffer.from(
    text.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  ).toString()

/** Whatever address the user's own host has, one's own network and machine included: it was meant. */
async function admitted(context: FetchContext, url: URL, signal: AbortSignal): Promise<Outcome<Address[]>> {
  const rules = { allowLocal: true, allowLoopback: true }
  return resolved(context, url, signal, rules)
}

/** Public addresses, and the very place that the user named, be it by its other scheme. */
async function admittedRedirect(
  context: FetchContext,
  to: URL,
  home: { url: URL; addresses: readonly Address[] },
  signal: AbortSignal,
): Promise<Outcome<Address[]>> {
  const secured = to.protocol === "https:" && to.hostname === home.url.hostname && portOf(to) === 443
  const ports = secured ? [portOf(home.url), 443] : [portOf(home.url)]
  const places = home.addresses.flatMap(({ host }) => ports.map((port) => formatEndpoint(host, port)))
  const rules = { allowLocal: false, allowLoopback: false, ports: "http" } as const
  const found = await resolved(context, to, signal, rules, places)
  return found.ok || found.failure.code !== "filtered"
    ? found
    : fail("bad-redirect", "to an address that we refuse")
}

async function resolved(
  { network, families, refusePublic, proxied }: FetchContext,
  url: URL,
  signal: AbortSignal,
  allowed: Pick<AddressRules, "allowLocal" | "allowLoopback" | "ports">,
  places: readonly string[] = [],
): Promise<Outcome<Address[]>> {
  const found = await network.resolve(hostOf(url), signal)
  if (!found.ok) return found
  const port = portOf(url)
  const rules = { ...allowed, refusePublic, allowNames: proxied }
  const usable = found.value.filter(
    ({ host, family }) =>
      families.includes(family) && (admits(rules, host, port) || places.includes(formatEndpoint(host, port))),
  )
  if (usable.length > 0) return succeed(usable)
  return fail("filtered", "our rules forbid its address")
}
