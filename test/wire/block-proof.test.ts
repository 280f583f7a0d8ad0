/** Single blocks and their proofs over a session: BEP 52 hash requests, the publisher's copy, and the handshake of hybrids. */
import net from "node:net"
import { describe, expect, onTestFinished, test } from "vitest"
import { failure } from "../../src/failure.ts"
import type { Reference } from "../../src/torrent/reference.ts"
import { accept, type Session, type Swarm } from "../../src/wire/session.ts"
import * as frames from "./frames.ts"
import { never, visit, visitorOf, type Asked, type Visitor } from "./scripted-peer.ts"
import { remoteId } from "./swarm.ts"
import { hashesTo, hybridBlock, pieceBytes, rejectTo, v1Hash, v2Block, v2Hash, v2Swarm } from "./v2-swarm.ts"

const offersV2 = Buffer.from("0000000000000014", "hex")

interface Manners {
  greeting?: { hash?: Uint8Array; reserved?: Uint8Array }
  bytes?: (asked: Asked) => Buffer
  hashes?: (payload: Buffer) => Uint8Array | null
}

/** Has everything, unchokes at once, answers blocks and hash requests. */
const v2Seeder =
  ({ greeting = {}, bytes, hashes = hashesTo }: Manners = {}) =>
  async (visitor: Visitor): Promise<void> => {
    const { hash = v2Hash, reserved = frames.fastReserved } = greeting
    await visitor.greet(reserved, hash)
    visitor.send(frames.haveAll, frames.unchoke)
    visitor.onRequest((asked) => {
      const block = bytes?.(asked) ?? v2Block(asked.piece, asked.offset, asked.length)
      visitor.send(frames.block(asked.piece, asked.offset, block))
    })
    visitor.onMessage(21, (payload) => {
      const answer = hashes(payload)
      if (answer !== null) visitor.send(answer)
    })
  }

async function ready(manners: Manners = {}, swarm: Swarm = v2Swarm("v2")): Promise<Session> {
  const session = await visit(v2Seeder(manners), swarm)
  expect(await session.claimed).toBe(true)
  session.showInterest()
  expect(await session.untilUnchoked(20_000, never)).toBe(true)
  return session
}

const spoilt = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  copy[5] = (copy[5] ?? 0) ^ 1
  return copy
}

const blocks: [what: string, piece: number, offset: number, length: number][] = [
  ["the first", 0, 0, 16_384],
  ["one in the middle", 2, 49_152, 16_384],
  ["the short one at the end of a file", 4, 0, 5_000],
  ["one of a file smaller than a piece", 5, 16_384, 16_384],
  ["the short one at the end of that", 5, 32_768, 7_232],
]

describe("a single block with a Merkle proof", () => {
  test.each(blocks)("%s, up to the piece's root", async (_, piece, offset, bytes) => {
    const session = await ready()
    const sample = await session.fetchBlock(piece, offset, never)
    expect(sample).toMatchObject({ piece, offset, bytes, verified: true, proof: "merkle", failure: null })
    expect(session.record).toMatchObject({ samples: [sample], payloadBytes: bytes, v2: true, end: null })
  })

  test.each(blocks)(
    "%s, up to the file's root, as the piece layers are unknown",
    async (_, piece, offset) => {
      const session = await ready({}, v2Swarm("v2", {}, false))
      expect(await session.fetchBlock(piece, offset, never)).toMatchObject({
        verified: true,
        proof: "merkle",
      })
    },
  )

  test("that is wrong is wrong, whatever the proof says of the right one", async () => {
    const session = await ready({
      bytes: (asked) => spoilt(v2Block(asked.piece, asked.offset, asked.length)),
    })
    const sample = await session.fetchBlock(1, 16_384, never)
    expect(sample).toMatchObject({ bytes: 16_384, verified: false, failure: failure("hash-mismatch") })
    expect(session.provesBlocks).toBe(true)
  })

  test("is asked for before its hashes, at the cost of two hashes and the uncles", async () => {
    const order: number[] = []
    const session = await ready({
      bytes(asked) {
        order.push(6)
        return v2Block(asked.piece, asked.offset, asked.length)
      },
      hashes(payload) {
        order.push(21)
        expect(hashesTo(payload).length).toBe(4 + 49 + 3 * 32)
        return hashesTo(payload)
      },
    })
    expect((await session.fetchBlock(1, 32_768, never)).verified).toBe(true)
    expect(order).toEqual([6, 21])
  })

  test.each<[string, (payload: Buffer) => Uint8Array]>([
    ["rejected", rejectTo],
    ["of another number of hashes", (payload) => frames.frame(22, payload.subarray(0, 48), Buffer.alloc(64))],
    [
      "that leads to no root",
      (payload) =>
        Buffer.concat([hashesTo(payload).subarray(0, -32), spoilt(hashesTo(payload).subarray(-32))]),
    ],
  ])("whose proof is %s says nothing, and no other is tried", async (_, hashes) => {
    const session = await ready({ hashes })
    const sample = await session.fetchBlock(1, 0, never)
    expect(sample).toMatchObject({ offset: 0, verified: null, failure: { code: "bad-proof" } })
    expect(session.provesBlocks).toBe(false)
    expect(await session.fetchBlock(1, 0, never)).toMatchObject({ bytes: pieceBytes, verified: true })
    expect(session.record.end).toBeNull()
  })

  test("answers that nobody asked for are passed over", async () => {
    const stranger = Buffer.alloc(48, 7)
    const session = await ready({
      hashes: (payload) =>
        Buffer.concat([
          frames.frame(22, stranger, Buffer.alloc(64)),
          frames.frame(23, stranger),
          hashesTo(payload),
          hashesTo(payload),
        ]),
    })
    expect((await session.fetchBlock(1, 0, never)).verified).toBe(true)
    expect((await session.fetchBlock(2, 0, never)).verified).toBe(true)
  })

  test("hash requests to us are not answered", async () => {
    const session = await ready({
      hashes: (payload) => Buffer.concat([frames.frame(21, payload), hashesTo(payload)]),
    })
    await session.fetchBlock(1, 0, never)
    expect(session.record).toMatchObject({ ignoredRequests: 1, end: null })
  })

  test.each([
    ["hashes", frames.frame(22, Buffer.alloc(47))],
    ["hashes without any", frames.frame(22, Buffer.alloc(48))],
    ["half a hash", frames.frame(22, Buffer.alloc(48 + 33))],
    ["far too many hashes", frames.frame(22, Buffer.alloc(48 + 32 * 4_096))],
    ["hash reject", frames.frame(23, Buffer.alloc(49))],
  ])("a message of a wrong length ends the session: %s", async (_, message) => {
    const session = await ready({ hashes: () => message })
    const sample = await session.fetchBlock(1, 0, never)
    expect(sample.verified).toBeNull()
    expect(session.record.end?.code).toBe("protocol-error")
  })

  test("a session that ends before the proof came says nothing", async () => {
    const session = await ready({ hashes: () => null })
    const sample = session.fetchBlock(1, 0, never)
    while (session.record.payloadBytes === 0) await new Promise((resolve) => setImmediate(resolve))
    session.close(failure("aborted"))
    expect(await sample).toMatchObject({ bytes: 16_384, verified: null, failure: failure("aborted") })
  })
})

