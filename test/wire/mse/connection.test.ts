/** Encryption over real connections: nothing is lost, held back or left behind. */
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import type { Socket } from "node:net"
import { Duplex } from "node:stream"
import { describe, expect, it } from "vitest"
import { failure, type Failure } from "../../../src/failure.ts"
import type { Connection } from "../../../src/network.ts"
import { encryptOutgoing, receiveEncryption, shortSecret } from "../../../src/wire/mse.ts"
import { virtualClock } from "../virtual-clock.ts"
import { asKey, asNumber, foreignSide, infoHash, power, publicKey } from "./foreign.ts"
import { link, network, readAll, readBytes, valueOf } from "./link.ts"

const never = new AbortController().signal
const timeoutMs = 10_000
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

type Outgoing = Parameters<typeof encryptOutgoing>[1]
type Incoming = Parameters<typeof receiveEncryption>[1]
const outgoing = (over: Partial<Outgoing> = {}): Outgoing => ({
  infoHash,
  offers: "any",
  network,
  timeoutMs,
  signal: never,
  ...over,
})
const incoming = (over: Partial<Incoming> = {}): Incoming => ({
  infoHashes: [infoHash],
  policy: "prefer",
  network,
  timeoutMs,
  ...over,
})

async function pair(left: Partial<Outgoing> = {}, right: Partial<Incoming> = {}) {
  const { dialler, listener } = await link()
  const [one, other] = await Promise.all([
    encryptOutgoing(dialler, outgoing(left)),
    receiveEncryption(listener, incoming(right)),
  ])
  return { one: valueOf(one), other: valueOf(other), dialler, listener }
}

const both = ["any", "rc4"] as const
const encryptionOf = { any: "mse-plaintext", rc4: "mse-rc4" } as const

/** In pieces of any length, as fast as it is taken. */
async function pour({ stream }: Connection, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const next = at + 1 + (randomBytes(2).readUInt16BE() % 40_000)
    if (!stream.write(bytes.subarray(at, next))) await once(stream, "drain")
    at = next
  }
}

describe.each(both)("offering %s", (offers) => {
  it("carries megabytes both ways at once, and says what it is", async () => {
    const { one, other, dialler } = await pair({ offers })
    const [there, back] = [randomBytes(3_000_000), randomBytes(3_000_000)]
    const original = Buffer.from(there)
    const [atOther, atOne] = await Promise.all([
      readBytes(other, there.length),
      readBytes(one, back.length),
      pour(one, there),
      pour(other, back),
    ])
    expect(atOther.equals(original)).toBe(true)
    expect(atOne.equals(back)).toBe(true)
    expect(there.equals(original)).toBe(true)
    expect(one).toMatchObject({ encryption: encryptionOf[offers], transport: "tcp", remote: dialler.remote })
    expect(other.encryption).toBe(encryptionOf[offers])
    expect(one.overhead?.written).toBe(other.overhead?.read)
    expect(one.overhead?.read).toBe(other.overhead?.written)
    expect(one.overhead?.written).toBeGreaterThanOrEqual(96 + 56)
  })

  it("keeps what came at once with the handshake for a reader that comes later", async () => {
    const { one, other } = await pair({ offers, initialPayload: Buffer.from("first, ") })
    one.stream.write("second, ")
    other.stream.write("answer")
    for (let turns = 0; turns < 20; turns++) await turn()
    one.stream.write("third")
    expect((await readBytes(other, 20)).toString()).toBe("first, second, third")
    expect((await readBytes(one, 6)).toString()).toBe("answer")
  })

  it("an end right behind the last bytes reaches a late reader after them", async () => {
    const { one, other } = await pair({ offers, initialPayload: Buffer.from("first") })
    const last = randomBytes(200_000)
    one.stream.end(last)
    for (let turns = 0; turns < 20; turns++) await turn()
    let isOver = false
    void other.ended.then(() => {
      isOver = true
    })
    await turn()
    expect(isOver).toBe(false)
    expect((await readAll(other)).equals(Buffer.concat([Buffer.from("first"), last]))).toBe(true)
    expect((await other.ended).code).toBe("closed")
    expect((await one.ended).code).toBe("closed")
  })

  it.each(["never began to read", "paused"])("holds the writer up while a reader %s", async (how) => {
    const { one, other } = await pair({ offers })
    if (how === "paused") {
      one.stream.write("begin")
      await readBytes(other, 5)
      other.stream.pause()
    }
    const chunk = randomBytes(65_536)
    let written = 0
    for (let stalled = 0; stalled < 50;) {
      if (one.stream.writableNeedDrain) {
        stalled++
        await turn()
      } else {
        stalled = 0
        one.stream.write(chunk)
        written += chunk.length
        if (written > 200_000_000) throw new Error("never held up")
      }
    }
    expect(other.stream.readableLength + one.stream.writableLength).toBeLessThan(1_000_000)
    if (how === "paused") other.stream.resume()
    const all = await readBytes(other, written)
    expect(all.length).toBe(written)
    expect(all.subarray(-65_536).equals(chunk)).toBe(true)
  })

  it("a close of ours ends it with its failure, and nothing of it stays on the socket", async () => {
    const { dialler, listener } = await link()
    const events = ["data", "end", "readable", "drain", "close", "error"] as const
    const listeners = () => events.map((event) => dialler.stream.listenerCount(event))
    const before = listeners()
    const [one, other] = await Promise.all([
      encryptOutgoing(dialler, outgoing({ offers })),
      receiveEncryption(listener, incoming()),
    ])
    const { stream } = valueOf(one)
    stream.on("data", () => {})
    valueOf(one).close(failure("idle", "enough"))
    expect(await valueOf(one).ended).toEqual(failure("idle", "enough"))
    expect(stream.destroyed && dialler.stream.destroyed).toBe(true)
    expect(listeners()).toEqual(offers === "rc4" ? before : before.with(0, 1))
    valueOf(other).stream.resume()
    expect((await valueOf(other).ended).code).toMatch(/^(closed|reset)$/)
    expect(valueOf(other).stream.destroyed).toBe(true)
  })

  it("what was written in one turn leaves before a close of the same turn", async () => {
    const { one, other } = await pair({ offers })
    one.stream.cork()
    one.stream.write("good")
    one.stream.write("bye")
    one.stream.uncork()
    one.close(failure("idle"))
    expect((await readAll(other)).toString()).toBe("goodbye")
  })
})

