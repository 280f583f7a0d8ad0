/** BEP 9 magnet links, and bare info hashes. */
import type { Endpoint, InfoHash } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import { formatEndpoint, parseEndpoint, splitHostPort } from "./endpoint.ts"

export interface Magnet {
  infoHashV1: InfoHash | null
  infoHashV2: InfoHash | null
  name: string | null
  /** Each a tier of its own (BEP 12), as in libtorrent. */
  trackers: string[]
  /** `x.pe`: addresses, and names, which whoever wants to dial them looks up first. */
  peers: Endpoint[]
  webSeeds: string[]
}

const quoteHint = "Quote it: `&` ends shell commands."
const hashHint = "v1 needs 40, v2 64."

/** Of others a link may hold any number. */
const readKeys = new Set(["xt", "dn", "tr", "ws", "x.pe"])

export const looksLikeMagnet = (text: string): boolean => /^magnet:/i.test(text)

/** As messages and files may name it: its trackers may hold a passkey, its peers are somebody's addresses. */
export const maskedMagnet = (uri: string): string => {
  const topic = /[?&](xt(?:\.\d+)?=urn:bt[im]h:[\da-z]+)/i.exec(uri)?.[1]
  return topic === undefined ? "magnet:" : `magnet:?${topic}`
}

/** Long enough, and made of nothing but the digits of a hash, cut short perhaps: no file name that a person would choose. */
export const looksLikeInfoHash = (text: string): boolean =>
  /^[\da-f]{32,}$/i.test(text) || /^[a-z2-7]{32}$/i.test(text)

export function parseMagnet(uri: string): Magnet {
  if (!/^magnet:\?/i.test(uri)) throw new InputError("bad-magnet", "magnet has no `?`", quoteHint)
  const values = new Map<string, string[]>()
  // HTML writes & as &amp;, and people copy it.
  for (const parameter of uri.slice("magnet:?".length).replaceAll("&amp;", "&").split("&")) {
    const equals = parameter.indexOf("=")
    if (equals < 0) continue
    // xt.1, tr.2 …
    const key = parameter
      .slice(0, equals)
      .toLowerCase()
      .replace(/\.\d+$/, "")
    if (!readKeys.has(key)) continue
    const known = values.get(key)
    const value = unescape(parameter.slice(equals + 1), key)
    if (known) known.push(value)
    else values.set(key, [value])
  }
  const all = (key: string) => [...new Set(values.get(key))].filter((value) => value !== "")
  const topics = all("xt")
  const infoHashV1 = only(topics, /^urn:btih:(.*)$/is, v1Hash)
  const infoHashV2 = only(topics, /^urn:btmh:(.*)$/is, v2Hash)
  if (infoHashV1 === null && infoHashV2 === null)
    throw new InputError("bad-magnet", "magnet has no btih/btmh", quoteHint)
  return {
    infoHashV1,
    infoHashV2,
    name: all("dn")[0]?.slice(0, limits.metainfo.maxNameBytes) ?? null,
    trackers: all("tr").slice(0, limits.metainfo.maxTrackers),
    peers: [...new Set(all("x.pe").flatMap(peerOf))].slice(0, limits.run.maxPeers),
    webSeeds: all("ws").slice(0, limits.metainfo.maxWebSeeds),
  }
}

/** A bare info hash is a magnet that says nothing else. */
export function parseInfoHash(text: string): Magnet {
  const nothing = { name: null, trackers: [], peers: [], webSeeds: [] }
  if (/^[\da-f]{64}$/i.test(text)) return { infoHashV1: null, infoHashV2: text.toLowerCase(), ...nothing }
  return { infoHashV1: v1Hash(text), infoHashV2: null, ...nothing }
}

function unescape(value: string, key: string): string {
  try {
    return decodeURIComponent(key === "dn" ? value.replaceAll("+", " ") : value)
  } catch {
    const bad = /%(?![\da-f]{2}).{0,2}/i.exec(value)?.[0] ?? "bytes that are not UTF-8"
    throw new InputError(
      "bad-magnet",
      `magnet has bad percent-encoding in ${JSON.stringify(key.slice(0, 20))}: ${bad}`,
      "Copy the link again, whole.",
    )
  }
}

/** The one hash of this kind; two different ones are two swarms. */
function only(topics: string[], pattern: RegExp, parse: (text: string) => InfoHash): InfoHash | null {
  const hashes = new Set(topics.flatMap((topic) => pattern.exec(topic)?.[1] ?? []).map(parse))
  if (hashes.size > 1)
    throw new InputError("bad-magnet", "magnet names two different info hashes", "Audit one at a time.")
  return [...hashes][0] ?? null
}

/** 40 hex digits, or the older 32 of base32. */
function v1Hash(text: string): InfoHash {
  if (/^[\da-f]{40}$/i.test(text)) return text.toLowerCase()
  if (/^[a-z2-7]{32}$/i.test(text)) return base32ToHex(text.toUpperCase())
  throw badHash(text)
}

/** A multihash: 12 (SHA-256), 20 (32 bytes), then the digest. */
function v2Hash(text: string): InfoHash {
  const digest = /^1220([\da-f]*)$/i.exec(text)?.[1]
  if (digest === undefined)
    throw new InputError("bad-hash", "btmh is not a SHA-256 multihash", "It begins with 1220.")
  if (digest.length !== 64) throw badHash(digest)
  return digest.toLowerCase()
}

function badHash(text: string): InputError {
  const wrong = /[^\da-f]/i.exec(text)
  if (!wrong) return new InputError("bad-hash", `info-hash has ${text.length} hex digits`, hashHint)
  return new InputError(
    "bad-hash",
    `info-hash has ${JSON.stringify(wrong[0])} at position ${wrong.index + 1}: not a hex digit`,
    hashHint,
  )
}

function base32ToHex(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
  let bits = 0n
  for (const character of text) bits = (bits << 5n) | BigInt(alphabet.indexOf(character))
  return bits.toString(16).padStart(40, "0")
}

/** BEP 9: hostname:port, IPv4:port or [IPv6]:port. What is none of them is left out: the link is still good. */
function peerOf(text: string): Endpoint[] {
  const parsed = splitHostPort(text)
  if (parsed === null || parsed.port === 0) return []
  const endpoint = formatEndpoint(parsed.host, parsed.port)
  const usable =
    parseEndpoint(endpoint) !== null || (endpoint.length <= maxEndpointLength && isName(parsed.host))
  return usable ? [endpoint] : []
}

/** As evidence keeps them. */
const maxEndpointLength = 100

/** RFC 1123; what ends in a number is a bad address and no name. */
const isName = (host: string): boolean =>
  /^(?:[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?\.)*[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/i.test(host) &&
  !/(?:^|\.)(?:\d+|0x[\da-f]*)$/i.test(host)
