/** The first byte of a session with peers: how far the audit goes, at which pace, and what the swarm shares. */
import { torrentOf } from "./audited.ts"
import { planOf } from "./plan.ts"

const depths = ["sample", "full", "handshake", "sample"] as const

/** The bits: 3 depth, 4 v2, 8 encryption, 192 pace. The other bytes are for the strangers. */
export function castOf(bytes: Uint8Array) {
  const byte = planOf(bytes).byte()
  return {
    torrent: torrentOf((byte & 4) !== 0),
    depth: depths[byte & 3] ?? "sample",
    encryption: byte & 8 ? ("off" as const) : ("prefer" as const),
    pace: (byte & 192) === 192 ? ("normal" as const) : ("lab" as const),
    script: bytes.subarray(1),
  }
}