describe("a reset", () => {
  it("ends the stream in the clear without an error thrown", async () => {
    const { one, other, listener } = await pair({ offers: "rc4" })
    one.stream.resume()
    const socket = listener.stream as Socket
    socket.resetAndDestroy()
    expect((await one.ended).code).toBe("reset")
    expect(one.stream.destroyed).toBe(true)
    one.stream.write("nobody hears this", () => {})
    one.stream.on("error", () => {})
    other.close(failure("idle"))
  })
})

describe("in the clear", () => {
  const handshake = Buffer.concat([Buffer.from("\x13BitTorrent protocol"), randomBytes(48)])

  it.each(["prefer", "off"] as const)("passes as it came, end included, under %s", async (policy) => {
    const { dialler, listener } = await link()
    dialler.stream.end(handshake)
    const received = valueOf(await receiveEncryption(listener, incoming({ policy })))
    expect(received).toMatchObject({ encryption: "none", stream: listener.stream })
    for (let turns = 0; turns < 20; turns++) await turn()
    expect((await readAll(received)).equals(handshake)).toBe(true)
  })

  it("is refused under require, with the connection closed", async () => {
    const { dialler, listener } = await link()
    dialler.stream.write(handshake)
    const received = await receiveEncryption(listener, incoming({ policy: "require" }))
    expect(received).toEqual({ ok: false, failure: failure("encryption", "dialled in the clear") })
    expect((await listener.ended).code).toBe("encryption")
    dialler.stream.resume()
    expect((await dialler.ended).code).toMatch(/^(closed|reset)$/)
  })

  it("MSE is refused under off", async () => {
    const { dialler, listener } = await link()
    const [one, other] = await Promise.all([
      encryptOutgoing(dialler, outgoing()),
      receiveEncryption(listener, incoming({ policy: "off" })),
    ])
    expect(other).toMatchObject({ ok: false, failure: { code: "encryption" } })
    expect(one).toMatchObject({ ok: false, failure: { code: expect.stringMatching(/^(closed|reset)$/) } })
  })
})

