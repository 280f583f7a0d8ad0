/**
 * Strangers' SYNs that we answered: a few numbers each, and no stream, until a packet shows that the answer arrived. So a forged
 * address costs nothing but one small packet, and a flood only displaces the oldest.
 */
import { limits } from "../../limits.ts"
import { encodePacket, microseconds, noPayload, type Packet } from "./codec.ts"

export interface HalfOpen {
  readonly host: string
  readonly port: number
  readonly receiveId: number
  readonly sendId: number
  /** Of our first DATA. */
  readonly seq: number
  /** Of their SYN. */
  readonly ack: number
}

export interface HalfOpens {
  /** Displaced by a newer one before its time. */
  readonly dropped: number
  /** Of a new SYN, or of one that was sent again. */
  add(syn: Packet, from: { host: string; port: number }, seq: number, nowMs: number): HalfOpen
  /** Once: whom this packet proves to be there. */
  take(packet: Packet, from: { host: string; port: number }): HalfOpen | null
}

export function createHalfOpens(): HalfOpens {
  /** The oldest first. */
  const waiting = new Map<string, HalfOpen & { untilMs: number }>()
  let dropped = 0

  function expire(nowMs: number): void {
    for (const [key, { untilMs }] of waiting) {
      if (untilMs > nowMs && waiting.size < limits.utp.maxHalfOpen) return
      if (untilMs > nowMs) dropped++
      waiting.delete(key)
    }
  }

  return {
    get dropped() {
      return dropped
    },
    add(syn, { host, port }, seq, nowMs) {
      const receiveId = (syn.connectionId + 1) & 0xffff
      const key = `${receiveId} ${port} ${host}`
      const known = waiting.get(key)
      if (known?.ack === syn.seq) return known
      waiting.delete(key)
      expire(nowMs)
      const untilMs = nowMs + limits.utp.halfOpenMs
      const added = { host, port, receiveId, sendId: syn.connectionId, seq, ack: syn.seq, untilMs }
      waiting.set(key, added)
      return added
    },
    take(packet, { host, port }) {
      const key = `${packet.connectionId} ${port} ${host}`
      const known = waiting.get(key)
      if (known === undefined || packet.ack !== ((known.seq - 1) & 0xffff)) return null
      waiting.delete(key)
      return known
    },
  }
}

/** The answer to a SYN. */
export const synAnswer = (to: HalfOpen, syn: Packet, nowMs: number): Uint8Array =>
  encodePacket({
    type: "state",
    connectionId: to.sendId,
    timestampUs: microseconds(nowMs),
    differenceUs: (microseconds(nowMs) - syn.timestampUs + 2 ** 32) % 2 ** 32,
    windowBytes: limits.utp.receiveBytes,
    seq: to.seq,
    ack: to.ack,
    selective: null,
    payload: noPayload,
  })
