/** The other side of a BitTorrent connection, as far as these peers listen: a handshake, then messages. */

export interface WireHandlers {
  /** 68 bytes. */
  onHandshake(bytes: Buffer): void
  /** Without its length; keep-alives are passed over. */
  onMessage(id: number, payload: Buffer): void
}

const handshakeBytes = 68

export function wireReader(handlers: WireHandlers): (bytes: Uint8Array) => void {
  let pending = Buffer.alloc(0)
  let greeted = false
  return (bytes) => {
    pending = pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([pending, bytes])
    if (!greeted) {
      if (pending.length < handshakeBytes) return
      greeted = true
      handlers.onHandshake(pending.subarray(0, handshakeBytes))
      pending = pending.subarray(handshakeBytes)
    }
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
      const end = 4 + pending.readUInt32BE(0)
      if (end > 4) handlers.onMessage(pending[4]!, pending.subarray(5, end))
      pending = pending.subarray(end)
    }
  }
}
