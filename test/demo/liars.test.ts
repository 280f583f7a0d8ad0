import { describe, expect, test } from "vitest"
import { pick } from "../../src/demo/holdings.ts"
import {
  allowsFast,
  choker,
  corrupter,
  ignoresWhatItLacks,
  snubber,
  superSeeder,
  trickler,
} from "../../src/demo/liars.ts"
import { fullBitfield } from "../../src/torrent/bitfield.ts"
import { admitted, peerFor, smallPayload, visit } from "../support/swarm.ts"

const block = 16 * 1024
const right = (piece: number) => Buffer.from(smallPayload.read(piece, 0, block))
const evenPieces = pick(smallPayload.pieceCount, (piece) => piece % 2 === 0)
const claims = fullBitfield(smallPayload.pieceCount)

describe("liars", () => {
  test("a corrupter changes one byte in each block, of the pieces that it poisons", async () => {
    const visitor = await admitted(await peerFor({ behaviours: [corrupter((piece) => piece === 1)] }))
    const [good, bad] = await Promise.all([visitor.fetch(0, 0, block), visitor.fetch(1, 0, block)])
    expect(Buffer.from(good).equals(right(0))).toBe(true)
    expect(bad[0]).toBe((right(1)[0] ?? 0) ^ 0xff)
    expect(Buffer.from(bad.subarray(1)).equals(right(1).subarray(1))).toBe(true)
  })

  test("one that allows pieces while it chokes serves those, and rejects the others (BEP 6)", async () => {
    const visitor = await visit(await peerFor({ behaviours: [allowsFast(2)] }))
    await visitor.saw("handshake")
    visitor.wire.interested()
    const allowed = Promise.withResolvers<number>()
    visitor.wire.on("allowed-fast", (piece) => allowed.resolve(piece))
    expect(await allowed.promise).toBe(2)
    // The library lets nobody ask who is choked.
    Object.assign(visitor.wire, { peerChoking: false })
    expect(Buffer.from(await visitor.fetch(2, 0, block)).equals(right(2))).toBe(true)
    await expect(visitor.fetch(3, 0, block)).rejects.toThrow("rejected")
    expect(visitor.log).not.toContain("unchoke")
  })

  test("an over-claimer claims all, serves what it has and rejects the rest", async () => {
    const visitor = await admitted(await peerFor({ holds: evenPieces, claims }))
    expect(visitor.log).toContain("have-all")
    expect(Buffer.from(await visitor.fetch(2, 0, block)).equals(right(2))).toBe(true)
    await expect(visitor.fetch(3, 0, block)).rejects.toThrow("rejected")
  })

  test("another one ignores what it lacks", async () => {
    const behaviours = [ignoresWhatItLacks]
    const visitor = await admitted(await peerFor({ holds: evenPieces, claims, behaviours }))
    visitor.wire.request(3, 0, block)
    await visitor.fetch(2, 0, block)
    expect(visitor.log).not.toContain("reject")
    expect(visitor.wire.requests).toHaveLength(1)
  })

  test("a choker never unchokes: it rejects, as BEP 6 wants", async () => {
    const visitor = await visit(await peerFor({ behaviours: [choker] }))
    await visitor.saw("have-all")
    visitor.wire.interested()
    // request: <len=13><id=6><index><begin><length>
    visitor.wire.push(Buffer.from("0000000d06000000000000000000004000", "hex"))
    await visitor.saw("reject")
    expect(visitor.log).not.toContain("unchoke")
  })

  test("a snubber unchokes and never sends", async () => {
    const visitor = await admitted(await peerFor({ behaviours: [snubber] }))
    visitor.wire.request(0, 0, block)
    visitor.wire.request(smallPayload.pieceCount, 0, block)
    await visitor.leave()
    expect(visitor.log).not.toContain("piece")
    expect(visitor.wire.requests).toHaveLength(2)
  })

  test("a trickler sends one block byte by byte and no other", async () => {
    const visitor = await admitted(await peerFor({ behaviours: [trickler(200)] }))
    const before = visitor.received().length
    visitor.wire.request(0, 0, block)
    visitor.wire.request(1, 0, block)
    const bytes = (await visitor.untilReceived(before + 13 + 10)).subarray(before)
    expect(bytes.readUInt32BE(0)).toBe(9 + block)
    expect(bytes.subarray(13, 23).equals(right(0).subarray(0, 10))).toBe(true)
    expect(bytes.length).toBeLessThan(block)
  })

  test("a super-seeder shows a few pieces, then another for each one served", async () => {
    const visitor = await visit(await peerFor({ behaviours: [superSeeder(2)] }))
    await visitor.saw("have-none")
    visitor.wire.interested()
    await visitor.saw("unchoke")
    const shown = () => visitor.log.filter((event) => event === "have").length
    expect(shown()).toBe(2)
    for (let offset = 0; offset < smallPayload.pieceBytes; offset += block)
      await visitor.fetch(0, offset, block)
    expect(shown()).toBe(3)
  })
})
