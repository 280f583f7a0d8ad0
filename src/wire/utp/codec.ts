/**
 * uTP packets (BEP 29), version 1, big-endian:
 *
 *   0       4       8               16              24              32
 *   | type  | 1     | extension     | connection id                 |
 *   | timestamp, µs                                                 |
 *   | difference of the last packet's timestamp and our clock, µs   |
 *   | receive window, bytes                                         |
 *   | sequence number               | acknowledged sequence number  |
 *
 * then a chain of extensions (next, length, bytes), and the payload.
 */
import { limits } from "../../limits.ts"

export const packetTypes = ["data", "fin", "state", "reset", "syn"] as const
export type PacketType = (typeof packetTypes)[number]

export interface Packet {
  readonly type: PacketType
  readonly connectionId: number
  readonly timestampUs: number
  readonly differenceUs: number
  readonly windowBytes: number
  readonly seq: number
  readonly ack: number
  /** Extension 1: bit n, the lowest of a byte first, is packet `ack` + 2 + n. */
  readonly selective: Uint8Array | null
  readonly payload: Uint8Array
}

const headerBytes = 20
const selectiveAck = 1
export const noPayload = new Uint8Array(0)

/** Null for anything but a uTP packet of version 1: DHT messages and trackers' answers come to the same port. */
export function decodePacket(data: Uint8Array): Packet | null {
  if (data.length < headerBytes || (data[0]! & 0x0f) !== 1) return null
  const type = packetTypes[data[0]! >> 4]
  if (type === undefined) return null
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  let selective: Uint8Array | null = null
  let at = headerBytes
  let next = data[1]!
  for (let count = 0; next !== 0; count++) {
    if (count === limits.utp.maxExtensions || at + 2 > data.length) return null
    const length = data[at + 1]!
    const end = at + 2 + length
    if (end > data.length) return null
    if (next === selectiveAck && length > 0 && length % 4 === 0) selective ??= data.subarray(at + 2, end)
    next = data[at]!
    at = end
  }
  return {
    type,
    connectionId: view.getUint16(2),
    timestampUs: view.getUint32(4),
    differenceUs: view.getUint32(8),
    windowBytes: view.getUint32(12),
    seq: view.getUint16(16),
    ack: view.getUint16(18),
    selective,
    payload: at < data.length ? data.subarray(at) : noPayload,
  }
}

/** Numbers are taken modulo the width of their field. */
export function encodePacket(packet: Packet): Uint8Array {
  const { selective, payload } = packet
  const extensionBytes = selective === null ? 0 : 2 + selective.length
  const data = new Uint8Array(headerBytes + extensionBytes + payload.length)
  const view = new DataView(data.buffer)
  data[0] = (packetTypes.indexOf(packet.type) << 4) | 1
  data[1] = selective === null ? 0 : selectiveAck
  view.setUint16(2, packet.connectionId)
  view.setUint32(4, packet.timestampUs)
  view.setUint32(8, packet.differenceUs)
  view.setUint32(12, packet.windowBytes)
  view.setUint16(16, packet.seq)
  view.setUint16(18, packet.ack)
  if (selective !== null) {
    data[headerBytes + 1] = selective.length
    data.set(selective, headerBytes + 2)
  }
  data.set(payload, headerBytes + extensionBytes)
  return data
}

/** How many steps from `from` to `to`, going up, of 65,536. */
export const steps = (from: number, to: number): number => (to - from) & 0xffff

/** Of a clock in ms, as packets carry it. */
export const microseconds = (nowMs: number): number => Math.floor(nowMs * 1_000) % 2 ** 32
