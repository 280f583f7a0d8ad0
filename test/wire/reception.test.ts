import { randomBytes } from "node:crypto"
import net from "node:net"
import { describe, expect, onTestFinished, test } from "vitest"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { failure } from "../../src/failure.ts"
import type { Connection } from "../../src/network.ts"
import { dial, type Way } from "../../src/wire/dial.ts"
import { doorkeeper } from "../../src/wire/doorkeeper.ts"
import { createReception } from "../../src/wire/reception.ts"
import type { Session, Swarm } from "../../src/wire/session.ts"
import { openUtp, type UtpSocket } from "../../src/wire/utp.ts"
import * as frames from "./frames.ts"
import { never, visitorOf, type Visitor } from "./scripted-peer.ts"
import { remoteId, testSwarm } from "./swarm.ts"

const network = loopbackNetwork()
const utp = async (onConnection: (connection: Connection) => void): Promise<UtpSocket> => {
  const opened = await openUtp({ network, families: ["ipv4"], port: null, onConnection })
  if (!opened.ok) throw new Error(opened.failure.code)
  onTestFinished(() => opened.value.close())
  return opened.value
}

/** One door over TCP and uTP for so many swarms, and who came through it to which. */
async function house(
  swarms: readonly Partial<Swarm>[],
  options: { maxPending?: number; handshakeMs?: number } = {},
) {
  const reception = createReception(network, options)
  const listening = await network.listen(0, (connection) => reception.admit(connection))
  if (!listening.ok) throw new Error(listening.failure.code)
  const over = await utp((connection) => reception.admit(connection))
  const arrived: Session[][] = swarms.map(() => [])
  const dropped = swarms.map(() => 0)
  let tell = () => {}
  const leave = swarms.map((of, i) => {
    const swarm = testSwarm({ network, encryption: "prefer", ...of })
    const keeper = doorkeeper(swarm, (session) => {
      arrived[i]?.push(session)
      tell()
    })
    onTestFinished(() => keeper.close())
    return reception.moveIn({
      infoHashes: () => [swarm.infoHash, ...(swarm.alsoInfoHash ? [swarm.alsoInfoHash] : [])],
      policy: swarm.encryption ?? "off",
      welcome: (connection, openedMs) => keeper.admit(connection, openedMs),
      onDropped: () => void (dropped[i] = (dropped[i] ?? 0) + 1),
    })
  })
  onTestFinished(() => {
    listening.value.close()
    reception.close()
    for (const session of arrived.flat()) session.close(failure("idle"))
  })
  return {
    port: listening.value.port,
    utpPort: over.port,
    arrived,
    dropped,
    leave,
    next: () => new Promise<void>((resolve) => void (tell = resolve)),
  }
}

function knock(port: number): Visitor {
  const socket = net.connect(port, "127.0.0.1")
  onTestFinished(() => void socket.destroy())
  return visitorOf(socket)
}
const closed = (visitor: Visitor) =>
  new Promise<void>((resolve) => void visitor.socket.once("close", () => resolve()))

/** A peer of that swarm dials in, as our own code would. */
async function visit(port: number, infoHash: Uint8Array, way: Way): Promise<Session> {
  const own = way.transport === "utp" ? await utp((connection) => connection.close(failure("aborted"))) : null
  const swarm = testSwarm({ network, infoHash, peerId: randomBytes(20), utp: own, encryption: "prefer" })
  const dialled = await dial(swarm, `127.0.0.1:${port}`, way, never)
  if (!dialled.ok) throw new Error(dialled.failure.code)
  onTestFinished(() => dialled.value.close(failure("idle")))
  return dialled.value
}

const hashes = Array.from({ length: 4 }, () => randomBytes(20)) as [Buffer, Buffer, Buffer, Buffer]

