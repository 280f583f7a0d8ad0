/**
 * BEP 15 (UDP tracker) and BEP 41 (its options): datagrams in and out, all big-endian.
 *
 *   connect   → 0x41727101980:8 action=0:4 tid:4                                        ← 0:4 tid:4 connection id:8
 *   announce  → connection id:8 1:4 tid:4 info hash:20 peer id:20 downloaded:8 left:8 uploaded:8
 *               event:4 ip=0:4 key:4 numwant:4 port:2 [option type=2:1 length:1 path and query]…
 *                                                  ← 1:4 tid:4 interval:4 leechers:4 seeders:4 (ip:4|16 port:2)…
 *   scrape    → connection id:8 2:4 tid:4 info hash:20         ← 2:4 tid:4 (seeders:4 completed:4 leechers:4)
 *   error                                                      ← 3:4 tid:4 message
 */
import type { Family } from "../../evidence.ts"
import { decodeCompactPeers } from "../../torrent/compact-peers.ts"
import {
  accept,
  distinctPeers,
  refuse,
  roomIn,
  toCount,
  toIntervalMs,
  toReason,
  type AnnounceEvent,
  type AnnounceReply,
  type AnnounceRequest,
  type Counts,
  type Reply,
} from "./reply.ts"

export const actions = { connect: 0, announce: 1, scrape: 2, error: 3 } as const
export type Action = (typeof actions)[keyof typeof actions]

const protocolId = 0x41727101980n
const eventNumbers: Record<AnnounceEvent, number> = { update: 0, started: 2, stopped: 3 }

export function encodeConnect(transactionId: number): Uint8Array {
  const packet = Buffer.alloc(16)
  packet.writeBigUInt64BE(protocolId, 0)
  packet.writeUInt32BE(actions.connect, 8)
  packet.writeUInt32BE(transactionId, 12)
  return packet
}

function header(connectionId: Uint8Array, action: Action, transactionId: number): Buffer {
  const packet = Buffer.alloc(16)
  packet.set(connectionId, 0)
  packet.writeUInt32BE(action, 8)
  packet.writeUInt32BE(transactionId, 12)
  return packet
}

export function encodeAnnounce(
  connectionId: Uint8Array,
  transactionId: number,
  request: AnnounceRequest,
  pathAndQuery: string,
): Uint8Array {
  const rest = Buffer.alloc(42)
  rest.writeBigUInt64BE(BigInt(Math.max(0, Math.trunc(request.leftBytes))), 8)
  rest.writeUInt32BE(eventNumbers[request.event], 24)
  rest.writeUInt32BE(request.key, 32)
  rest.writeInt32BE(request.numwant, 36)
  rest.writeUInt16BE(request.port, 40)
  return Buffer.concat([
    header(connectionId, actions.announce, transactionId),
    request.infoHash,
    request.peerId,
    rest,
    urlData(pathAndQuery),
  ])
}

/** BEP 41: in pieces of at most 255 bytes, to be joined by the tracker. A URL without a path needs none. */
function urlData(pathAndQuery: string): Uint8Array {
  if (pathAndQuery === "" || pathAndQuery === "/") return new Uint8Array()
  const data = Buffer.from(pathAndQuery, "latin1")
  const options: Uint8Array[] = []
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255)
    options.push(Uint8Array.of(2, part.length), part)
  }
  return Buffer.concat(options)
}

export const encodeScrape = (
  connectionId: Uint8Array,
  transactionId: number,
  infoHash: Uint8Array,
): Uint8Array => Buffer.concat([header(connectionId, actions.scrape, transactionId), infoHash])

export interface Datagram {
  action: number
  transactionId: number
  body: Uint8Array
}

/** Null for what can't be a reply to anything. */
export function decodeDatagram(data: Uint8Array): Datagram | null {
  if (data.length < 8) return null
  const view = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return { action: view.readUInt32BE(0), transactionId: view.readUInt32BE(4), body: data.subarray(8) }
}

export const parseConnect = (body: Uint8Array): Reply<Uint8Array> =>
  body.length >= 8
    ? accept(Uint8Array.from(body.subarray(0, 8)))
    : refuse("bad-reply", "connect reply is too short")

export function parseAnnounce(
  body: Uint8Array,
  family: Family,
  request: Pick<AnnounceRequest, "room"> = {},
): Reply<AnnounceReply> {
  // opentracker's way to refuse an info hash that is not on its list.
  if (body.length === 0) return refuse("tracker-refused", "an empty reply")
  if (body.length < 12) return refuse("bad-reply", "announce reply is too short")
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const { peers, dropped } = distinctPeers(
    decodeCompactPeers(body.subarray(12), family).peers,
    roomIn(request),
  )
  return accept({
    intervalMs: toIntervalMs(view.readInt32BE(0)),
    minIntervalMs: null,
    leechers: toCount(view.readInt32BE(4)),
    seeders: toCount(view.readInt32BE(8)),
    downloads: null,
    peers,
    droppedPeers: dropped,
    ownPeers: [],
    externalHost: null,
    warning: null,
    trackerId: null,
  })
}

export function parseScrape(body: Uint8Array): Reply<Counts> {
  if (body.length < 12) return refuse("bad-reply", "scrape reply is too short")
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const counts = {
    seeders: toCount(view.readInt32BE(0)),
    downloads: toCount(view.readInt32BE(4)),
    leechers: toCount(view.readInt32BE(8)),
  }
  const usable = counts.seeders !== null || counts.leechers !== null || counts.downloads !== null
  return usable ? accept(counts) : refuse("bad-reply", "no counts")
}

/** BEP 31 for UDP puts nothing of `retry in` here. */
export const parseError = (body: Uint8Array): Reply<never> =>
  refuse("tracker-refused", toReason(body) || "no readable reason")
