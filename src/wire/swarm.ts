/** What all sessions of a run share: the torrent, who we are, and by which info hashes both sides know it (BEP 3, BEP 52). */
import type { EncryptionPolicy, Torrent } from "../evidence.ts"
import type { Network } from "../network.ts"
import type { Reference } from "../torrent/reference.ts"
import type { V2Pieces } from "../torrent/v2-pieces.ts"
import type { PexMessage } from "./pex.ts"
import type { Session } from "./session.ts"
import type { Throttle } from "./throttle.ts"
import type { UtpSocket } from "./utp.ts"

export interface Swarm {
  /** 20 bytes: of a hybrid torrent the v1 one, of a v2-only one the truncated v2 one. */
  readonly infoHash: Uint8Array
  /** BEP 52: the truncated v2 info hash of a hybrid torrent, by which peers may know it, too. */
  readonly alsoInfoHash?: Uint8Array | null
  readonly peerId: Uint8Array
  readonly torrent: Torrent
  /** 20 bytes per piece; none in a v2-only torrent. */
  readonly pieceHashes: Uint8Array
  /** Of a v2 or hybrid torrent. What peers prove about its pieces is added. */
  readonly v2?: V2Pieces | null
  /** The publisher's own copy: single blocks are held against it. */
  readonly reference?: Reference | null
  /** Told to peers as `p`; null while we don't listen. */
  listenPort: number | null
  readonly clientVersion: string
  readonly network: Network
  /** The start of the run, on the network's clock. */
  readonly startedMs: number
  readonly throttle: Throttle
  /** Each `limits.peer` unless given here; `connectMs` is the pace's. */
  readonly connectMs?: number
  readonly handshakeMs?: number
  readonly claimMs?: number
  readonly blockMs?: number
  /** Ask peers whom they know (BEP 11). Never of a private torrent. */
  readonly pex?: boolean
  /** Addresses are what a stranger says: nothing about them is checked. */
  onPex?(session: Session, message: PexMessage): void
  /** BEP 55, `ut_holepunch`: the payload as it came. Not given: we don't say that we speak it. */
  onHolepunch?(session: Session, payload: Uint8Array): void
  /** Null where no UDP socket could be had: then peers are reached by TCP alone. */
  readonly utp?: UtpSocket | null
  /** Not given: `off`. */
  readonly encryption?: EncryptionPolicy
}

/** Reserved bytes of a handshake: BEP 10. */
export const speaksExtensions = (reserved: Uint8Array): boolean => ((reserved[5] ?? 0) & 0x10) !== 0
/** BEP 52. */
export const offersV2 = (reserved: Uint8Array): boolean => ((reserved[7] ?? 0) & 0x10) !== 0

/** The info hash with which a session in the v1 swarm goes on as v2; null: not a hybrid, or we know nothing of its v2 side. */
export const upgradeOf = ({ v2, alsoInfoHash }: Swarm): Uint8Array | null =>
  v2 ? (alsoInfoHash ?? null) : null

/** By which of the torrent's hashes a peer names it; null: by none. */
export function namedBy(
  { infoHash, alsoInfoHash, v2, pieceHashes }: Swarm,
  named: Uint8Array,
): "v1" | "v2" | null {
  const bytes = Buffer.from(named)
  if (alsoInfoHash && bytes.equals(alsoInfoHash)) return v2 ? "v2" : "v1"
  if (!bytes.equals(infoHash)) return null
  return v2 && pieceHashes.length === 0 ? "v2" : "v1"
}
