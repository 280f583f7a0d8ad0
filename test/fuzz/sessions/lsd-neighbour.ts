/** Neighbours on the local network (BEP 14): what they shout is up to the bytes. */
import { encodeAnnounce } from "../../../src/discovery/lsd/codec.ts"
import type { FuzzTarget } from "../target.ts"
import { audited, torrentOf } from "./audited.ts"
import { planOf, type Plan } from "./plan.ts"

const group = "239.192.152.143:6771"
const mostShouts = 200

function shoutOf(plan: Plan, infoHash: string): Uint8Array {
  const kind = plan.upTo(7)
  if (kind === 0) return plan.take(plan.upTo(200))
  const infoHashes = kind === 1 ? [infoHash, "0".repeat(40)] : [infoHash]
  const honest = Buffer.from(encodeAnnounce(group, { port: plan.u16(), infoHashes, cookie: "c" }))
  if (kind === 2) honest[plan.upTo(honest.length - 1)] = plan.byte()
  return kind === 3 ? honest.subarray(0, plan.upTo(honest.length)) : honest
}

export const lsdNeighbour: FuzzTarget = {
  name: "session-lsd",
  group: "sessions",
  maxBytes: 1_024,
  *seeds() {
    yield Uint8Array.from([0, 1, 5, 0x1a, 0xe1, 0, 1])
    yield Uint8Array.from(Array.from({ length: 300 }, (_, i) => [0, i % 5, 4, 0x1a, i % 256]).flat())
    yield Buffer.concat([
      Buffer.from([0, 1, 0, 60]),
      Buffer.from("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nPort: 2\r\n\r\n"),
    ])
  },
  dictionary: ["BT-SEARCH * HTTP/1.1\r\n", "Infohash: ", "cookie: ", "Port: "],
  run(bytes) {
    const plan = planOf(bytes)
    const torrent = torrentOf(false)
    const infoHash = torrent.metainfo.torrent.infoHashV1 ?? ""
    return audited(bytes, {
      torrent,
      options: { depth: "handshake", lsd: true },
      stage(internet) {
        let atMs = 10
        for (let n = 0; n < mostShouts && !plan.over; n++) {
          atMs += plan.byte() * 10
          const host = plan.upTo(15)
          const from = {
            host: host === 15 ? "203.0.113.9" : host === 14 ? "127.0.0.1" : `10.0.7.${host}`,
            port: 6_771,
          }
          const data = shoutOf(plan, infoHash)
          internet.clock.after(atMs, () => internet.shout(data, from))
        }
      },
    })
  },
}
