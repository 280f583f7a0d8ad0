/**
 * One uTP connection (BEP 29) without its socket: packets and time go in, packets come out. The initiator sends a SYN with the id
 * it will receive under, and everything else with that id + 1; the other side answers with a STATE whose number its first DATA has.
 */
import { failure, type Failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { encodePacket, microseconds, noPayload, type Packet, type PacketType } from "./codec.ts"
import { createReceiving, type EarlyPackets, type Receiving } from "./receiving.ts"
import { createSending } from "./sending.ts"

export interface MachineOptions {
  receiveId: number
  sendId: number
  /** Of our first packet: the SYN's, or the DATA's of who answers one. */
  seq: number
  /** The number of their SYN, which our partner sent with the first packet after it; null: we are the initiator. */
  answering: { ack: number } | null
  /** The initiator's: until when the SYN may be answered. */
  connectByMs: number
  /** Shared by all connections; absent: this one's own. */
  early?: EarlyPackets
  transmit(packet: Uint8Array): void
  onConnected(): void
  /** There is something to read, or to write again. */
  onProgress(): void
  /** Once, and nothing is sent afterwards. Null: both sides said all that they had to say, or we left. */
  onOver(why: Failure | null): void
}

export interface Machine {
  readonly over: boolean
  /** They said all, and all of it was read. */
  readonly atEnd: boolean
  readonly hasRoom: boolean
  /** The SYN. */
  connect(nowMs: number): void
  /** Answers are collected until `flush`. */
  receive(packet: Packet, nowMs: number): void
  write(bytes: Uint8Array): void
  read(maxBytes: number): Uint8Array | null
  /** A FIN after what was written; reading goes on. */
  finish(): void
  /** A FIN after what was written; nothing is read any more, and after a while nobody waits for an answer either. */
  leave(nowMs: number): void
  /** A RESET, at once. */
  reset(nowMs: number): void
  /** Sends what is due. */
  flush(nowMs: number): void
  /** When `wake` is due. */
  deadlineMs(): number
  wake(nowMs: number): void
}

export function createMachine(options: MachineOptions): Machine {
  const { answering } = options
  const sending = createSending(answering === null ? (options.seq + 1) & 0xffff : options.seq)
  /** Null: the SYN was not answered yet. */
  const { early = { bytes: 0 } } = options
  let receiving: Receiving | null = answering && createReceiving(answering.ack, { all: early })
  let differenceUs = 0
  let over = false
  let ackDue = false
  let sentMs = 0
  /** As last told to them. */
  let toldBytes: number = limits.utp.receiveBytes
  /** When a window that opened again is told once more, and how long until the next time; their packets end that. */
  let reopening = { atMs: Infinity, waitMs: 0 }
  let syns = 0
  let heardMs = 0
  /** When the last ACK is said again. */
  let repeatMs = Infinity
  let lingerMs = Infinity

  function transmit(type: PacketType, nowMs: number, seq: number, payload: Uint8Array = noPayload): void {
    toldBytes = receiving ? receiving.windowBytes() : limits.utp.receiveBytes
    sentMs = nowMs
    // Every packet acknowledges, but only a STATE tells what is missing.
    if (type === "state" || receiving?.missing === false) ackDue = false
    options.transmit(
      encodePacket({
        type,
        connectionId: type === "syn" ? options.receiveId : options.sendId,
        timestampUs: microseconds(nowMs),
        differenceUs,
        windowBytes: toldBytes,
        seq,
        ack: receiving?.ack ?? 0,
        selective: type === "state" ? (receiving?.selective() ?? null) : null,
        payload,
      }),
    )
  }

  function end(why: Failure | null): void {
    if (over) return
    over = true
    receiving?.end()
    options.onOver(why)
  }

  function reopen(nowMs: number, waitMs: number): void {
    reopening = { atMs: waitMs > limits.utp.maxTimeoutMs ? Infinity : nowMs + waitMs, waitMs }
  }

  function discard(): void {
    let left = receiving?.read(limits.utp.receiveBytes)
    while (left) left = receiving?.read(limits.utp.receiveBytes)
  }

  const sendSyn = (nowMs: number) => {
    syns++
    transmit("syn", nowMs, options.seq)
  }

  function onSynAnswer({ type, seq, ack }: Packet): boolean {
    if (type !== "state" || ack !== options.seq) return false
    receiving = createReceiving((seq - 1) & 0xffff, { all: early })
    options.onConnected()
    return true
  }

  return {
    get over() {
      return over
    },
    get atEnd() {
      return receiving?.complete === true && receiving.windowBytes() >= limits.utp.receiveBytes
    },
    get hasRoom() {
      return sending.hasRoom
    },
    connect: sendSyn,
    receive(packet, nowMs) {
      if (over) return
      if (packet.type === "syn") {
        // Sent again: they have not heard our answer.
        ackDue ||= answering !== null && packet.seq === answering.ack
        return
      }
      if (packet.type === "reset")
        return end(receiving === null ? failure("refused", "RESET") : failure("reset", "RESET"))
      if (receiving === null && !onSynAnswer(packet)) return
      const { ack, selective, windowBytes, payload, type, seq } = packet
      const bare = type === "state"
      if (!sending.acknowledge({ ack, selective, windowBytes, bare }, nowMs)) return
      if (packet.timestampUs !== 0)
        differenceUs = (microseconds(nowMs) - packet.timestampUs + 2 ** 32) % 2 ** 32
      reopening.atMs = Infinity
      if (!bare) {
        // Acknowledged even if it is of no use: our last ACK may have been lost.
        ackDue = true
        // libtorrent gives up, without a word, on a connection one packet of which was not acknowledged when sent for the third time. What
        // comes after a silence, or fills a gap, may be that: unless more comes, its ACK is said twice.
        const again = receiving?.missing === true || nowMs - heardMs >= limits.utp.silenceMs
        receiving?.take(seq, payload, type === "fin")
        repeatMs = again ? nowMs + limits.utp.repeatMs : Infinity
      }
      heardMs = nowMs
      // Theirs is taken and thrown away after we left, so that their FIN is soon in order: only then do they call it an orderly end.
      if (lingerMs < Infinity) discard()
      else options.onProgress()
    },
    write: (bytes) => sending.write(bytes),
    read(maxBytes) {
      const bytes = receiving?.read(maxBytes) ?? null
      if (bytes !== null && receiving !== null) {
        const windowBytes = receiving.windowBytes()
        if (toldBytes < windowBytes / 2) ackDue = true
      }
      return bytes
    },
    finish: () => sending.finish(),
    leave(nowMs) {
      if (receiving === null) return end(null)
      sending.finish()
      lingerMs = Math.min(lingerMs, nowMs + limits.utp.lingerMs)
      discard()
    },
    reset(nowMs) {
      if (over) return
      if (receiving !== null) transmit("reset", nowMs, sending.seq)
      end(failure("aborted"))
    },
    flush(nowMs) {
      if (over || receiving === null) return
      for (let out = sending.next(nowMs); out !== null; out = sending.next(nowMs))
        transmit(out.type, nowMs, out.seq, out.payload)
      if (ackDue) {
        const wasFull = toldBytes < limits.utp.maxPacketBytes
        transmit("state", nowMs, sending.seq)
        // Past our FIN libutp wants the number after it, libtorrent the FIN's own; each ignores the other.
        if (receiving.complete && sending.closing) transmit("state", nowMs, sending.seq - 1)
        if (wasFull && toldBytes >= limits.utp.maxPacketBytes) reopen(nowMs, limits.utp.minTimeoutMs)
      }
      if (sending.finished && receiving.complete) end(null)
    },
    deadlineMs() {
      if (over) return Infinity
      if (receiving === null)
        return Math.min(options.connectByMs, sentMs + limits.utp.firstTimeoutMs * 2 ** (syns - 1))
      return Math.min(
        sending.deadlineMs(),
        sentMs + limits.utp.keepAliveMs,
        reopening.atMs,
        repeatMs,
        lingerMs,
      )
    },
    wake(nowMs) {
      if (over) return
      if (receiving === null) {
        if (nowMs >= options.connectByMs) end(failure("timeout"))
        else if (nowMs >= sentMs + limits.utp.firstTimeoutMs * 2 ** (syns - 1)) sendSyn(nowMs)
        return
      }
      if (nowMs >= lingerMs) {
        transmit("reset", nowMs, sending.seq)
        return end(null)
      }
      if (nowMs >= sending.deadlineMs() && !sending.timeOut()) return end(failure("timeout"))
      if (nowMs >= sentMs + limits.utp.keepAliveMs) ackDue = true
      if (nowMs >= repeatMs) {
        ackDue = true
        repeatMs = Infinity
      }
      if (nowMs >= reopening.atMs) {
        ackDue = true
        reopen(nowMs, 2 * reopening.waitMs)
      }
    },
  }
}
