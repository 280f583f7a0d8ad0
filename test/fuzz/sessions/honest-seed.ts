/** A plain seed: has all, unchokes whoever is interested, serves what is asked, and its metadata too. */
import type { Duplex } from "node:stream"
import { encode } from "../../../src/torrent/bencode.ts"
import * as frames from "../../wire/frames.ts"
import type { Payload } from "../../../src/demo/payload.ts"
import type { SharedTorrent } from "./torrents.ts"
import { wireReader } from "./wire-reader.ts"

const peerId = Buffer.from("-TR3000-honestseed01")
const metadataPieceBytes = 16_384
const theirMetadataId = 2

export function honestSeed({ payload, info }: SharedTorrent): (stream: Duplex) => void {
  const extension = encode({ m: { ut_metadata: 3 }, metadata_size: info.length, reqq: 250, v: "Honest 1" })

  return (stream) => {
    stream.on("error", () => {})
    stream.on("end", () => stream.end())
    const send = (...bytes: Uint8Array[]) => void (stream.writable && stream.write(Buffer.concat(bytes)))
    const read = wireReader({
      onHandshake(bytes) {
        if (!bytes.subarray(28, 48).equals(payload.infoHash)) stream.destroy()
        send(
          frames.handshakeFrame(payload.infoHash, peerId, frames.fullReserved),
          frames.extensionHandshake(extension),
          frames.haveAll,
        )
      },
      onMessage(id, message) {
        if (id === 2) send(frames.unchoke)
        if (id === 6 && message.length === 12) {
          const [piece, offset, length] = [0, 4, 8].map((at) => message.readUInt32BE(at)) as [
            number,
            number,
            number,
          ]
          send(frames.block(piece, offset, payload.read(piece, offset, length)))
        }
        if (id === 21) send(hashAnswer(payload, message))
        if (id === 20 && message[0] === 3) send(metadataPiece(info, message.toString("latin1", 1)))
      },
    })
    stream.on("data", read)
  }
}

/** BEP 52, as `hash request` asks: a range, repeated in the answer. */
function hashAnswer({ hashes }: Payload, range: Buffer): Uint8Array {
  const [baseLayer, index, length, proofLayers] = [0, 1, 2, 3].map((at) =>
    range.readUInt32BE(32 + 4 * at),
  ) as [number, number, number, number]
  const answer = hashes?.answer({ baseLayer, index, length, proofLayers }) ?? null
  return answer ? frames.frame(22, range, answer) : frames.frame(23, range)
}

/** BEP 9: a request names its piece. */
function metadataPiece(info: Uint8Array, request: string): Uint8Array {
  const piece = Number(/5:piecei(\d+)e/.exec(request)?.[1] ?? 0)
  const data = info.subarray(piece * metadataPieceBytes, (piece + 1) * metadataPieceBytes)
  const head = encode({ msg_type: 1, piece, total_size: info.length })
  return frames.extensionMessage(theirMetadataId, head, data)
}
