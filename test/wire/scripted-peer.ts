/** Peers made of raw bytes over a real socket: a test says what its peer sends, and sees what came. */
import { once } from "node:events"
import net from "node:net"
import { onTestFinished } from "vitest"
import { failure } from "../../src/failure.ts"
import { dial, plain } from "../../src/wire/dial.ts"
import type { Session, Swarm } from "../../src/wire/session.ts"
import * as frames from "./frames.ts"
import { blockAt, infoHash, remoteId, testSwarm } from "./swarm.ts"

export interface Asked {
  piece: number
  offset: number
  length: number
}

export interface Message {
  id: number
  payload: Buffer
}

/** The auditor as its peer sees it. */
export interface Visitor {
  readonly socket: net.Socket
  /** 68 bytes. */
  readonly handshake: Promise<Buffer>
  /** Everything after the handshake, so far. */
  readonly messages: readonly Message[]
  send(...bytes: Uint8Array[]): void
  /** The first `count` messages of that kind, once they came. */
  received(id: number, count?: number): Promise<Message[]>
  onRequest(listener: (asked: Asked) => void): void
  /** Of one kind, those that came already too. */
  onMessage(id: number, listener: (payload: Buffer) => void): void
  /** Answers the handshake like an ordinary client. */
  greet(reserved?: Uint8Array, infoHash?: Uint8Array): Promise<void>
}

export const askedOf = ({ payload }: Message): Asked => ({
  piece: payload.readUInt32BE(0),
  offset: payload.readUInt32BE(4),
  length: payload.readUInt32BE(8),
})

export function visitorOf(socket: net.Socket): Visitor {
  const messages: Message[] = []
  const handshake = Promise.withResolvers<Buffer>()
  const listeners = new Set<() => void>()
  const messageListeners: { id: number; listener: (payload: Buffer) => void }[] = []
  let greeted = false
  let pending = Buffer.alloc(0)

  function take(count: number): Buffer {
    const taken = pending.subarray(0, count)
    pending = pending.subarray(count)
    return taken
  }

  socket.on("error", () => {})
  socket.on("data", (chunk) => {
    pending = Buffer.concat([pending, chunk])
    if (!greeted && pending.length >= 68) {
      greeted = true
      handshake.resolve(take(68))
    }
    if (greeted) takeMessages()
    for (const listener of listeners) listener()
  })

  function takeMessages(): void {
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
      const body = take(4 + pending.readUInt32BE(0)).subarray(4)
      if (body.length === 0) continue
      const message = { id: body[0] ?? -1, payload: body.subarray(1) }
      messages.push(message)
      for (const { id, listener } of messageListeners) if (id === message.id) listener(message.payload)
    }
  }

  const visitor: Visitor = {
    socket,
    handshake: handshake.promise,
    messages,
    send(...bytes) {
      if (!socket.destroyed) socket.write(Buffer.concat(bytes))
    },
    received(id, count = 1) {
      return new Promise((resolve) => {
        const look = () => {
          const found = messages.filter((message) => message.id === id)
          if (found.length < count) return
          listeners.delete(look)
          resolve(found.slice(0, count))
        }
        listeners.add(look)
        look()
      })
    },
    onRequest(listener) {
      visitor.onMessage(6, (payload) => listener(askedOf({ id: 6, payload })))
    },
    onMessage(id, listener) {
      for (const message of messages) if (message.id === id) listener(message.payload)
      messageListeners.push({ id, listener })
    },
    async greet(reserved = frames.fastReserved, hash: Uint8Array = infoHash) {
      await handshake.promise
      visitor.send(frames.handshakeFrame(hash, remoteId, reserved))
    },
  }
  return visitor
}

/** Listens on loopback for the length of the test; returns its endpoint. */
export async function scriptedPeer(script: (visitor: Visitor) => void | Promise<void>): Promise<string> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    void script(visitorOf(socket))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  if (address === null || typeof address === "string") throw new TypeError("no port")
  return `127.0.0.1:${address.port}`
}

export const never = new AbortController().signal

/** A session with a scripted peer, closed with the test. */
export async function visit(
  script: (visitor: Visitor) => void | Promise<void>,
  swarm: Swarm = testSwarm(),
): Promise<Session> {
  const dialled = await dial(swarm, await scriptedPeer(script), plain, never)
  if (!dialled.ok) throw new Error(`dial: ${dialled.failure.code}`)
  const session = dialled.value
  onTestFinished(() => session.close(failure("idle")))
  return session
}

/** Has everything, unchokes at once, and answers what `answer` says (by default the right block). */
export const seeder =
  (answer: (asked: Asked, visitor: Visitor) => Uint8Array | null = rightBlock, reserved?: Uint8Array) =>
  async (visitor: Visitor): Promise<void> => {
    await visitor.greet(reserved)
    const claims = reserved === frames.plainReserved ? frames.bitfield(Buffer.from([0xfc])) : frames.haveAll
    visitor.send(claims, frames.unchoke)
    visitor.onRequest((asked) => {
      const bytes = answer(asked, visitor)
      if (bytes !== null) visitor.send(bytes)
    })
  }

export const rightBlock = ({ piece, offset, length }: Asked): Uint8Array =>
  frames.block(piece, offset, blockAt(piece, offset, length))
