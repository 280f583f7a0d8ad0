/** BEP 23 and BEP 7 compact peers: <4 or 16 bytes of address><2 bytes of port> each, big-endian. */
import type { Endpoint, Family } from "../evidence.ts"
import { formatAddress } from "./address.ts"
import { formatEndpoint } from "./endpoint.ts"

export interface CompactPeers {
  /** In the order received; entries with port 0 left out. */
  peers: Endpoint[]
  /** The bytes don't divide into entries: what is left at the end was dropped. */
  malformed: boolean
}

export function decodeCompactPeers(bytes: Uint8Array, family: Family): CompactPeers {
  const addressBytes = family === "ipv4" ? 4 : 16
  const entryBytes = addressBytes + 2
  const peers: Endpoint[] = []
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const portAt = at + addressBytes
    const port = ((bytes[portAt] ?? 0) << 8) | (bytes[portAt + 1] ?? 0)
    if (port === 0) continue
    const address = bytes.subarray(at, portAt)
    // As `formatEndpoint` would write it, many thousand times.
    if (family === "ipv4") peers.push(`${address[0]}.${address[1]}.${address[2]}.${address[3]}:${port}`)
    else peers.push(formatEndpoint(formatAddress(address), port))
  }
  return { peers, malformed: bytes.length % entryBytes !== 0 }
}
