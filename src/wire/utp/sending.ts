/**
 * The sending half of a uTP connection (BEP 29): what is written becomes packets that are sent until acknowledged. The window is
 * TCP's, and small: we ask for data and give none, so there is no queue of ours on the way whose delay LEDBAT would have to watch.
 */
import { limits } from "../../limits.ts"
import { noPayload, steps } from "./codec.ts"
import { createRoundTrips } from "./round-trips.ts"

export interface Outgoing {
  readonly type: "data" | "fin"
  readonly seq: number
  readonly payload: Uint8Array
}

/** Sent, and not acknowledged. */
interface Flight extends Outgoing {
  sentMs: number
  times: number
  /** Waits to be sent again; does not count as being on its way. */
  lost: boolean
}

export interface Acknowledgement {
  ack: number
  selective: Uint8Array | null
  windowBytes: number
  /** A packet without payload, sent for nothing but that. */
  bare: boolean
}

export interface Sending {
  /** Of the next packet. */
  readonly seq: number
  readonly hasRoom: boolean
  /** Our FIN left. */
  readonly closing: boolean
  /** It was acknowledged, and with it all before it. */
  readonly finished: boolean
  write(bytes: Uint8Array): void
  /** A FIN after what was written. */
  finish(): void
  /** False for what was never sent, or too long ago: then nothing of that packet counts. */
  acknowledge(what: Acknowledgement, nowMs: number): boolean
  /** What may leave now, and counts as sent then. */
  next(nowMs: number): Outgoing | null
  /** When `timeOut` is due; infinite while nothing is on its way. */
  deadlineMs(): number
  /** False: too often in a row. */
  timeOut(): boolean
}

const payloadBytes = limits.utp.maxPacketBytes - 20
/** BEP 29: so many later packets that came, or so many equal ACKs, mean that one is lost. */
const duplicates = 3

