/** Two uTP machines, joined by a link that loses, delays, reorders and doubles packets, in a time of its own. All chance is seeded. */
import type { Failure } from "../../../src/failure.ts"
import { decodePacket, type Packet } from "../../../src/wire/utp/codec.ts"
import { createMachine, type Machine } from "../../../src/wire/utp/machine.ts"

export interface LinkOptions {
  seed?: number
  lossRatio?: number
  duplicateRatio?: number
  delayMs?: number
  /** Up to so much is added to each packet's delay: those that get less overtake. */
  jitterMs?: number
  /** Of each side's first packet. */
  seqs?: [number, number]
  /** How much of what came each side reads whenever it could; null: all. */
  appetite?: number | null
  /** What the link does to one packet instead; undefined: as it would. */
  fate?: (packet: Packet, from: Side["name"]) => "lose" | "pass" | undefined
}

export interface Side {
  readonly name: "initiator" | "receiver"
  readonly machine: Machine
  readonly heard: Buffer[]
  readonly sent: Packet[]
  over: Failure | null | undefined
  /** The initiator heard its SYN's answer; the receiver, what shows that the answer arrived. */
  connected: boolean
  /** Written as soon as there is room. */
  backlog: Buffer
  /** A FIN once `backlog` is gone. */
  finishes: boolean
  appetite: number | null
}

/** mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Link {
  readonly initiator: Side
  readonly receiver: Side
  nowMs(): number
  /** Until `enough`, or nothing is left to happen, or that time. */
  run(untilMs: number, enough?: () => boolean): void
}

export function createLink(options: LinkOptions = {}): Link {
  const { seed = 1, lossRatio = 0, duplicateRatio = 0, delayMs = 10, jitterMs = 0 } = options
  const { seqs = [100, 7_000], fate = () => {} } = options
  const chance = seeded(seed)
  const flying: { atMs: number; to: Side; data: Uint8Array }[] = []
  let nowMs = 1_000

  const side = (name: Side["name"]): Side => {
    const other = () => (name === "initiator" ? receiver : initiator)
    const self: Side = {
      name,
      heard: [],
      sent: [],
      over: undefined,
      connected: false,
      backlog: Buffer.alloc(0),
      finishes: false,
      appetite: options.appetite ?? null,
      machine: createMachine({
        receiveId: name === "initiator" ? 500 : 501,
        sendId: name === "initiator" ? 501 : 500,
        seq: name === "initiator" ? seqs[0] : seqs[1],
        answering: name === "initiator" ? null : { ack: seqs[0] },
        connectByMs: nowMs + 30_000,
        transmit(data) {
          const packet = decodePacket(data)
          if (packet === null) throw new Error("sent what is no packet")
          self.sent.push(packet)
          const decided = fate(packet, name)
          if (decided === "lose" || (decided === undefined && chance() < lossRatio)) return
          const copies = decided === undefined && chance() < duplicateRatio ? 2 : 1
          for (let copy = 0; copy < copies; copy++)
            flying.push({ atMs: nowMs + delayMs + chance() * jitterMs, to: other(), data })
        },
        onConnected: () => (self.connected = true),
        onProgress: () => {},
        onOver: (why) => (self.over = why),
      }),
    }
    return self
  }
  const initiator = side("initiator")
  const receiver = side("receiver")
  const sides = [initiator, receiver]
  /** The receiver's machine is made when it is met. */
  const timed = () => (receiver.connected ? sides : [initiator])
  initiator.machine.connect(nowMs)

  /** What its socket and its user would do at the end of a turn. */
  function turn(it: Side): void {
    const { machine } = it
    if (!it.connected) return
    for (;;) {
      const bytes = it.appetite === 0 ? null : machine.read(it.appetite ?? 65_536)
      if (bytes === null) break
      it.heard.push(Buffer.from(bytes))
      if (it.appetite !== null) break
    }
    while (it.backlog.length > 0 && machine.hasRoom) {
      machine.write(it.backlog.subarray(0, 20_000))
      it.backlog = it.backlog.subarray(20_000)
    }
    if (it.backlog.length === 0 && it.finishes) machine.finish()
    machine.flush(nowMs)
  }

  return {
    initiator,
    receiver,
    nowMs: () => nowMs,
    run(untilMs, enough = () => false) {
      for (let turns = 0; nowMs < untilMs && !enough(); turns++) {
        if (turns > 1_000_000) throw new Error("time stands still")
        for (const it of sides) turn(it)
        const next = flying.reduce<(typeof flying)[number] | null>(
          (first, each) => (first === null || each.atMs < first.atMs ? each : first),
          null,
        )
        const deadlineMs = Math.min(...timed().map(({ machine }) => machine.deadlineMs()))
        const readsMs = sides.some(({ appetite }) => appetite !== null) ? nowMs + 5 : Infinity
        const atMs = Math.min(next?.atMs ?? Infinity, deadlineMs, readsMs)
        nowMs = Math.min(untilMs, Math.max(nowMs, atMs))
        if (atMs > untilMs) return
        if (next !== null && next.atMs <= nowMs) {
          flying.splice(flying.indexOf(next), 1)
          const packet = decodePacket(next.data)
          if (packet?.type === "syn") answerSyn(next.to, packet)
          else if (packet) {
            if (next.to === receiver) receiver.connected = true
            next.to.machine.receive(packet, nowMs)
          }
        }
        for (const { machine } of timed()) if (machine.deadlineMs() <= nowMs) machine.wake(nowMs)
      }
    },
  }

  /** Half-open connections are kept apart from the machine: a SYN is answered there, however often it comes. */
  function answerSyn(to: Side, syn: Packet): void {
    to.machine.receive(syn, nowMs)
    to.machine.flush(nowMs)
  }
}
