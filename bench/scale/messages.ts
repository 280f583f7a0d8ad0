/** BEP 3 on the crowd's side, as cheap as can be. message: <length 4><id 1><payload> */

/** <19><BitTorrent protocol><reserved 8: BEP 10><info hash 20><peer id 20> */
export const handshakeBytes = (infoHash: Uint8Array, peerId: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from("\x13BitTorrent protocol", "latin1"),
    Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0]),
    infoHash,
    peerId,
  ])

export function encodeMessage(id: number, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(1 + parts.reduce((sum, part) => sum + part.length, 0))
  head[4] = id
  return Buffer.concat([head, ...parts])
}

/** Hands out each message without its length; keepalives are passed over. */
export function readFrames(onFrame: (frame: Buffer) => void): (bytes: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0)
  return (bytes) => {
    waiting = waiting.length > 0 ? Buffer.concat([waiting, bytes]) : bytes
    while (waiting.length >= 4) {
      const length = waiting.readUInt32BE(0)
      if (waiting.length < 4 + length) return
      if (length > 0) onFrame(waiting.subarray(4, 4 + length))
      waiting = waiting.subarray(4 + length)
    }
  }
}