/** `seq`: of the first packet. */
export function createSending(seq: number): Sending {
  const trips = createRoundTrips()
  let flights: Flight[] = []
  let queue: Uint8Array[] = []
  let queuedBytes = 0
  let fin: "no" | "due" | "sent" = "no"
  let windowBytes: number = limits.utp.minWindowBytes
  let slowStartBytes: number = limits.utp.maxWindowBytes
  let theirWindowBytes: number = limits.utp.minWindowBytes
  let flyingBytes = 0
  let lastAck = (seq - 1) & 0xffff
  let equalAcks = 0
  let timeouts = 0
  /** Losses before this packet shrink the window no further. */
  let recoveredAt = seq
  /** When a full partner is tried with a packet all the same. */
  let probeMs = Infinity

  function lose(flight: Flight, nowMs: number): void {
    if (flight.lost || (flight.times > 1 && nowMs - flight.sentMs < trips.timeoutMs())) return
    flight.lost = true
    flyingBytes -= flight.payload.length
    if (steps(recoveredAt, flight.seq) >= 0x8000) return
    recoveredAt = seq
    windowBytes = Math.max(limits.utp.minWindowBytes / 2, windowBytes / 2)
    slowStartBytes = windowBytes
  }

  function land(flight: Flight, nowMs: number): void {
    const { length } = flight.payload
    if (!flight.lost) flyingBytes -= length
    if (flight.times === 1) trips.sample(nowMs - flight.sentMs)
    const grown = windowBytes < slowStartBytes ? length : (payloadBytes * length) / windowBytes
    windowBytes = Math.min(limits.utp.maxWindowBytes, windowBytes + grown)
  }

  /** Removes what came; the numbers that the mask names, lowest first. */
  function landed({ ack, selective }: Acknowledgement, nowMs: number): number[] {
    if (flights.length === 0) return []
    const named: number[] = []
    for (const [index, byte] of selective?.entries() ?? [])
      for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) named.push(8 * index + bit + 2)
    const came = new Set(named)
    flights = flights.filter((flight) => {
      const past = steps(ack, flight.seq)
      if (past > 0 && past < 0x8000 && !came.has(past)) return true
      land(flight, nowMs)
      return false
    })
    return named
  }

  function take(): Uint8Array {
    const [first = noPayload] = queue
    const whole = first.length >= payloadBytes ? first : Buffer.concat(queue.splice(0, payloadBytes))
    if (whole !== first) queue.unshift(whole)
    const payload = whole.subarray(0, payloadBytes)
    if (payload.length === whole.length) queue.shift()
    else queue[0] = whole.subarray(payloadBytes)
    queuedBytes -= payload.length
    return payload
  }

  function launch(type: "data" | "fin", payload: Uint8Array, nowMs: number): Flight {
    const flight: Flight = { type, seq, payload, sentMs: nowMs, times: 1, lost: false }
    seq = (seq + 1) & 0xffff
    flights.push(flight)
    flyingBytes += payload.length
    probeMs = Infinity
    return flight
  }

  function again(flight: Flight, nowMs: number): Flight | null {
    // The oldest leaves at once: everything else waits for it.
    if (flight !== flights[0] && flyingBytes + flight.payload.length > windowBytes) return null
    flight.lost = false
    flight.sentMs = nowMs
    flight.times++
    flyingBytes += flight.payload.length
    return flight
  }

  return {
    get seq() {
      return seq
    },
    get hasRoom() {
      return queuedBytes < limits.utp.sendBytes
    },
    get closing() {
      return fin === "sent"
    },
    get finished() {
      return fin === "sent" && flights.length === 0
    },
    write(bytes) {
      if (bytes.length === 0 || fin !== "no") return
      queue.push(bytes)
      queuedBytes += bytes.length
    },
    finish() {
      if (fin === "no") fin = "due"
    },
    acknowledge(what, nowMs) {
      if (steps(what.ack, (seq - 1) & 0xffff) > 2 * limits.utp.maxFlights) return false
      theirWindowBytes = what.windowBytes
      const before = flights.length
      const named = landed(what, nowMs)
      if (flights.length < before) timeouts = 0
      // A partner that is full lives all the same.
      else if (theirWindowBytes < payloadBytes) timeouts = Math.min(timeouts, 1)
      if (what.ack !== lastAck) equalAcks = 0
      else if (what.bare && flights.length > 0 && named.length === 0) equalAcks++
      lastAck = what.ack
      const [oldest] = flights
      if (oldest && equalAcks >= duplicates) {
        equalAcks = 0
        lose(oldest, nowMs)
      }
      const passed = named.at(-duplicates)
      if (passed !== undefined)
        for (const flight of flights) {
          const past = steps(what.ack, flight.seq)
          if (past < passed) lose(flight, nowMs)
        }
      return true
    },
    next(nowMs) {
      const lost = flights.find((flight) => flight.lost)
      if (lost) return again(lost, nowMs)
      if (flights.length >= limits.utp.maxFlights) return null
      if (queuedBytes > 0) {
        const size = Math.min(queuedBytes, payloadBytes)
        const fits = flyingBytes + size <= Math.min(windowBytes, theirWindowBytes)
        if (fits || nowMs >= probeMs) return launch("data", take(), nowMs)
        if (flights.length === 0 && probeMs === Infinity) probeMs = nowMs + trips.timeoutMs()
        return null
      }
      if (fin !== "due") return null
      fin = "sent"
      return launch("fin", noPayload, nowMs)
    },
    deadlineMs() {
      let oldestMs = Infinity
      for (const { lost, sentMs } of flights) if (!lost) oldestMs = Math.min(oldestMs, sentMs)
      const waitMs = Math.min(limits.utp.maxTimeoutMs, trips.timeoutMs() * 2 ** timeouts)
      return Math.min(oldestMs + waitMs, probeMs)
    },
    timeOut() {
      if (flights.length === 0) return true
      timeouts++
      for (const flight of flights) flight.lost = true
      flyingBytes = 0
      recoveredAt = seq
      slowStartBytes = Math.max(limits.utp.minWindowBytes / 2, windowBytes / 2)
      windowBytes = payloadBytes
      return timeouts <= limits.utp.maxTimeouts
    },
  }
}
