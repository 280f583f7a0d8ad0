/** The receiving half of a uTP connection (BEP 29): packets in any order become bytes in order, within a bounded buffer. */
import { limits } from "../../limits.ts"
import { steps } from "./codec.ts"

export interface Receiving {
  /** The last packet in order. */
  readonly ack: number
  /** Everything up to their FIN came. What was not read yet can still be. */
  readonly complete: boolean
  /** Bytes that they may send now. */
  windowBytes(): number
  /** A DATA or FIN packet. What is old, far ahead, past their FIN or too much for the buffer is dropped. */
  take(seq: number, payload: Uint8Array, isLast: boolean): void
  /** Something came that has to wait for what was skipped. */
  readonly missing: boolean
  /** Null while nothing was skipped. */
  selective(): Uint8Array | null
  /** In order, about `maxBytes` at most; null when there are none. */
  read(maxBytes: number): Uint8Array | null
  /** Nothing comes any more: what waited in vain counts no longer. */
  end(): void
}

/** What all connections of a socket hold of packets that wait for a missing one. */
export interface EarlyPackets {
  bytes: number
}

export interface ReceivingLimits {
  receiveBytes: number
  slackBytes: number
  receivePackets: number
  maxAhead: number
  earlyBytes: number
  earlyPacketBytes: number
}

/** `ack`: the number before their first packet. */
export function createReceiving(
  ack: number,
  { within = limits.utp, all = { bytes: 0 } }: { within?: ReceivingLimits; all?: EarlyPackets } = {},
): Receiving {
  const early = new Map<number, Uint8Array>()
  const costOf = ({ length }: Uint8Array) => length + within.earlyPacketBytes
  let ready: Uint8Array[] = []
  let heldBytes = 0
  /** The furthest early packet, in steps from `ack`. */
  let furthest = 0
  let last: number | null = null
  let complete = false

  const heldPackets = () => early.size + ready.length

  function drop(): void {
    for (const dropped of early.values()) {
      heldBytes -= dropped.length
      all.bytes -= costOf(dropped)
    }
    early.clear()
  }

  /** From `ack` + 1 on. */
  function advance(): void {
    let payload = early.get((ack + 1) & 0xffff)
    while (payload !== undefined && !complete) {
      ack = (ack + 1) & 0xffff
      furthest = Math.max(0, furthest - 1)
      early.delete(ack)
      all.bytes -= costOf(payload)
      if (payload.length > 0) ready.push(payload)
      complete = ack === last
      payload = early.get((ack + 1) & 0xffff)
    }
    if (complete) drop()
    if (early.size === 0) furthest = 0
  }

  return {
    get ack() {
      return ack
    },
    get complete() {
      return complete
    },
    get missing() {
      return early.size > 0
    },
    windowBytes: () =>
      heldPackets() < within.receivePackets ? Math.max(0, within.receiveBytes - heldBytes) : 0,
    take(seq, payload, isLast) {
      const ahead = steps(ack, seq)
      if (complete || ahead === 0 || ahead > within.maxAhead || early.has(seq)) return
      if (last !== null && ahead > steps(ack, last)) return
      const fits =
        heldPackets() < within.receivePackets &&
        heldBytes + payload.length <= within.receiveBytes + within.slackBytes
      // The next one in order always fits: the buffer would else stay full of what has to wait for it.
      if (!fits && (ahead > 1 || ready.length > 0)) return
      if (ahead > 1 && all.bytes + costOf(payload) > within.earlyBytes) return
      if (isLast) last ??= seq
      early.set(seq, payload)
      all.bytes += costOf(payload)
      heldBytes += payload.length
      furthest = Math.max(furthest, ahead)
      if (ahead === 1) advance()
    },
    selective() {
      if (early.size === 0) return null
      // Bit 0 is two after `ack`: the one after it is what is missing.
      const mask = new Uint8Array(4 * Math.ceil((furthest - 1) / 32))
      for (const seq of early.keys()) {
        const bit = steps(ack, seq) - 2
        mask[bit >> 3]! |= 1 << (bit & 7)
      }
      return mask
    },
    read(maxBytes) {
      const [first] = ready
      if (first === undefined) return null
      let count = 0
      let bytes = 0
      while (count < ready.length && (count === 0 || bytes + ready[count]!.length <= maxBytes))
        bytes += ready[count++]!.length
      const taken = count === 1 ? first : Buffer.concat(ready.slice(0, count), bytes)
      ready = ready.slice(count)
      heldBytes -= bytes
      return taken
    },
    end: drop,
  }
}
