/**
 * BEP 3 (announce over HTTP), 7 (peers6), 23 (compact), 24 (external ip), 31 (retry in), 48 (scrape): URLs out, bencode in.
 *
 *   announce  → d 8:intervali…e 12:min intervali…e 8:completei…e 10:incompletei…e 5:peers<6·n> 6:peers6<18·n> e
 *   scrape    → d 5:filesd 20:<info hash>d 8:completei…e 10:downloadedi…e 10:incompletei…e e e e
 *   refusal   → d 14:failure reason… 8:retry ini<minutes>e|5:never e
 */
import type { Endpoint, Family } from "../../evidence.ts"
import { decode, type BencodeDictionary, type BencodeValue, type WantedKeys } from "../../torrent/bencode.ts"
import { decodeCompactPeers } from "../../torrent/compact-peers.ts"
import { addressKind, formatEndpoint, parseEndpoint } from "../../torrent/endpoint.ts"
import { limits } from "../../limits.ts"
import {
  accept,
  distinctPeers,
  refuse,
  roomIn,
  toCount,
  toIntervalMs,
  toReason,
  type AnnounceReply,
  type AnnounceRequest,
  type Counts,
  type Refusal,
  type Reply,
} from "./reply.ts"

/** Every byte that is not unreserved (RFC 3986) as %XX: the hash is bytes, not text. */
const percentEncode = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte)
    return /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  }).join("")

const withQuery = (tracker: URL, query: string): URL => {
  const url = new URL(tracker)
  url.hash = ""
  // By hand: URLSearchParams would encode the tracker's own query anew.
  url.search = url.search === "" ? query : `${url.search}&${query}`
  return url
}

export function announceUrl(tracker: URL, request: AnnounceRequest): URL {
  const query = [
    `info_hash=${percentEncode(request.infoHash)}`,
    `peer_id=${percentEncode(request.peerId)}`,
    `port=${request.port}`,
    "uploaded=0",
    "downloaded=0",
    `left=${request.leftBytes}`,
    "compact=1",
    `numwant=${request.numwant}`,
    `key=${request.key.toString(16).padStart(8, "0")}`,
  ]
  // BEP 3: a regular announce has no event.
  if (request.event !== "update") query.push(`event=${request.event}`)
  if (request.trackerId) query.push(`trackerid=${percentEncode(request.trackerId)}`)
  return withQuery(tracker, query.join("&"))
}

/** BEP 48: the last segment must start with `announce`; null where the tracker's URL says that it can't scrape. */
export function scrapeUrl(tracker: URL, infoHash: Uint8Array): URL | null {
  const slash = tracker.pathname.lastIndexOf("/")
  const last = tracker.pathname.slice(slash + 1)
  if (!last.startsWith("announce")) return null
  const url = new URL(tracker)
  url.pathname = `${tracker.pathname.slice(0, slash + 1)}scrape${last.slice("announce".length)}`
  return withQuery(url, `info_hash=${percentEncode(infoHash)}`)
}

export function parseAnnounceReply(
  body: Uint8Array,
  peerId: Uint8Array,
  request: Pick<AnnounceRequest, "room"> = {},
): Reply<AnnounceReply> {
  const read = dictionary(body, limits.tracker.maxValues)
  if (!read.ok) return read
  const reply = read.value
  const refusal = refusalIn(reply)
  if (refusal) return refusal

  const most = roomIn(request)
  const lists = [
    peersIn(reply.get("peers"), "ipv4", peerId, most),
    peersIn(reply.get("peers6"), "ipv6", peerId, most),
  ]
  const { peers, dropped } = distinctPeers(
    lists.flatMap((list) => list?.peers ?? []),
    most,
  )
  const value: AnnounceReply = {
    ...countsIn(reply),
    intervalMs: toIntervalMs(reply.get("interval")),
    minIntervalMs: toIntervalMs(reply.get("min interval")),
    peers,
    droppedPeers: dropped + lists.reduce((sum, list) => sum + (list?.dropped ?? 0), 0),
    ownPeers: lists.flatMap((list) => list?.own ?? []),
    externalHost: externalHost(reply.get("external ip")),
    warning: textIn(reply.get("warning message")),
    trackerId: shortBytes(reply.get("tracker id")),
  }
  const usable =
    lists.some((list) => list !== null) ||
    value.intervalMs !== null ||
    value.seeders !== null ||
    value.leechers !== null
  return usable ? accept(value) : refuse("bad-reply", "no peers, interval or counts")
}

export function parseScrapeReply(body: Uint8Array, infoHash: Uint8Array): Reply<Counts> {
  const key = Buffer.from(infoHash).toString("latin1")
  // bittorrent-tracker's server writes the key's bytes as if they were characters, in UTF-8.
  const keyAsText = Buffer.from(key, "utf8").toString("latin1")
  const wanted = scrapeKeys(key, keyAsText)
  const read = dictionary(body, limits.tracker.maxScrapeValues, wanted)
  if (!read.ok) return read
  const refusal = refusalIn(read.value)
  if (refusal) return refusal
  const files = read.value.get("files")
  if (!(files instanceof Map)) return refuse("bad-reply", "no files")
  const entry = files.get(key) ?? files.get(keyAsText)
  // BEP 48: an entry per torrent «for which there are stats». opentracker has none where nobody is: no refusal, and no count.
  if (entry === undefined) return accept({ seeders: null, leechers: null, downloads: null })
  if (!(entry instanceof Map)) return refuse("bad-reply", "entry is no dictionary")
  const counts = countsIn(entry)
  const usable = counts.seeders !== null || counts.leechers !== null || counts.downloads !== null
  return usable ? accept(counts) : refuse("bad-reply", "no counts")
}

