/**
 * What a client shows of itself to a newcomer that asks for nothing: its whole peer id, and the pieces that it admits.
 *
 *   ip netns exec NAMESPACE node glance.ts '{"host", "port", "infoHash", "pieceCount", "ms"}'
 *
 * Stays for `ms` from the connection on, and prints one JSON object. It says that it is not interested: to one who is,
 * before a piece was shown to it, a super-seeder of the libtorrent family shows none, and rTorrent none to the silent.
 */
import { randomBytes } from "node:crypto"
import net from "node:net"

export interface GlanceOptions {
  host: string
  port: number
  infoHash: string
  pieceCount: number
  ms: number
}

export interface Glance {
  /** Hex; empty when it said nothing. */
  peerId: string
  haveCount: number
  /** It, not we, ended the connection; null when we did. */
  end: string | null
}

const handshakeBytes = 68
const have = 4
const bitfield = 5
const haveAll = 14
const notInterested = 3

export function glance(options: GlanceOptions): Promise<Glance> {
  const { host, port, pieceCount } = options
  const shown = new Set<number>()
  let peerId = ""
  let buffer = Buffer.alloc(0)

  function onMessage(id: number, payload: Buffer): void {
    if (id === have) shown.add(payload.readUInt32BE(0))
    for (let piece = 0; piece < pieceCount; piece++) {
      const bit = (payload[piece >> 3] ?? 0) & (0x80 >> (piece & 7))
      if (id === haveAll || (id === bitfield && bit !== 0)) shown.add(piece)
    }
  }

  return new Promise((resolve) => {
    const socket = net.connect({ host, port })
    const finish = (end: string | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ peerId, haveCount: shown.size, end })
    }
    const timer = setTimeout(() => finish(null), options.ms)
    socket.on("error", (error) => finish(error.message))
    socket.on("close", () => finish("closed"))
    socket.on("connect", () => {
      const reserved = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x04])
      const hello = ["\x13BitTorrent protocol", reserved, Buffer.from(options.infoHash, "hex")]
      for (const part of [...hello, "-XX0001-", randomBytes(12)]) socket.write(part)
    })
    socket.on("data", (chunk) => {
      buffer = Buffer.concat([buffer, chunk])
      if (peerId === "" && buffer.length >= handshakeBytes) {
        peerId = buffer.toString("hex", 48, handshakeBytes)
        // Have-none to those who know it (BEP 6); without the extension nothing means nothing.
        if (((buffer[27] ?? 0) & 0x04) !== 0) socket.write(Buffer.from([0, 0, 0, 1, 15]))
        socket.write(Buffer.from([0, 0, 0, 1, notInterested]))
        buffer = buffer.subarray(handshakeBytes)
      }
      if (peerId === "") return
      while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32BE(0)) {
        const length = buffer.readUInt32BE(0)
        if (length > 0) onMessage(buffer[4] ?? 0, buffer.subarray(5, 4 + length))
        buffer = buffer.subarray(4 + length)
      }
    })
  })
}

const [, script, argument] = process.argv
if (script?.endsWith("glance.ts") && argument)
  console.log(JSON.stringify(await glance(JSON.parse(argument) as GlanceOptions)))
