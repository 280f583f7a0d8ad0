/** What the swarms of these sessions share: six small pieces, as a v1 torrent and as a v2 one. */
import { createPayload, type Payload } from "../../../src/demo/payload.ts"
import { decode } from "../../../src/torrent/bencode.ts"
import { parseMetainfo, type Metainfo } from "../../../src/torrent/metainfo.ts"
import { spanOf } from "../../../src/torrent/bencode.ts"

export interface SharedTorrent {
  readonly payload: Payload
  readonly torrentBytes: Uint8Array
  readonly metainfo: Metainfo
  /** The `info` dictionary as it is hashed. */
  readonly info: Uint8Array
}

const KiB = 1024
const files = [{ path: ["a.bin"], sizeBytes: 5 * 32 * KiB + 5_000 }]

function torrentOf(made: Payload): SharedTorrent {
  const whole = Buffer.concat(
    Array.from({ length: made.pieceCount }, (_, piece) => made.read(piece, 0, made.pieceLength(piece))),
  )
  const payload: Payload = {
    ...made,
    read(piece, offset, length) {
      const fits = piece < made.pieceCount && offset + length <= made.pieceLength(piece)
      const at = piece * made.pieceBytes + offset
      return fits ? whole.subarray(at, at + length) : new Uint8Array()
    },
  }
  const torrentBytes = payload.torrentBytes([])
  const span = spanOf(torrentBytes, "info")
  if (!span || !decode(torrentBytes).ok) throw new Error("no torrent")
  const info = torrentBytes.subarray(span.start, span.end)
  return { payload, torrentBytes, metainfo: parseMetainfo(torrentBytes), info }
}

export const v1Torrent = torrentOf(createPayload({ pieceBytes: 32 * KiB, files, name: "fuzzed" }))
export const v2Torrent = torrentOf(createPayload({ pieceBytes: 32 * KiB, files, name: "fuzzed", version: 2 }))
