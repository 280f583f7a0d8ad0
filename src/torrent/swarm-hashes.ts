/** By which 20 bytes a torrent's peers, trackers and DHT nodes know it. BEP 52: v2 uses its SHA-256 hash cut short. */
import type { InfoHash } from "../evidence.ts"

export interface SwarmHashes {
  readonly v1: Uint8Array | null
  /** The first 20 bytes. */
  readonly v2: Uint8Array | null
}

/** A hybrid has both, and so two swarms. */
export const swarmHashes = (of: {
  readonly infoHashV1: InfoHash | null
  readonly infoHashV2: InfoHash | null
}): SwarmHashes => ({ v1: cut(of.infoHashV1), v2: cut(of.infoHashV2) })

const cut = (hex: InfoHash | null): Uint8Array | null =>
  hex === null ? null : new Uint8Array(Buffer.from(hex.slice(0, 40), "hex"))
