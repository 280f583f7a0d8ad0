/**
 * BEP 9 messages, carried by BEP 10: a bencoded dictionary, and after it the piece of a data message.
 * request: {msg_type 0, piece}      data: {msg_type 1, piece, total_size}<piece>      reject: {msg_type 2, piece}
 */
import { decode, encode } from "../torrent/bencode.ts"
import { dictionaryOf, integerOf } from "../torrent/bencode-values.ts"

export type MetadataMessage =
  | { kind: "request"; piece: number }
  /** `bytes` is a view of what came. `totalBytes` null: not said. */
  | { kind: "data"; piece: number; totalBytes: number | null; bytes: Uint8Array }
  | { kind: "reject"; piece: number }
  /** A type that BEP 9 doesn't know yet: to be ignored. */
  | { kind: "unknown" }

const maxDepth = 8
const maxValues = 64

/** Null for what is no message. */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage | null {
  const decoded = decode(payload, { maxDepth, maxValues, allowTrailing: true })
  const message = decoded.ok ? dictionaryOf(decoded.value) : null
  const type = integerOf(message?.get("msg_type"))
  if (!decoded.ok || message === null || type === null) return null
  if (type < 0 || type > 2) return { kind: "unknown" }
  const piece = integerOf(message.get("piece"))
  if (piece === null) return null
  if (type !== 1) return { kind: type === 0 ? "request" : "reject", piece }
  return {
    kind: "data",
    piece,
    totalBytes: integerOf(message.get("total_size")),
    bytes: payload.subarray(decoded.end),
  }
}

export const metadataRequest = (piece: number): Uint8Array => encode({ msg_type: 0, piece })
export const metadataReject = (piece: number): Uint8Array => encode({ msg_type: 2, piece })