describe("a whole piece of a v2-only torrent", () => {
  test.each([
    [0, pieceBytes],
    [4, 5_000],
    [5, 40_000],
  ])("%i is verified by its Merkle root", async (piece, bytes) => {
    const session = await ready()
    const sample = await session.fetch(piece, never)
    expect(sample).toMatchObject({ bytes, verified: true })
    expect(sample.offset).toBeUndefined()
  })

  test("with a wrong byte is wrong", async () => {
    const session = await ready({
      bytes: ({ piece, offset, length }) =>
        offset === 16_384 ? spoilt(v2Block(piece, offset, length)) : v2Block(piece, offset, length),
    })
    expect(await session.fetch(0, never)).toMatchObject({
      verified: false,
      failure: failure("hash-mismatch"),
    })
  })

  test("whose root is unknown: the peer proves it, once for it and its neighbour, and for everybody", async () => {
    const asked: number[] = []
    const swarm = v2Swarm("v2", {}, false)
    const hashes = (payload: Buffer) => {
      asked.push(payload.readUInt32BE(36))
      return hashesTo(payload)
    }
    const session = await ready({ hashes }, swarm)
    for (const piece of [2, 3, 4]) expect((await session.fetch(piece, never)).verified).toBe(true)
    expect(asked).toEqual([2, 4])
    const other = await ready({ hashes: rejectTo }, swarm)
    expect((await other.fetch(3, never)).verified).toBe(true)
  })

  test("whose root nobody proves is neither right nor wrong", async () => {
    const session = await ready({ hashes: rejectTo }, v2Swarm("v2", {}, false))
    const sample = await session.fetch(0, never)
    expect(sample).toMatchObject({ bytes: pieceBytes, verified: null, failure: { code: "bad-proof" } })
  })

  test("whose root comes with a forged proof is neither", async () => {
    const session = await ready(
      { hashes: (payload) => Buffer.concat([hashesTo(payload).subarray(0, -1), Buffer.from([0])]) },
      v2Swarm("v2", {}, false),
    )
    expect(await session.fetch(0, never)).toMatchObject({ verified: null, failure: { code: "bad-proof" } })
    expect(session.provesBlocks).toBe(false)
  })
})

