/** What a run is about: a torrent that we hold, or one whose metadata its peers must tell us (BEP 9). */
import type { Endpoint, Torrent } from "../evidence.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import type { Magnet } from "../torrent/magnet.ts"
import type { Metainfo } from "../torrent/metainfo.ts"
import { swarmHashes } from "../torrent/swarm-hashes.ts"

export type Target = { readonly metainfo: Metainfo } | { readonly magnet: Magnet }

/** What is known of it before any peer is asked. */
export interface Identity {
  /** 20 bytes; v2 only (BEP 52): the first 20 of its hash. */
  readonly infoHash: Uint8Array
  /** A hybrid's other one, of its v2 swarm. A magnet may not say it. */
  readonly alsoInfoHash: Uint8Array | null
  /** False while unknown. */
  readonly private: boolean
  /** A magnet link doesn't say. */
  readonly mayBePrivate: boolean
  readonly leftBytes: number
  readonly tiers: readonly (readonly string[])[]
  /** BEP 5: DHT nodes that the torrent names. */
  readonly nodes: readonly Endpoint[]
  /** BEP 9 `x.pe`. */
  readonly peers: readonly Endpoint[]
}

/** Trackers drop who has nothing left from their lists of leechers; what is left of an unknown size is at least a block. */
const someBytes = 16_384

export function identityOf(target: Target): Identity {
  if ("metainfo" in target) {
    const { infoHash, torrent, tiers, nodes } = target.metainfo
    return {
      infoHash,
      alsoInfoHash: alsoOf(torrent),
      private: torrent.private,
      mayBePrivate: false,
      leftBytes: torrent.sizeBytes,
      tiers,
      nodes,
      peers: [],
    }
  }
  const { trackers, peers } = target.magnet
  const { v1, v2 } = swarmHashes(target.magnet)
  return {
    infoHash: v1 ?? v2 ?? new Uint8Array(),
    alsoInfoHash: alsoOf(target.magnet),
    private: false,
    mayBePrivate: true,
    leftBytes: someBytes,
    tiers: trackers.map((url) => [url]),
    nodes: [],
    // A name is a look-up on the link's word; libtorrent passes them over as well.
    peers: peers.filter((peer) => parseEndpoint(peer) !== null),
  }
}

function alsoOf(hashes: Parameters<typeof swarmHashes>[0]): Uint8Array | null {
  const { v1, v2 } = swarmHashes(hashes)
  return v1 === null ? null : v2
}

/** Until its metadata is there, and where none is wanted: no piece, no file. */
export const unknownTorrent = (magnet: Magnet | null): Torrent => ({
  name: magnet?.name ?? magnet?.infoHashV1 ?? magnet?.infoHashV2 ?? "",
  infoHashV1: magnet?.infoHashV1 ?? null,
  infoHashV2: magnet?.infoHashV2 ?? null,
  private: false,
  sizeBytes: 0,
  pieceBytes: 0,
  pieceCount: 0,
  files: [],
})
