import { describe, expect, test } from "vitest"
import * as breakers from "../../src/demo/breakers.ts"
import { decode } from "../../src/torrent/bencode.ts"
import { peerFor, smallPayload, visit, type Visitor } from "../support/swarm.ts"

const { pieceCount } = smallPayload
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** The message with that id, raw, as a plain wire would rather not show it. */
async function message(visitor: Visitor, id: number, nth = 0): Promise<Buffer> {
  for (let wanted = 69; ; wanted++) {
    const bytes = await visitor.untilReceived(wanted)
    let left = nth
    for (let at = 68; at + 5 <= bytes.length; at += 4 + bytes.readUInt32BE(at)) {
      const end = at + 4 + bytes.readUInt32BE(at)
      if (bytes[at + 4] !== id || bytes.readUInt32BE(at) === 0) continue
      if (end <= bytes.length && left-- === 0) return bytes.subarray(at + 5, end)
    }
    wanted = bytes.length
  }
}

describe("breakers", () => {
  test("silent: accepts, says nothing", async () => {
    const peer = await peerFor({ behaviours: [breakers.silent] })
    const visitor = await visit(peer)
    const second = await visit(peer)
    expect([visitor.received(), second.received()].map((bytes) => bytes.length)).toEqual([0, 0])
    expect(peer.visitCount).toBe(2)
  })

  test("garbage at once, before we speak", async () => {
    const bytes = Buffer.alloc(4_096, 0xaa)
    const visitor = await visit(await peerFor({ behaviours: [breakers.garbage(bytes)] }), { mute: true })
    expect(await visitor.untilReceived(bytes.length)).toEqual(bytes)
  })

  test("another info hash, an echoed one, our own handshake", async () => {
    const other = Buffer.alloc(20, 7)
    const asked = Buffer.alloc(20, 9)
    const peerId = Buffer.alloc(20, "me")
    const answer = async (behaviour: (typeof breakers)["silent"]) => {
      const visitor = await visit(await peerFor({ behaviours: [behaviour] }), { infoHash: asked, peerId })
      return (await visitor.saw("handshake")).slice(0, 2)
    }
    expect(await answer(breakers.anotherInfoHash(other))).toEqual([
      hex(other),
      expect.not.stringMatching(hex(peerId)),
    ])
    expect(await answer(breakers.echoesAnyInfoHash)).toEqual([
      hex(asked),
      expect.not.stringMatching(hex(peerId)),
    ])
    expect(await answer(breakers.reflects)).toEqual([hex(asked), hex(peerId)])
  })

  test("a slow handshake is a right one", async () => {
    const peer = await peerFor({ behaviours: [breakers.slowHandshake(500)] })
    const visitor = await visit(peer)
    const first = await visitor.untilReceived(1)
    expect(first.length).toBeLessThan(68)
    expect((await visitor.saw("handshake"))[1]).toBe(hex(peer.peerId))
  })

  test.each([
    ["spare-bits", 3, 0xff],
    ["too-long", 4, 0],
    ["too-short", 2, 0xff],
  ] as const)("bitfield: %s", async (fault, length, lastByte) => {
    const visitor = await visit(await peerFor({ behaviours: [breakers.badBitfield(fault)] }))
    const bitfield = await message(visitor, 5)
    expect(bitfield).toHaveLength(length)
    expect(bitfield.at(-1)).toBe(lastByte)
  })

  test("HAVE out of range", async () => {
    const visitor = await visit(await peerFor({ behaviours: [breakers.haveOutOfRange] }))
    expect((await message(visitor, 4)).readUInt32BE(0)).toBe(pieceCount)
    expect((await message(visitor, 4, 1)).readUInt32BE(0)).toBe(0xffffffff)
  })

  test.each(["negative-list", "negative-dictionary", "deep"] as const)("bencode bomb: %s", async (bomb) => {
    const visitor = await visit(await peerFor({ behaviours: [breakers.bencodeBomb(bomb)] }))
    const extended = await message(visitor, 20, 1)
    expect(extended[0]).toBe(0)
    expect(decode(extended.subarray(1))).toMatchObject({ ok: false })
  })

  test("floods: pieces, HAVEs, keep-alives, an endless message", async () => {
    const flooded = async (behaviour: (typeof breakers)["silent"]) =>
      visit(await peerFor({ behaviours: [behaviour] }))
    const pieces = await flooded(breakers.pieceFlood)
    await message(pieces, 7, 5)
    expect(pieces.wire.requests).toHaveLength(0)
    await message(await flooded(breakers.haveFlood), 4, 1_500)
    await (await flooded(breakers.endlessKeepAlives)).saw("keep-alive")
    const huge = await (await flooded(breakers.hugeMessage)).untilReceived(300_000)
    expect(huge.includes(Buffer.from([0x7f, 0xff, 0xff, 0xff]))).toBe(true)
  })
})