describe("one port for several swarms", () => {
  test.each([
    ["in the clear", { transport: "tcp", encrypted: false }, "none"],
    ["encrypted", { transport: "tcp", encrypted: true }, "mse-plaintext"],
    ["over uTP", { transport: "utp", encrypted: false }, "none"],
    ["over uTP, encrypted", { transport: "utp", encrypted: true }, "mse-plaintext"],
  ] as const)("%s, each peer comes to the swarm that it names", async (_, way, encryption) => {
    const swarms = [
      { infoHash: hashes[0] },
      { infoHash: hashes[1] },
      { infoHash: hashes[2], alsoInfoHash: hashes[3] },
    ]
    const { port, utpPort, arrived, next } = await house(swarms)
    for (const [i, of] of [1, 0, 2, 3].entries()) {
      const coming = next()
      const session = await visit(way.transport === "utp" ? utpPort : port, hashes[of] ?? hashes[0], way)
      await coming
      expect(await session.handshaken).toMatchObject({ ok: true })
      expect(arrived.map(({ length }) => length)).toEqual(
        [
          [0, 1, 0],
          [1, 1, 0],
          [1, 1, 1],
          [1, 1, 2],
        ][i],
      )
    }
    for (const session of arrived.flat())
      expect(session.record).toMatchObject({ encryption, transport: way.transport })
    expect(arrived[2]?.[0]?.record.bytes.read).toBeGreaterThanOrEqual(68)
  })

  test("byte by byte, and with what follows the handshake", async () => {
    const { port, arrived, next } = await house([{ infoHash: hashes[0] }, { infoHash: hashes[1] }])
    const coming = next()
    const visitor = knock(port)
    const bytes = Buffer.concat([
      frames.handshakeFrame(hashes[1], remoteId, frames.fullReserved),
      frames.extensionHandshake("d1:pi51413ee"),
      frames.haveAll,
    ])
    for (const byte of bytes) visitor.send(Buffer.of(byte))
    await coming
    const [session] = arrived[1] ?? []
    expect(await session?.claimed).toBe(true)
    expect(session?.record).toMatchObject({ haveCount: 6, extensions: { port: 51_413 } })
    expect(session?.record.bytes.read).toBe(bytes.length)
  })

  test.each([
    ["another info hash", frames.handshakeFrame(randomBytes(20), remoteId, frames.fastReserved)],
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n".padEnd(800, "x"))],
  ])("%s is closed, and reaches nobody", async (_, bytes) => {
    const { port, arrived } = await house([{ infoHash: hashes[0], encryption: "off" }])
    const visitor = knock(port)
    visitor.send(bytes)
    await closed(visitor)
    expect(visitor.socket.bytesRead).toBe(0)
    expect(arrived.flat()).toEqual([])
  })

  test("encrypted for a torrent that nobody audits is closed", async () => {
    const { port, arrived } = await house([{ infoHash: hashes[0] }])
    const swarm = testSwarm({ network, infoHash: hashes[1], encryption: "prefer" })
    const dialled = await dial(swarm, `127.0.0.1:${port}`, { transport: "tcp", encrypted: true }, never)
    expect(dialled.ok).toBe(false)
    expect(arrived.flat()).toEqual([])
  })

  test("who insists on encryption is not greeted in the clear", async () => {
    const { port, arrived, next } = await house([
      { infoHash: hashes[0], encryption: "require" },
      { infoHash: hashes[1] },
    ])
    const visitor = knock(port)
    visitor.send(frames.handshakeFrame(hashes[0], remoteId, frames.fastReserved))
    await closed(visitor)
    const coming = next()
    await visit(port, hashes[1], { transport: "tcp", encrypted: false })
    await coming
    expect(arrived.map(({ length }) => length)).toEqual([0, 1])
  })

  test("an audit that is over gets nobody any more", async () => {
    const { port, arrived, leave } = await house([{ infoHash: hashes[0] }, { infoHash: hashes[1] }])
    leave[0]?.()
    const visitor = knock(port)
    visitor.send(frames.handshakeFrame(hashes[0], remoteId, frames.fastReserved))
    await closed(visitor)
    expect(visitor.socket.bytesRead).toBe(0)
    expect(arrived.flat()).toEqual([])
  })

  test("the oldest of too many silent ones gives way, and every audit is told", async () => {
    const { port, arrived, dropped, next } = await house([{ infoHash: hashes[0] }, { infoHash: hashes[1] }], {
      maxPending: 3,
    })
    const first = knock(port)
    const firstClosed = closed(first)
    const others = [knock(port), knock(port), knock(port)]
    await firstClosed
    expect(dropped).toEqual([1, 1])
    const coming = next()
    others[0]?.send(frames.handshakeFrame(hashes[1], remoteId, frames.fastReserved))
    await coming
    expect(arrived.map(({ length }) => length)).toEqual([0, 1])
  })

  test("silence is closed at the handshake deadline", async () => {
    const { port } = await house([{ infoHash: hashes[0] }], { handshakeMs: 40 })
    const visitor = knock(port)
    await closed(visitor)
    expect(visitor.socket.bytesRead).toBe(0)
  })
})
