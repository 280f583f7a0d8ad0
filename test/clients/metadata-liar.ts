/**
 * A peer that offers the metadata (BEP 9) of plausible size and has not got it.
 *
 *   ip netns exec NAMESPACE node metadata-liar.ts '{"infoHash", "port", "metadataBytes", "mode"}'
 *
 * `wrong` sends pieces of the right length full of other bytes, `silent` answers no request. It holds no piece of the torrent
 * and says so. Its log has a line for every request.
 */
import { createHash, randomBytes } from "node:crypto"
import net from "node:net"
import { encode } from "./bencode.ts"

export interface LiarOptions {
  infoHash: string
  port: number
  metadataBytes: number
  mode: "wrong" | "silent"
}

const handshakeBytes = 68
const extended = 20
const extensionHandshake = 0
/** Ours, that others use towards us. */
const metadataId = 7
const pieceBytes = 16 * 1024

const frame = (...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

function serve(socket: net.Socket, { infoHash, metadataBytes, mode }: LiarOptions, peerId: Buffer): void {
  let buffer = Buffer.alloc(0)
  let greeted = false
  let theirId = 0

  function onExtended(id: number, payload: Buffer): void {
    const text = payload.toString("latin1")
    if (id === extensionHandshake) theirId = Number(/11:ut_metadatai(\d+)e/.exec(text)?.[1] ?? 0)
    const piece = /8:msg_typei0e5:piecei(\d+)e/.exec(text)?.[1]
    if (id !== metadataId || piece === undefined) return
    console.log(`asked for ${piece}`)
    if (mode === "silent") return
    const at = Number(piece) * pieceBytes
    const bytes = randomBytes(Math.max(0, Math.min(pieceBytes, metadataBytes - at)))
    const header = encode({ msg_type: 1, piece: Number(piece), total_size: metadataBytes })
    socket.write(frame(Buffer.from([extended, theirId]), header, bytes))
  }

  socket.on("error", () => socket.destroy())
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk])
    if (!greeted && buffer.length >= handshakeBytes) {
      greeted = true
      buffer = buffer.subarray(handshakeBytes)
      const reserved = Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0])
      const hello = [Buffer.from("\x13BitTorrent protocol"), reserved, Buffer.from(infoHash, "hex"), peerId]
      const offer = encode({ m: { ut_metadata: metadataId }, metadata_size: metadataBytes })
      socket.write(Buffer.concat([...hello, frame(Buffer.from([extended, extensionHandshake]), offer)]))
    }
    if (!greeted) return
    while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32BE(0)) {
      const length = buffer.readUInt32BE(0)
      const message = buffer.subarray(4, 4 + length)
      if (message[0] === extended) onExtended(message[1] ?? 0, message.subarray(2))
      buffer = buffer.subarray(4 + length)
    }
  })
}

const [, script, argument] = process.argv
if (script?.endsWith("metadata-liar.ts") && argument) {
  const options = JSON.parse(argument) as LiarOptions
  const peerId = Buffer.concat([
    Buffer.from("-ML0001-"),
    createHash("sha1").update(argument).digest().subarray(0, 12),
  ])
  net
    .createServer((socket) => serve(socket, options, peerId))
    .listen(options.port, () => console.log("listening"))
}
