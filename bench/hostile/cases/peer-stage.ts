/** A peer that speaks raw bytes over TCP, so that nothing keeps it from misbehaving; and the case of one such peer beside an honest seed. */
import { once } from "node:events"
import net from "node:net"
import type { Encodable } from "../../../src/torrent/bencode.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { Attempt, Peer } from "../../../src/evidence.ts"
import type { HostileCase, Stage, Stranger } from "../case.ts"
import {
  handshakeBytes,
  handshakeOf,
  messages,
  messagesIn,
  peerIdOf,
  type HelloOptions,
  type Hear,
} from "../messages.ts"
import { endOf, peerAt, stageSwarm, type SwarmStage } from "../swarm.ts"

/** One connection of the auditor to the stranger. */
export interface Visitor {
  readonly socket: net.Socket
  /** Which one it is, from 0. */
  readonly index: number
  /** Of the audited torrent, 20 bytes. */
  readonly infoHash: Uint8Array
  readonly payload: SwarmStage["payload"]
  /** Resolves with the auditor's handshake of 68 bytes; never when it sends none. */
  readonly greeting: Promise<Buffer>
  readonly send: (...parts: readonly Uint8Array[]) => void
  /** The same bytes for ever, as fast as they are read. */
  readonly flood: (bytes: Uint8Array) => void
  /** What comes next each time, as fast as it is read. */
  readonly pour: (next: () => Uint8Array) => void
  /** One byte at a time. */
  readonly drip: (bytes: Uint8Array, everyMs: number) => void
  readonly every: (ms: number, run: () => void) => void
  readonly later: (ms: number, run: () => void) => void
  /** Each message that comes after the handshake: id and payload; keep-alives aside. */
  readonly onMessage: (hear: Hear) => void
}

export type Act = (visitor: Visitor) => void | Promise<void>

/** Listens on 127.0.0.1 until the case is over; the answer is its port. */
export async function listenAs(
  stage: Stage,
  { payload }: Pick<SwarmStage, "payload">,
  act: Act,
  host = "127.0.0.1",
): Promise<number> {
  let index = 0
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    void act(visitorOn(socket, index++, payload))
  })
  server.listen(0, host)
  await once(server, "listening")
  stage.defer(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as net.AddressInfo).port
}

export function visitorOn(socket: net.Socket, index: number, payload: SwarmStage["payload"]): Visitor {
  const greeting = Promise.withResolvers<Buffer>()
  let hear: Hear | null = null
  let unread: Buffer = Buffer.alloc(0)
  let isGreeted = false
  socket.on("error", () => {})
  socket.setNoDelay(true)
  socket.on("data", (bytes: Buffer) => {
    if (isGreeted && hear === null) return
    unread = Buffer.concat([unread, bytes])
    if (!isGreeted) {
      if (unread.length < handshakeBytes) return
      isGreeted = true
      if (unread[0] === 19) greeting.resolve(unread.subarray(0, handshakeBytes))
      unread = unread.subarray(handshakeBytes)
    }
    if (hear !== null) unread = messagesIn(unread, hear)
  })
  const timers = new Set<NodeJS.Timeout>()
  socket.once("close", () => {
    for (const timer of timers) clearInterval(timer)
  })
  const keep = (timer: NodeJS.Timeout) => void (socket.destroyed ? clearInterval(timer) : timers.add(timer))
  const isOpen = () => !socket.destroyed && socket.writable
  const send: Visitor["send"] = (...parts) => {
    if (isOpen()) for (const part of parts) socket.write(part)
  }
  const pour = (next: () => Uint8Array) => {
    const go = () => {
      if (!isOpen()) return
      // A turn each: the stranger shares its process with the tracker and the seed.
      if (socket.write(next())) setImmediate(go)
      else socket.once("drain", () => setImmediate(go))
    }
    go()
  }
  const every = (ms: number, run: () => void) => keep(setInterval(run, ms))
  return {
    socket,
    index,
    infoHash: payload.infoHash,
    payload,
    greeting: greeting.promise,
    send,
    pour,
    flood: (bytes) => pour(() => bytes),
    drip(bytes, everyMs) {
      let at = 0
      every(everyMs, () => {
        if (at < bytes.length) send(bytes.subarray(at, ++at))
      })
    },
    every,
    later: (ms, run) => keep(setTimeout(run, ms)),
    onMessage(listen) {
      hear = listen
    },
  }
}

/** As `handshakeOf`, of the torrent that is audited. */
export const hello = ({ infoHash, socket }: Visitor, options: HelloOptions = {}): Buffer =>
  handshakeOf(infoHash, { peerId: peerIdOf(socket.localPort), ...options })

/** As an honest client begins: handshake, extension handshake, have-all. Then `act`. */
export const afterHello =
  (act: Act, extension: Encodable = { m: {}, v: "qBittorrent/4.5.2", reqq: 500 }): Act =>
  async (visitor) => {
    await visitor.greeting
    visitor.send(hello(visitor), messages.extensionHandshake(extension), messages.haveAll)
    await act(visitor)
  }

/** How a peer must have fared. */
export interface Fare {
  args?: readonly string[]
  timeoutSeconds?: number
  /** Throws, or says what happened; unless given, `ended` must have happened. */
  check?: (peer: Peer | undefined, snapshot: Snapshot) => string
  /** How one of our attempts must have ended: `code` or `code: detail`. */
  ended?: RegExp
  /** A machine that has much else to do may keep a flood below the bound: then it did no harm. */
  orBelow?: boolean
  /** Unless given, the attempts over either count. */
  transport?: Attempt["transport"]
}

export interface PeerCase extends Pick<HostileCase, "id" | "does" | "bound">, Fare {
  stranger?: Stranger
  act: Act
}

/** The tracker names whom `listen` starts, beside the honest seed, and that peer must have fared so. */
export const besideSeed =
  (
    listen: (stage: Stage, swarm: SwarmStage) => Promise<number>,
    { args, timeoutSeconds, check, ended = /./, ...how }: Fare,
  ): HostileCase["stage"] =>
  async (stage) => {
    const swarm = await stageSwarm(stage)
    const port = await listen(stage, swarm)
    await swarm.introduce(port)
    return swarm.staged({
      ...(args && { args }),
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      check(snapshot) {
        const peer = peerAt(snapshot, `127.0.0.1:${port}`)
        return check ? check(peer, snapshot) : demandEnd(peer, ended, how)
      },
    })
  }

/** A stranger whom the tracker names, beside the honest seed. */
export const peerCase = ({ id, does, bound, stranger = "peer", act, ...fare }: PeerCase): HostileCase => ({
  id,
  stranger,
  does,
  bound,
  stage: besideSeed((stage, swarm) => listenAs(stage, swarm, act), fare),
})

/** Throws unless one of the attempts ended like that. */
export function demandEnd(
  peer: Peer | undefined,
  ended: RegExp,
  { orBelow = false, transport }: Pick<Fare, "orBelow" | "transport"> = {},
): string {
  const ends = (peer?.attempts ?? [])
    .filter((attempt) => transport === undefined || attempt.transport === transport)
    .map(({ failure }) => [failure?.code, failure?.detail].filter(Boolean).join(": "))
  const hit = ends.find((end) => ended.test(end))
  const isLeft = ends.some((end) => /^(idle|aborted)/.test(end))
  if (peer !== undefined && hit === undefined && orBelow && isLeft)
    return `${peer.stage}, too slow to be a flood here`
  if (peer === undefined || hit === undefined)
    throw new Error(`ended otherwise: ${[...new Set(ends)].join("; ") || endOf(peer)}`)
  return `${peer.stage}, ${hit}`
}
