/** A peer that is reached by uTP alone, and speaks it packet by packet. */
import dgram from "node:dgram"
import { once } from "node:events"
import { decodePacket, encodePacket, type Packet } from "../../../src/wire/utp/codec.ts"
import type { HostileCase, Stage } from "../case.ts"
import type { SwarmStage } from "../swarm.ts"
import { besideSeed, type Fare } from "./peer-stage.ts"

/** One connection that the auditor asked for: its SYN is not answered yet. */
export interface Caller {
  readonly syn: Packet
  readonly host: string
  /** Where the auditor listens, too. */
  readonly port: number
  readonly infoHash: Uint8Array
  /** As a packet of this connection, acknowledging the SYN unless `over` says else. The first DATA has number `firstSeq`. */
  readonly send: (type: Packet["type"], over?: Partial<Packet>) => void
  readonly sendRaw: (bytes: Uint8Array) => void
  /** Packets of this connection after the SYN. */
  readonly onPacket: (hear: (packet: Packet) => void) => void
  readonly every: (ms: number, run: () => void) => void
}

export const firstSeq = 1_000
export type UtpAct = (caller: Caller) => void

/** On 127.0.0.1; the answer is its port. */
export async function listenUtp(
  stage: Stage,
  { payload }: Pick<SwarmStage, "payload">,
  act: UtpAct,
): Promise<number> {
  const socket = dgram.createSocket("udp4")
  const callers = new Map<string, { hear: ((packet: Packet) => void) | null }>()
  const timers: NodeJS.Timeout[] = []
  socket.on("error", () => {})
  socket.on("message", (bytes, { address, port }) => {
    const packet = decodePacket(bytes)
    if (packet === null) return
    const isSyn = packet.type === "syn"
    // A SYN carries the id under which its sender receives, everything else that plus one.
    const key = `${port} ${isSyn ? packet.connectionId : packet.connectionId - 1}`
    const known = callers.get(key)
    if (known && !isSyn) known.hear?.(packet)
    if (known || !isSyn) return
    const caller: { hear: ((packet: Packet) => void) | null } = { hear: null }
    callers.set(key, caller)
    const sendRaw = (raw: Uint8Array) => socket.send(raw, port, address, () => {})
    act({
      syn: packet,
      host: address,
      port,
      infoHash: payload.infoHash,
      sendRaw,
      send: (type, over = {}) => sendRaw(encodePacket({ ...answerTo(packet, type), ...over })),
      onPacket: (hear) => void (caller.hear = hear),
      every: (ms, run) => void timers.push(setInterval(run, ms)),
    })
  })
  socket.bind(0, "127.0.0.1")
  await once(socket, "listening")
  stage.defer(() => {
    for (const timer of timers) clearInterval(timer)
    socket.close()
  })
  return socket.address().port
}

const answerTo = (syn: Packet, type: Packet["type"]): Packet => ({
  type,
  connectionId: syn.connectionId,
  timestampUs: 1,
  differenceUs: 1,
  windowBytes: 1_048_576,
  seq: firstSeq,
  ack: syn.seq,
  selective: null,
  payload: new Uint8Array(),
})

export interface UtpCase extends Pick<HostileCase, "id" | "does" | "bound">, Fare {
  act: UtpAct
}

/** Nobody listens at its port over TCP: how those attempts ended says nothing. */
export const utpCase = ({ id, does, bound, act, ...fare }: UtpCase): HostileCase => ({
  id,
  stranger: "utp-peer",
  does,
  bound,
  stage: besideSeed((stage, swarm) => listenUtp(stage, swarm, act), { transport: "utp", ...fare }),
})