/** Also in replies with an error status: some trackers refuse that way. */
export function refusalOf(body: Uint8Array): Refusal | null {
  const read = dictionary(body, limits.tracker.maxValues)
  return read.ok ? refusalIn(read.value) : null
}

/** All that is read of a scrape: some trackers send the counts of every torrent that they know. */
function scrapeKeys(...torrents: readonly string[]): WantedKeys {
  const plain: WantedKeys = new Map()
  const counts: WantedKeys = new Map(["complete", "incomplete", "downloaded"].map((key) => [key, plain]))
  return new Map([
    ["failure reason", plain],
    ["retry in", plain],
    ["files", new Map(torrents.map((torrent) => [torrent, counts]))],
  ])
}

function dictionary(body: Uint8Array, maxValues: number, wanted?: WantedKeys): Reply<BencodeDictionary> {
  // PHP trackers end their reply with a newline.
  const decoded = decode(body, { allowTrailing: true, maxValues, ...(wanted ? { wanted } : {}) })
  if (!decoded.ok) return refuse("bad-bencode", `${decoded.fault.reason} at byte ${decoded.fault.offset}`)
  return decoded.value instanceof Map ? accept(decoded.value) : refuse("bad-reply", "not a dictionary")
}

function refusalIn(reply: BencodeDictionary): Refusal | null {
  const reason = reply.get("failure reason")
  if (reason === undefined) return null
  return refuse("tracker-refused", textIn(reason) ?? "no readable reason", retryIn(reply.get("retry in")))
}

/** BEP 31: minutes, or `never`. */
function retryIn(value: BencodeValue | undefined): number | null {
  if (value instanceof Uint8Array && Buffer.from(value).toString("latin1") === "never") return Infinity
  return toIntervalMs(typeof value === "number" ? value * 60 : value)
}

const countsIn = (reply: BencodeDictionary): Counts => ({
  seeders: toCount(reply.get("complete")),
  leechers: toCount(reply.get("incomplete")),
  downloads: toCount(reply.get("downloaded")),
})

const textIn = (value: BencodeValue | undefined): string | null =>
  value instanceof Uint8Array ? toReason(value) || null : null

/** It goes into our next URL, so a long one would make us send nonsense. */
const shortBytes = (value: BencodeValue | undefined): Uint8Array | null =>
  value instanceof Uint8Array && value.length > 0 && value.length <= 256 ? Uint8Array.from(value) : null

interface PeerList {
  peers: Endpoint[]
  own: Endpoint[]
  dropped: number
}

/** Null: absent, or neither a string nor a list. A trailing partial entry costs only itself. */
function peersIn(
  value: BencodeValue | undefined,
  family: Family,
  peerId: Uint8Array,
  most: number,
): PeerList | null {
  if (value instanceof Uint8Array) {
    const size = family === "ipv4" ? 6 : 18
    const room = 2 * most
    const { peers } = decodeCompactPeers(value.subarray(0, size * room), family)
    return { peers, own: [], dropped: Math.max(0, Math.floor(value.length / size) - room) }
  }
  if (!Array.isArray(value)) return null
  const peers: Endpoint[] = []
  const own: Endpoint[] = []
  for (const entry of value) {
    const endpoint = entry instanceof Map ? endpointIn(entry) : null
    if (!endpoint || !(entry instanceof Map)) continue
    peers.push(endpoint)
    const id = entry.get("peer id")
    if (id instanceof Uint8Array && Buffer.compare(id, peerId) === 0) own.push(endpoint)
  }
  return { peers, own, dropped: 0 }
}

/** BEP 3 allows a name as `ip`; nobody sends one, and we look none up for a tracker. */
function endpointIn(entry: BencodeDictionary): Endpoint | null {
  const ip = entry.get("ip")
  const port = entry.get("port")
  if (!(ip instanceof Uint8Array) || ip.length > 45 || typeof port !== "number") return null
  const host = Buffer.from(ip).toString("latin1")
  const parsed = parseEndpoint(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)
  return parsed && parsed.port > 0 ? formatEndpoint(parsed.host, parsed.port) : null
}

/** BEP 24: 4 or 16 bytes. */
function externalHost(value: BencodeValue | undefined): string | null {
  if (!(value instanceof Uint8Array) || (value.length !== 4 && value.length !== 16)) return null
  const port = Uint8Array.of(0, 1)
  const { peers } = decodeCompactPeers(Buffer.concat([value, port]), value.length === 4 ? "ipv4" : "ipv6")
  const host = parseEndpoint(peers[0] ?? "")?.host ?? null
  return host !== null && addressKind(host) !== "never" ? host : null
}