describe("the publisher's copy", () => {
  const copy = (lacks: number | null = null, changes = false): Reference => ({
    right: 6,
    wrong: 0,
    missing: 0,
    block: async (piece, offset, length) =>
      piece === lacks ? null : Buffer.from(v2Block(piece, offset, length)),
    stillRight: () => Promise.resolve(!changes),
    close: async () => {},
  })
  const v1 = { reference: copy(), v2: null, alsoInfoHash: null }
  const greeting = { hash: v1Hash }
  const bytes = ({ piece, offset, length }: Asked) => hybridBlock(piece, offset, length)

  test("proves a block of a v1 torrent", async () => {
    const session = await ready({ greeting, bytes }, v2Swarm("hybrid", v1))
    const sample = await session.fetchBlock(2, 16_384, never)
    expect(sample).toMatchObject({ offset: 16_384, bytes: 16_384, verified: true, proof: "reference" })
  })

  test("shows a wrong one", async () => {
    const session = await ready({ greeting, bytes: (asked) => spoilt(bytes(asked)) }, v2Swarm("hybrid", v1))
    const sample = await session.fetchBlock(2, 16_384, never)
    expect(sample).toMatchObject({ verified: false, proof: "reference", failure: failure("hash-mismatch") })
  })

  test("that changed since it was read shows nothing", async () => {
    const swarm = v2Swarm("hybrid", { ...v1, reference: copy(null, true) })
    const session = await ready({ greeting, bytes: (asked) => spoilt(bytes(asked)) }, swarm)
    const sample = await session.fetchBlock(2, 16_384, never)
    expect(sample).toMatchObject({ verified: null, failure: { code: "bad-proof" } })
  })

  test("without that piece: the whole piece is asked for", async () => {
    const session = await ready({ greeting, bytes }, v2Swarm("hybrid", { ...v1, reference: copy(2) }))
    const sample = await session.fetchBlock(2, 16_384, never)
    expect(sample).toMatchObject({ bytes: pieceBytes, verified: true })
    expect(sample.offset).toBeUndefined()
  })
})

describe("the handshake of a hybrid torrent", () => {
  const bytes = ({ piece, offset, length }: Asked) => hybridBlock(piece, offset, length)

  test("names the v1 hash and offers v2; an answer with the v2 hash agrees", async () => {
    let seen: Buffer = Buffer.alloc(0)
    const session = await visit(async (visitor) => {
      seen = await visitor.handshake
      await v2Seeder({ bytes })(visitor)
    }, v2Swarm("hybrid"))
    await session.claimed
    expect(seen.subarray(28, 48)).toEqual(v1Hash)
    expect(seen.readUInt8(27) & 0x10).toBe(0x10)
    session.showInterest()
    await session.untilUnchoked(20_000, never)
    expect(session.record.v2).toBe(true)
    expect((await session.fetch(4, never)).bytes).toBe(pieceBytes)
    expect(await session.fetchBlock(4, 0, never)).toMatchObject({ bytes: 5_000, verified: true })
    expect(session.blocksIn(4)).toBe(1)
  })

  test("an answer with the v1 hash stays v1: blocks cannot be proven", async () => {
    const session = await ready({ greeting: { hash: v1Hash }, bytes }, v2Swarm("hybrid"))
    expect(session.record.v2).toBe(false)
    expect(session.provesBlocks).toBe(false)
    expect(await session.fetchBlock(1, 0, never)).toMatchObject({ bytes: pieceBytes, verified: true })
  })

  test("another hash is wrong", async () => {
    const session = await visit(v2Seeder({ greeting: { hash: Buffer.alloc(20, 1) } }), v2Swarm("hybrid"))
    expect(await session.handshaken).toEqual({ ok: false, failure: failure("wrong-info-hash") })
  })

  test.each([
    ["v2-only", v2Swarm("v2")],
    ["v1-only", v2Swarm("hybrid", { v2: null })],
  ])("a %s torrent offers nothing", async (_, swarm) => {
    let seen: Buffer = Buffer.alloc(0)
    const session = await visit(async (visitor) => {
      seen = await visitor.handshake
      await visitor.greet(frames.fastReserved, swarm.infoHash)
    }, swarm)
    await session.handshaken
    expect(seen.readUInt8(27) & 0x10).toBe(0)
  })

  test.each<[string, Uint8Array, Uint8Array, Uint8Array, boolean]>([
    ["the v1 hash", v1Hash, frames.fastReserved, v1Hash, false],
    ["the v1 hash and an offer of v2", v1Hash, offersV2, v2Hash, true],
    ["the v2 hash", v2Hash, frames.fastReserved, v2Hash, true],
  ])("a peer that comes with %s is answered", async (_, hash, reserved, answer, v2) => {
    const swarm = v2Swarm("hybrid")
    const { session, visitor } = await dialledBy(swarm)
    visitor.send(frames.handshakeFrame(hash, remoteId, reserved))
    expect((await visitor.handshake).subarray(28, 48)).toEqual(answer)
    expect(await (await session).handshaken).toMatchObject({ ok: true })
    expect((await session).record.v2).toBe(v2)
  })
})

/** By a peer that has said nothing yet. */
async function dialledBy(swarm: Swarm): Promise<{ session: Promise<Session>; visitor: Visitor }> {
  const { promise, resolve } = Promise.withResolvers<Session>()
  const listening = await swarm.network.listen(0, (connection) => resolve(accept(swarm, connection)))
  if (!listening.ok) throw new Error("cannot listen")
  const socket = net.connect(listening.value.port, "127.0.0.1")
  onTestFinished(() => {
    socket.destroy()
    listening.value.close()
  })
  return { session: promise, visitor: visitorOf(socket) }
}
