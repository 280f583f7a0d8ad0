/** Wire messages as bytes, for peers that say exactly what a test wants. */
export const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * at)
  return bytes
}

export const frame = (id: number, ...payload: Uint8Array[]): Buffer => {
  const body = Buffer.concat(payload)
  return Buffer.concat([u32(body.length + 1), Buffer.from([id]), body])
}

/** BEP 6; with BEP 10 too it is what we send. */
export const fastReserved = Buffer.from("0000000000000004", "hex")
export const fullReserved = Buffer.from("0000000000100004", "hex")
export const plainReserved = Buffer.alloc(8)

export const protocolName = Buffer.from("\u0013BitTorrent protocol")

export const handshakeFrame = (infoHash: Uint8Array, peerId: Uint8Array, reserved: Uint8Array): Buffer =>
  Buffer.concat([protocolName, reserved, infoHash, peerId])

export const keepAlive = u32(0)
export const choke = frame(0)
export const unchoke = frame(1)
export const have = (piece: number): Buffer => frame(4, u32(piece))
export const bitfield = (bytes: Uint8Array): Buffer => frame(5, bytes)
export const request = (piece: number, offset: number, length: number): Buffer =>
  frame(6, u32(piece, offset, length))
export const block = (piece: number, offset: number, bytes: Uint8Array): Buffer =>
  frame(7, u32(piece, offset), bytes)
export const haveAll = frame(14)
export const haveNone = frame(15)
export const reject = (piece: number, offset: number, length: number): Buffer =>
  frame(16, u32(piece, offset, length))
export const allowedFast = (piece: number): Buffer => frame(17, u32(piece))
export const extensionMessage = (id: number, ...payload: (string | Uint8Array)[]): Buffer =>
  frame(20, Buffer.from([id]), ...payload.map((part) => Buffer.from(part)))
export const extensionHandshake = (bencoded: string | Uint8Array): Buffer =>
  frame(20, Buffer.from([0]), Buffer.from(bencoded))
