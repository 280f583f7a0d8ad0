/** Peers that have metadata, or say so: honest unless a test says otherwise. */
import { createHash } from "node:crypto"
import { realNetwork } from "../../src/network.ts"
import { decode, encode, type Encodable } from "../../src/torrent/bencode.ts"
import { decodeMetadataMessage } from "../../src/wire/metadata-message.ts"
import type { MetadataSwarm } from "../../src/wire/metadata.ts"
import * as frames from "./frames.ts"
import type { Visitor } from "./scripted-peer.ts"
import { auditorId } from "./swarm.ts"

/** Three pieces, the last one short. */
export const info: Uint8Array = encode({
  length: 1_700 * 16_384,
  name: "payload",
  "piece length": 16_384,
  pieces: Buffer.alloc(1_700 * 20, "hash"),
})
export const infoHash = createHash("sha1").update(info).digest()
export const pieceCount = Math.ceil(info.length / 16_384)
export const pieceOf = (piece: number, bytes: Uint8Array = info): Uint8Array =>
  bytes.subarray(piece * 16_384, (piece + 1) * 16_384)

export const metadataSwarm = (over: Partial<MetadataSwarm> = {}): MetadataSwarm => ({
  infoHash,
  peerId: auditorId,
  listenPort: 6_999,
  clientVersion: "torrent-audit 0.1.0",
  network: realNetwork(),
  ...over,
})

/** The ids that our handshake gives out. */
export const pexId = 1
const metadataId = 2
/** The ids that the scripted peers give out. */
const theirPexId = 33
const theirMetadataId = 34

export const introduction = (
  over: { size?: Encodable | null; metadata?: number; pex?: number; more?: Record<string, Encodable> } = {},
): Buffer =>
  frames.extensionHandshake(
    encode({
      m: { ut_metadata: over.metadata ?? theirMetadataId, ut_pex: over.pex ?? theirPexId },
      ...(over.size === null ? {} : { metadata_size: over.size ?? info.length }),
      ...over.more,
    }),
  )

export const data = (piece: number, bytes: Uint8Array, total: Encodable | null = info.length): Buffer =>
  frames.extensionMessage(
    metadataId,
    encode({ msg_type: 1, piece, ...(total === null ? {} : { total_size: total }) }),
    bytes,
  )
export const rejection = (piece: number): Buffer =>
  frames.extensionMessage(metadataId, encode({ msg_type: 2, piece }))
export const wanting = (piece: number): Buffer =>
  frames.extensionMessage(metadataId, encode({ msg_type: 0, piece }))
export const pex = (message: Record<string, Encodable>): Buffer =>
  frames.extensionMessage(pexId, encode(message))

export const rightPiece = (piece: number): Buffer => data(piece, pieceOf(piece))

/** Greets, introduces itself, and answers each request for metadata. */
export const metadataPeer =
  (
    answer: (piece: number, visitor: Visitor) => Uint8Array | null = rightPiece,
    hello: readonly Uint8Array[] = [introduction()],
  ) =>
  async (visitor: Visitor): Promise<void> => {
    await visitor.greet(frames.fullReserved, infoHash)
    visitor.send(...hello)
    onRequest(visitor, (piece) => {
      const bytes = answer(piece, visitor)
      if (bytes !== null) visitor.send(bytes)
    })
  }

/** Requests with the id that `introduction` gave out. */
function onRequest(visitor: Visitor, listener: (piece: number) => void): void {
  visitor.onMessage(20, (payload) => {
    if (payload[0] !== theirMetadataId) return
    const message = decodeMetadataMessage(payload.subarray(1))
    if (message?.kind === "request") listener(message.piece)
  })
}

/** What we said of ourselves. */
export async function ourHandshake(visitor: Visitor) {
  const [message] = await visitor.received(20)
  const decoded = decode(message?.payload.subarray(1) ?? new Uint8Array())
  if (!decoded.ok || !(decoded.value instanceof Map)) throw new TypeError("no extension handshake")
  return decoded.value
}
