/** BEP 52 hash requests, as a demo peer reads and answers them; the layout is above wire/hash-messages. */
import type { HashRange } from "../torrent/merkle.ts"
import type { Visit } from "./visit.ts"

const ids = { request: 21, hashes: 22, reject: 23 }
const rootBytes = 32
const rangeBytes = rootBytes + 16

/** `message` is any that the library does not know. */
export function hearHashRequest(visit: Visit, message: Uint8Array): void {
  const { hashes } = visit.host.payload
  if (message[0] !== ids.request || message.length !== 1 + rangeBytes || hashes === null) return
  const range = Buffer.from(message.subarray(1))
  const at = (place: number) => range.readUInt32BE(rootBytes + 4 * place)
  const asked: HashRange = { baseLayer: at(0), index: at(1), length: at(2), proofLayers: at(3) }
  const own = range.subarray(0, rootBytes).equals(hashes.piecesRoot)
  const answer = own ? visit.steps.hashes(visit, asked) : null
  const body = Buffer.concat([
    Buffer.from([answer ? ids.hashes : ids.reject]),
    range,
    answer ?? Buffer.alloc(0),
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  visit.send(Buffer.concat([length, body]))
}