describe("a peer that is no help", () => {
  const sides = [
    ["initiator", (connection: Connection, over: object) => encryptOutgoing(connection, outgoing(over))],
    ["receiver", (connection: Connection, over: object) => receiveEncryption(connection, incoming(over))],
  ] as const

  it.each(sides)("silence lasts as long as was given (%s)", async (_name, run) => {
    const clock = virtualClock()
    const { dialler } = await link()
    const running = run(dialler, { network: { ...network, ...clock.network }, timeoutMs: 5_000 })
    let outcome: Awaited<typeof running> | null = null
    void running.then((value) => {
      outcome = value
    })
    await clock.pass(4_999)
    expect(outcome).toBeNull()
    await clock.pass(1)
    expect(outcome).toEqual({ ok: false, failure: failure("handshake-timeout") })
    expect((await dialler.ended).code).toBe("handshake-timeout")
    expect(dialler.stream.listenerCount("readable")).toBe(0)
  })

  it.each(sides)("an abort ends it (%s)", async (_name, run) => {
    const stop = new AbortController()
    const { dialler } = await link()
    const running = run(dialler, { signal: stop.signal })
    await turn()
    stop.abort()
    expect(await running).toEqual({ ok: false, failure: failure("aborted") })
    expect(dialler.stream.destroyed).toBe(true)
  })

  it.each(sides)("a connection that closes is a failure as it closed (%s)", async (_name, run) => {
    const { dialler, listener } = await link()
    const running = run(dialler, {})
    listener.stream.end()
    expect(await running).toMatchObject({ ok: false, failure: { code: "closed" } })
  })

  it("a close at an unlucky secret says so", async () => {
    const { dialler, listener } = await link()
    const running = encryptOutgoing(dialler, outgoing())
    const ours = asNumber((await readBytes(listener, 96)).subarray(0, 96))
    let exponent = 2n
    while (power(ours, exponent) >> 760n > 0n) exponent++
    listener.stream.resume()
    listener.stream.end(asKey(power(2n, exponent)))
    expect(await running).toEqual({ ok: false, failure: failure("closed", shortSecret) })
  })

  it.each(sides)("a key that gives the secret away is refused (%s)", async (_name, run) => {
    const { dialler, listener } = await link()
    listener.stream.write(asKey(1n))
    listener.stream.resume()
    expect(await run(dialler, {})).toMatchObject({ ok: false, failure: { code: "encryption" } })
    expect((await dialler.ended).code).toBe("encryption")
  })

  it("one byte at a time is as good", async () => {
    const { dialler, listener } = await link()
    const running = receiveEncryption(listener, incoming())
    const trickle = async (bytes: Uint8Array) => {
      for (const byte of bytes) {
        dialler.stream.write(Buffer.of(byte))
        await turn()
      }
    }
    await trickle(publicKey)
    const request = foreignSide(await readBytes(dialler, 96)).request({ provide: 2, ia: Buffer.from("IA") })
    await trickle(request)
    const received = valueOf(await running)
    expect((await readBytes(received, 2)).toString()).toBe("IA")
  })
})

describe("any stream", () => {
  /** Encrypted with the foreign side, which has said `payload` and may have ended. */
  async function overStub(payload: Buffer, takes: boolean) {
    const toThem: Buffer[] = []
    let isHandshake = true
    const stream = new Duplex({
      read() {},
      write(bytes: Buffer, _encoding, done) {
        toThem.push(bytes)
        if (takes || isHandshake) done()
      },
    })
    const ended = Promise.withResolvers<Failure>()
    stream.on("close", () => ended.resolve(failure("closed")))
    const running = encryptOutgoing(
      {
        transport: "utp",
        encryption: "none",
        stream,
        remote: "127.0.0.1:1",
        local: "127.0.0.1:2",
        ended: ended.promise,
        close: () => void stream.destroy(),
      },
      outgoing(),
    )
    const foreign = foreignSide(Buffer.concat(toThem))
    stream.push(Buffer.concat([publicKey, randomBytes(100)]))
    const answer = foreign.answer({ payload })
    stream.push(answer.subarray(0, 14))
    const encrypted = valueOf(await running)
    isHandshake = false
    let isOver = false
    void encrypted.ended.then(() => {
      isOver = true
    })
    const endWith = async () => {
      stream.push(answer.subarray(14))
      stream.push(null)
      for (let turns = 0; turns < 5; turns++) await turn()
      stream.destroy()
      for (let turns = 0; turns < 5; turns++) await turn()
    }
    return { encrypted, endWith, isOver: () => isOver }
  }

  it("will do, whatever carries it", async () => {
    const { encrypted, endWith } = await overStub(Buffer.from("hello"), true)
    const reading = readAll(encrypted)
    await endWith()
    expect(encrypted).toMatchObject({ transport: "utp", encryption: "mse-rc4" })
    expect((await reading).toString()).toBe("hello")
  })

  it("what a paused reader has not read outlives the connection below", async () => {
    const { encrypted, endWith, isOver } = await overStub(Buffer.from("hello"), true)
    encrypted.stream.on("data", () => {})
    encrypted.stream.pause()
    encrypted.stream.read(0)
    await endWith()
    expect(isOver()).toBe(false)
    expect((await readAll({ ...encrypted, stream: encrypted.stream.resume() })).toString()).toBe("hello")
    expect((await encrypted.ended).code).toBe("closed")
  })

  it("a close ends it also when all below is over", async () => {
    const { encrypted, endWith, isOver } = await overStub(Buffer.from("hello"), true)
    encrypted.stream.pause()
    encrypted.stream.read(0)
    await endWith()
    expect(isOver()).toBe(false)
    encrypted.close(failure("idle"))
    expect((await encrypted.ended).code).toBe("closed")
  })

  it("an end comes through although something written never left", async () => {
    const { encrypted, endWith } = await overStub(Buffer.from("hello"), false)
    encrypted.stream.write(Buffer.alloc(100_000))
    const reading = readAll(encrypted)
    await endWith()
    expect((await reading).toString()).toBe("hello")
    expect((await encrypted.ended).code).toBe("closed")
  })
})
