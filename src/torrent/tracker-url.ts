/** Tracker and web-seed URLs as they may be shown and saved: a passkey is somebody's account. */
import { trackerProtocols } from "../evidence.ts"

type TrackerProtocol = (typeof trackerProtocols)[number]

export function protocolOf(url: string): TrackerProtocol {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  return trackerProtocols.find((known) => known === scheme) ?? "unknown"
}

const mask = "***"

/** Parameters of BEP 3 and its extensions that say nothing about the person. */
const harmlessParameters = new Set([
  "compact",
  "event",
  "no_peer_id",
  "numwant",
  "requirecrypto",
  "supportcrypto",
])

/**
 * Long, or longish with both letters and digits, or with both cases. Wrong on the safe side: a masked word costs
 * a reader little, a printed passkey costs somebody their account.
 */
const looksLikeKey = (text: string): boolean =>
  text.length >= 20 ||
  (text.length >= 8 && /\d/.test(text) && /[a-z]/i.test(text)) ||
  (text.length >= 8 && /[a-z]/.test(text) && /[A-Z]/.test(text)) ||
  /^\d{8,}$/.test(text)

interface Parts {
  scheme: string
  authority: string
  path: string
  query: string | null
}

/** By text, not by `URL`: what can't be parsed must be masked as well. */
function split(url: string): Parts {
  const match = /^([a-z][a-z\d+.-]*:\/\/)?([^/?#]*)([^?#]*)(?:\?([^#]*))?/is.exec(url)
  return {
    scheme: match?.[1] ?? "",
    authority: match?.[2] ?? "",
    path: match?.[3] ?? "",
    query: match?.[4] ?? null,
  }
}

/** A fragment is never sent, so it is dropped. */
const join = ({ scheme, authority, path, query }: Parts): string =>
  scheme + authority + path + (query === null ? "" : `?${query}`)

export function maskTrackerUrl(url: string): string {
  const parts = split(url)
  return join({
    scheme: parts.scheme,
    authority: maskAuthority(parts.authority),
    path: parts.path
      .split("/")
      .map((segment) => (looksLikeKey(segment) ? mask : segment))
      .join("/"),
    query: maskQuery(parts.query),
  })
}

/**
 * Whether somebody's account may be in it: where even a short key must not be mistaken for a path, as with what could get its
 * owner banned. More cautious than the mask: only plain words pass.
 */
export function mayHoldKey(url: string): boolean {
  const parts = split(url)
  const plain = parts.path.split("/").every((segment) => /^[a-z._-]{0,12}$/i.test(segment))
  return !plain || maskTrackerUrl(url) !== join(parts)
}

/** A web seed's path names files, which look like keys and aren't. */
export function maskWebSeedUrl(url: string): string {
  const parts = split(url)
  return join({ ...parts, authority: maskAuthority(parts.authority), query: maskQuery(parts.query) })
}

function maskAuthority(authority: string): string {
  const at = authority.lastIndexOf("@")
  const host = authority.slice(at + 1)
  // The long label of an onion or I2P name is its address.
  const isAddress = /\.(onion|i2p)(:\d+)?$/i.test(host)
  const masked = isAddress
    ? host
    : host.replaceAll(/[^.:[\]\s]+/g, (label) => (/^[\da-z]{20,}$/i.test(label) ? mask : label))
  return at < 0 ? masked : `${mask}@${masked}`
}

function maskQuery(query: string | null): string | null {
  return query === null ? null : query.split("&").map(maskParameter).join("&")
}

function maskParameter(parameter: string): string {
  const equals = parameter.indexOf("=")
  if (equals < 0) return parameter === "" ? "" : mask
  const name = parameter.slice(0, equals)
  const value = parameter.slice(equals + 1)
  if (harmlessParameters.has(name) && /^\w{0,10}$/.test(value)) return parameter
  return `${looksLikeKey(name) ? mask : name}=${value === "" ? "" : mask}`
}
