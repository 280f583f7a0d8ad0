/** What a reply's dictionary holds, bounded. BEP 5 and 32 (nodes, nodes6, values, token), BEP 33 (BFsd, BFpe), BEP 51 (samples). */
import type { Endpoint, Family } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import { formatAddress } from "../../torrent/address.ts"
import { bytesOf, integerOf, listOf } from "../../torrent/bencode-values.ts"
import type { BencodeDictionary } from "../../torrent/bencode.ts"
import { decodeCompactPeers } from "../../torrent/compact-peers.ts"
import { idBytes } from "./krpc.ts"

export interface NamedNode {
  id: Uint8Array
  host: string
  port: number
}

/** `nodes`, or BEP 32 `nodes6`: <20 bytes of id><4 or 16 bytes of address><2 bytes of port> each. Port 0 is left out. */
export function nodesOf(body: BencodeDictionary, family: Family): NamedNode[] {
  const bytes = bytesOf(body.get(family === "ipv4" ? "nodes" : "nodes6"))
  if (!bytes) return []
  const portAt = idBytes + (family === "ipv4" ? 4 : 16)
  const nodes: NamedNode[] = []
  for (let at = 0; at + portAt + 2 <= bytes.length; at += portAt + 2) {
    const entry = bytes.subarray(at, at + portAt + 2)
    const port = ((entry[portAt] ?? 0) << 8) | (entry[portAt + 1] ?? 0)
    if (port === 0) continue
    nodes.push({ id: entry.subarray(0, idBytes), host: formatAddress(entry.subarray(idBytes, portAt)), port })
  }
  return nodes
}

/** Too long a token is none: it would have to be sent back. */
export function tokenOf(body: BencodeDictionary): Uint8Array | null {
  const token = bytesOf(body.get("token"))
  return token && token.length > 0 && token.length <= limits.dht.maxTokenBytes ? token : null
}

export interface Values {
  /** Distinct, as the node says them; port 0 left out. */
  peers: Endpoint[]
  /** Beyond our cap. */
  dropped: number
}

/**
 * Strings of 6 bytes, or of 18 for IPv6; both may stand in one list (BEP 32). Old nodes send one string with all IPv4 peers.
 */
export function valuesOf(body: BencodeDictionary, family: Family): Values {
  const list = listOf(body.get("values")) ?? []
  const peers = new Set<Endpoint>()
  const { maxPeersPerReply } = limits.dht
  let dropped = 0
  for (const value of list) {
    const bytes = bytesOf(value)
    if (!bytes) continue
    const isIPv6 = bytes.length === 18 && (family === "ipv6" || list.length > 1)
    for (const peer of decodeCompactPeers(bytes, isIPv6 ? "ipv6" : "ipv4").peers) {
      if (peers.size < maxPeersPerReply || peers.has(peer)) peers.add(peer)
      else dropped++
    }
  }
  return { peers: [...peers], dropped }
}

const filterBytes = 256

/** BEP 33: 2048 bits each, copied. Null: it sent none of that kind. */
export function filtersOf(body: BencodeDictionary): {
  seeders: Uint8Array | null
  leechers: Uint8Array | null
} {
  const filter = (key: string) => {
    const bytes = bytesOf(body.get(key))
    return bytes?.length === filterBytes ? Uint8Array.from(bytes) : null
  }
  return { seeders: filter("BFsd"), leechers: filter("BFpe") }
}

/** BEP 51: six hours. */
const mostIntervalSeconds = 21_600

export interface Samples {
  infoHashes: Uint8Array[]
  /** Info hashes that the node holds in all; null: it doesn't say. */
  total: number | null
  /** When it may be asked again; null: it doesn't say. */
  intervalMs: number | null
}

/** BEP 51. Null: the node doesn't know `sample_infohashes`. */
export function samplesOf(body: BencodeDictionary): Samples | null {
  const bytes = bytesOf(body.get("samples"))
  if (!bytes || bytes.length % idBytes !== 0) return null
  const infoHashes = Array.from({ length: bytes.length / idBytes }, (_, i) =>
    bytes.subarray(i * idBytes, (i + 1) * idBytes),
  )
  const natural = (key: string) => {
    const value = integerOf(body.get(key))
    return value !== null && value >= 0 ? value : null
  }
  const seconds = natural("interval")
  const isInterval = seconds !== null && seconds <= mostIntervalSeconds
  return { infoHashes, total: natural("num"), intervalMs: isInterval ? seconds * 1_000 : null }
}
