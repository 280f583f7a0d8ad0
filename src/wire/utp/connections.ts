/** All uTP connections of our UDP sockets: who a packet is for, when each is due, and what nobody knows. */
import { fail, failure, succeed, type Failure, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { toEndpoint, type Connection, type Network } from "../../network.ts"
import { createAlarm } from "../alarm.ts"
import { decodePacket, encodePacket, microseconds, noPayload, type Packet } from "./codec.ts"
import { createHalfOpens, synAnswer } from "./half-open.ts"
import { createMachine, type Machine, type MachineOptions } from "./machine.ts"
import { createUtpStream, type UtpStream } from "./stream.ts"
import type { EarlyPackets } from "./receiving.ts"
import { createTable, type Entry, type Remote } from "./table.ts"

export interface Connections {
  /** SYNs that found no place. */
  readonly dropped: number
  receive(data: Uint8Array, from: Remote): void
  connect(to: Remote & { signal: AbortSignal; timeoutMs: number }): Promise<Outcome<Connection>>
  /** Resets what is open. */
  close(): void
}

export interface ConnectionsOptions {
  network: Pick<Network, "now" | "after" | "randomBytes">
  /** Our end of a connection with that host. */
  local(host: string): string
  send(packet: Uint8Array, to: Remote): Promise<Outcome<void>>
  onConnection(connection: Connection): void
}

interface Hooks {
  transmit(packet: Uint8Array): void
  onConnected(): void
  onOver(why: Failure | null): void
}

/** Deadlines that are nearer together share a timer. */
const togetherMs = 20

export function createConnections(options: ConnectionsOptions): Connections {
  const { network } = options
  const table = createTable()
  const halfOpens = createHalfOpens()
  const early: EarlyPackets = { bytes: 0 }
  /** Whoever has something to send at the end of this turn of the event loop. */
  let touched = new Set<Entry>()
  let dropped = 0
  let closed = false
  let resets = { sinceMs: 0, count: 0 }

  /** Drawn together: a flood of SYNs needs many. */
  let drawn = new Uint16Array(0)
  const random16 = () => {
    if (drawn.length === 0) drawn = new Uint16Array(Uint8Array.from(network.randomBytes(512)).buffer)
    const [first = 0] = drawn
    drawn = drawn.subarray(1)
    return first
  }

  function touch(entry: Entry): void {
    if (touched.size === 0) setImmediate(flush)
    touched.add(entry)
  }

  function flush(): void {
    const due = touched
    touched = new Set()
    const nowMs = network.now()
    for (const { machine } of due) {
      machine.flush(nowMs)
      watch(machine)
    }
  }

  const alarm = createAlarm(network, () => {
    const nowMs = network.now()
    let nextMs = Infinity
    for (const { machine } of table) {
      if (machine.deadlineMs() <= nowMs) {
        machine.wake(nowMs)
        machine.flush(nowMs)
      }
      nextMs = Math.min(nextMs, machine.deadlineMs())
    }
    if (nextMs < Infinity) alarm.set(Math.max(nextMs, nowMs + togetherMs))
  })

  function watch(machine: Machine): void {
    const deadlineMs = machine.deadlineMs()
    if (deadlineMs < Infinity) alarm.set(deadlineMs)
  }

  function open(
    to: Remote,
    numbers: Pick<MachineOptions, "receiveId" | "sendId" | "seq" | "answering" | "connectByMs">,
    hooks: Hooks,
  ): { entry: Entry; stream: UtpStream } {
    const { receiveId, sendId } = numbers
    const machine = createMachine({
      ...numbers,
      early,
      transmit: (packet) => hooks.transmit(packet),
      onConnected: () => hooks.onConnected(),
      onProgress: () => stream.onProgress(),
      onOver(why) {
        table.remove(entry)
        hooks.onOver(why)
        stream.onOver(why)
      },
    })
    const entry: Entry = { host: to.host, port: to.port, receiveId, sendId, machine }
    const stream = createUtpStream(machine, {
      remote: toEndpoint(to.host, to.port),
      local: options.local(to.host),
      now: () => network.now(),
      touch: () => void (machine.over || touch(entry)),
    })
    table.add(entry)
    return { entry, stream }
  }

  function onSyn(syn: Packet, from: Remote, nowMs: number): void {
    const known = table.find((syn.connectionId + 1) & 0xffff, from)
    if (known) {
      known.machine.receive(syn, nowMs)
      return touch(known)
    }
    if (table.size >= limits.utp.maxConnections) return void dropped++
    const halfOpen = halfOpens.add(syn, from, random16(), nowMs)
    void options.send(synAnswer(halfOpen, syn, nowMs), from)
  }

  function admit(packet: Packet, from: Remote): Entry | null {
    const halfOpen = halfOpens.take(packet, from)
    if (halfOpen === null) return null
    if (table.size >= limits.utp.maxConnections) {
      dropped++
      return null
    }
    const { receiveId, sendId, seq, ack } = halfOpen
    const { entry, stream } = open(
      from,
      { receiveId, sendId, seq, answering: { ack }, connectByMs: Infinity },
      { onConnected() {}, onOver() {}, transmit: (bytes) => void options.send(bytes, from) },
    )
    options.onConnection(stream.connection)
    return entry
  }

  function onUnknown(packet: Packet, from: Remote, nowMs: number): void {
    if (nowMs - resets.sinceMs >= 1_000) resets = { sinceMs: nowMs, count: 0 }
    if (++resets.count > limits.utp.resetsPerSecond) return
    // Numbers that they have surely seen and sent, or libtorrent ignores it: a STATE has the number of a packet to come, a FIN none.
    const ack = packet.type === "data" ? packet.seq : packet.seq - 1
    const reset: Packet = {
      type: "reset",
      connectionId: packet.connectionId,
      timestampUs: microseconds(nowMs),
      differenceUs: 0,
      windowBytes: 0,
      seq: packet.ack - 1,
      ack,
      selective: null,
      payload: noPayload,
    }
    void options.send(encodePacket(reset), from)
  }

  return {
    get dropped() {
      return dropped + halfOpens.dropped
    },
    receive(data, from) {
      const packet = closed ? null : decodePacket(data)
      if (packet === null) return
      const nowMs = network.now()
      if (packet.type === "syn") return onSyn(packet, from, nowMs)
      if (packet.type === "reset") return table.findReset(packet, from)?.machine.receive(packet, nowMs)
      const entry = table.find(packet.connectionId, from) ?? admit(packet, from)
      if (entry === null) return onUnknown(packet, from, nowMs)
      entry.machine.receive(packet, nowMs)
      touch(entry)
    },
    connect({ host, port, signal, timeoutMs }) {
      const receiveId = table.freshId({ host, port }, random16)
      if (signal.aborted) return Promise.resolve(fail("aborted"))
      if (closed) return Promise.resolve(fail("closed"))
      if (receiveId === null || table.size >= limits.utp.maxConnections)
        return Promise.resolve(fail("no-socket"))
      return new Promise((resolve) => {
        const settle = (outcome: Outcome<Connection>) => {
          signal.removeEventListener("abort", onAbort)
          resolve(outcome)
        }
        const nowMs = network.now()
        let connected = false
        const { entry, stream } = open(
          { host, port },
          {
            receiveId,
            sendId: (receiveId + 1) & 0xffff,
            seq: random16(),
            answering: null,
            connectByMs: nowMs + timeoutMs,
          },
          {
            onConnected() {
              connected = true
              settle(succeed(stream.connection))
            },
            onOver: (why) => settle({ ok: false, failure: why ?? failure("aborted") }),
            // The system says at once where no route leads; later on, that is a loss like any other.
            transmit: (bytes) =>
              void options.send(bytes, { host, port }).then((sent) => {
                if (sent.ok || connected) return
                settle(sent)
                stream.connection.close(sent.failure)
              }),
          },
        )
        const onAbort = () => stream.connection.close(failure("aborted"))
        signal.addEventListener("abort", onAbort, { once: true })
        entry.machine.connect(nowMs)
        watch(entry.machine)
      })
    },
    close() {
      closed = true
      alarm.clear()
      const nowMs = network.now()
      for (const { machine } of table) machine.reset(nowMs)
    },
  }
}
