import { randomBytes } from "node:crypto"
import net from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { failure } from "../../src/failure.ts"
import { doorkeeper } from "../../src/wire/doorkeeper.ts"
import { dial, plain } from "../../src/wire/dial.ts"
import type { Session, Swarm } from "../../src/wire/session.ts"
import * as frames from "./frames.ts"
import { never, rightBlock, visitorOf, type Visitor } from "./scripted-peer.ts"
import { infoHash, remoteId, testSwarm } from "./swarm.ts"

async function listening(swarm: Swarm = testSwarm(), maxPending?: number) {
  const sessions: Session[] = []
  const arrived: ((session: Session) => void)[] = []
  const keeper = doorkeeper(
    swarm,
    (session) => {
      sessions.push(session)
      arrived.shift()?.(session)
    },
    maxPending,
  )
  const outcome = await swarm.network.listen(0, (connection) => keeper.admit(connection))
  if (!outcome.ok) throw new Error(outcome.failure.code)
  const opened = outcome.value
  const listener = {
    port: opened.port,
    get dropped() {
      return keeper.dropped
    },
  }
  onTestFinished(() => {
    opened.close()
    keeper.close()
    for (const session of sessions) session.close(failure("idle"))
  })
  return { listener, sessions, next: () => new Promise<Session>((resolve) => void arrived.push(resolve)) }
}

function knock(port: number): Visitor {
  const socket = net.connect(port, "127.0.0.1")
  onTestFinished(() => void socket.destroy())
  return visitorOf(socket)
}

const closed = (visitor: Visitor) =>
  new Promise<void>((resolve) => void visitor.socket.once("close", () => resolve()))

test("a peer of the swarm gets an answer and is talked to like any other", async () => {
  const { listener, next } = await listening()
  const session = next()
  const visitor = knock(listener.port)
  visitor.send(frames.handshakeFrame(infoHash, remoteId, frames.fullReserved))
  const reply = await visitor.handshake
  expect(reply.subarray(28, 48)).toEqual(infoHash)
  visitor.send(frames.extensionHandshake("d1:pi51413ee"), frames.haveAll, frames.unchoke)
  visitor.onRequest((asked) => visitor.send(rightBlock(asked)))
  const arrived = await session
  const { direction, record, claimed } = arrived
  expect(direction).toBe("incoming")
  expect(await claimed).toBe(true)
  expect(record).toMatchObject({ connectMs: null, haveCount: 6, extensions: { port: 51_413 }, fast: true })
  expect(await arrived.fetch(0, never)).toMatchObject({ verified: true })
  expect((await visitor.received(20))[0]?.payload.toString("latin1")).toContain("torrent-audit")
  await visitor.received(15)
})

test.each([
  ["another swarm", frames.handshakeFrame(randomBytes(20), remoteId, frames.fastReserved)],
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
])("%s is closed without a word", async (_, bytes) => {
  const { listener, sessions } = await listening()
  const visitor = knock(listener.port)
  visitor.send(bytes)
  await closed(visitor)
  expect(visitor.socket.bytesRead).toBe(0)
  expect(sessions).toEqual([])
})

test("silence is closed at the handshake deadline", async () => {
  const { listener, sessions } = await listening(testSwarm({ handshakeMs: 40 }))
  await closed(knock(listener.port))
  expect(sessions).toEqual([])
})

test("dialling ourselves: both ends know", async () => {
  const swarm = testSwarm()
  const { listener, sessions } = await listening(swarm)
  const dialled = await dial(swarm, `127.0.0.1:${listener.port}`, plain, never)
  if (!dialled.ok) throw new Error(dialled.failure.code)
  expect(await dialled.value.handshaken).toEqual({ ok: false, failure: failure("self") })
  expect(sessions).toEqual([])
})

test("the oldest of too many silent ones gives way", async () => {
  const { listener, next } = await listening(testSwarm(), 3)
  const first = knock(listener.port)
  const firstClosed = closed(first)
  const others = [knock(listener.port), knock(listener.port), knock(listener.port)]
  await firstClosed
  expect(listener.dropped).toBe(1)
  const session = next()
  for (const visitor of others) visitor.send(frames.handshakeFrame(infoHash, remoteId, frames.fastReserved))
  expect((await session).direction).toBe("incoming")
})
