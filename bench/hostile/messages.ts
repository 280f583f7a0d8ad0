/** BEP 3, 6 and 10 as bytes, on the stranger's side. message: <length 4><id 1><payload> */
import { encode, type Encodable } from "../../src/torrent/bencode.ts"

export const handshakeBytes = 68

export interface HelloOptions {
  /** 20 bytes. */
  peerId?: Uint8Array
  infoHash?: Uint8Array
  /** BEP 6, BEP 10. */
  fast?: boolean
  extensions?: boolean
  v2?: boolean
}

export const peerIdOf = (port: number | undefined) => Buffer.from(`-qB4520-${String(port).padStart(12, "0")}`)

/** handshake: <19><BitTorrent protocol><reserved 8><info hash 20><peer id 20> */
export function handshakeOf(infoHash: Uint8Array, options: HelloOptions = {}): Buffer {
  const reserved = Buffer.alloc(8)
  if (options.extensions ?? true) reserved[5] = 0x10
  if (options.fast ?? true) reserved[7] = 0x04
  if (options.v2) reserved[7] = (reserved[7] ?? 0) | 0x10
  const peerId = options.peerId ?? peerIdOf(0)
  return Buffer.concat([
    Buffer.from("\x13BitTorrent protocol", "latin1"),
    reserved,
    options.infoHash ?? infoHash,
    peerId,
  ])
}

/** <length 4><id 1><payload> */
export function frame(id: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(payload.length + 1)
  head[4] = id
  return Buffer.concat([head, payload])
}

export const uint32s = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i)
  return bytes
}

export const messages = {
  choke: frame(0),
  unchoke: frame(1),
  have: (piece: number) => frame(4, uint32s(piece)),
  bitfield: (bytes: Uint8Array) => frame(5, bytes),
  request: (piece: number, offset: number, length: number) => frame(6, uint32s(piece, offset, length)),
  piece: (piece: number, offset: number, block: Uint8Array) =>
    frame(7, Buffer.concat([uint32s(piece, offset), block])),
  suggest: (piece: number) => frame(13, uint32s(piece)),
  haveAll: frame(14),
  haveNone: frame(15),
  reject: (piece: number, offset: number, length: number) => frame(16, uint32s(piece, offset, length)),
  allowedFast: (piece: number) => frame(17, uint32s(piece)),
  /** Id 0 is the extension handshake. */
  extended: (id: number, payload: Uint8Array) => frame(20, Buffer.concat([Buffer.from([id]), payload])),
  extensionHandshake: (dictionary: Encodable) => messages.extended(0, encode(dictionary)),
} as const

export interface BlockRequest {
  readonly piece: number
  readonly offset: number
  readonly length: number
}

export const requestId = 6

/** request: <piece 4><offset 4><length 4> */
export const requestIn = (payload: Buffer): BlockRequest => ({
  piece: payload.readUInt32BE(0),
  offset: payload.readUInt32BE(4),
  length: payload.readUInt32BE(8),
})

export type Hear = (id: number, payload: Buffer) => void

/** The answer is what comes after the last whole message. */
export function messagesIn(bytes: Buffer, hear: Hear): Buffer {
  let at = 0
  while (bytes.length >= at + 4 && bytes.length >= at + 4 + bytes.readUInt32BE(at)) {
    const message = bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at))
    at += 4 + message.length
    if (message.length > 0) hear(message[0] ?? 0, message.subarray(1))
  }
  return bytes.subarray(at)
}
