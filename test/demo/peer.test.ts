import { describe, expect, test } from "vitest"
import { share } from "../../src/demo/holdings.ts"
import { clients } from "../../src/demo/identity.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { startPeer } from "../../src/demo/peer.ts"
import { countPieces, hasPiece } from "../../src/torrent/bitfield.ts"
import { admitted, peerFor, smallPayload, visit } from "../support/swarm.ts"

const block = 16 * 1024
const { pieceCount } = smallPayload
const text = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)

describe("an honest peer", () => {
  test("says who it is", async () => {
    const peer = await peerFor({ client: clients.qbittorrent })
    const visitor = await visit(peer)
    const [infoHash, peerId] = await visitor.saw("handshake")
    expect(infoHash).toBe(Buffer.from(smallPayload.infoHash).toString("hex"))
    expect(peerId).toBe(Buffer.from(peer.peerId).toString("hex"))
    expect(Buffer.from(peer.peerId).toString("latin1")).toMatch(/^-qB4520-/)
    const [, extended] = (await visitor.saw("extended")) as [string, Record<string, unknown>]
    expect(text(extended.v)).toBe("qBittorrent/4.5.2")
    expect(extended.p).toBe(peer.port)
  })

  test.each(Object.entries(clients))("%s has a peer id of 20 bytes", async (_, client) => {
    const peer = await peerFor({ client })
    expect(peer.peerId).toHaveLength(20)
  })

  test("claims all with have-all, or with a bitfield where one side is not fast", async () => {
    const seeder = await peerFor()
    await (await visit(seeder)).saw("have-all")
    for (const [peer, fast] of [
      [seeder, false],
      [await peerFor({ fast: false }), true],
    ] as const) {
      const visitor = await visit(peer, { fast })
      const [pieces] = (await visitor.saw("bitfield")) as [{ buffer: Uint8Array }]
      expect(countPieces(pieces.buffer)).toBe(pieceCount)
      expect(visitor.log).not.toContain("have-all")
    }
  })

  test("claims what it holds, none included", async () => {
    const holds = share(pieceCount, 0.3)
    expect(countPieces(holds)).toBe(6)
    const [pieces] = (await (await visit(await peerFor({ holds }))).saw("bitfield")) as [
      { buffer: Uint8Array },
    ]
    expect(Buffer.from(pieces.buffer).equals(holds)).toBe(true)
    await (await visit(await peerFor({ holds: share(pieceCount, 0) }))).saw("have-none")
  })

  test("unchokes who is interested, and serves the right bytes", async () => {
    const visitor = await admitted(await peerFor({ unchokeMs: 30, bytesPerSecond: 1024 * 1024 }))
    const last = pieceCount - 1
    const lengths = [block, smallPayload.pieceLength(last)]
    const blocks = await Promise.all([
      visitor.fetch(2, block, block),
      visitor.fetch(last, 0, smallPayload.pieceLength(last)),
    ])
    expect(blocks.map((bytes) => bytes.length)).toEqual(lengths)
    expect(Buffer.from(blocks[0] ?? []).equals(smallPayload.read(2, block, block))).toBe(true)
    expect(Buffer.from(blocks[1] ?? []).equals(smallPayload.read(last, 0, lengths[1] ?? 0))).toBe(true)
  })

  test("rejects what it lacks and what does not exist", async () => {
    const holds = share(pieceCount, 0.5)
    const missing = [0, 1].find((piece) => !hasPiece(holds, piece)) ?? 0
    const visitor = await admitted(await peerFor({ holds }))
    for (const [piece, offset, length] of [
      [missing, 0, block],
      [pieceCount, 0, block],
      [2 ** 30, 0, block],
      [1 - missing, 60_000, block],
      [1 - missing, 0, 0],
    ] as const)
      await expect(visitor.fetch(piece, offset, length)).rejects.toThrow("rejected")
    await expect(visitor.fetch(1 - missing, 0, block)).resolves.toHaveLength(block)
  })

  test("closes on a foreign info hash, without a handshake", async () => {
    const visitor = await visit(await peerFor(), { infoHash: Buffer.alloc(20, 1) })
    expect(await visitor.ended).toMatchObject({ code: "closed" })
    expect(visitor.received()).toHaveLength(0)
  })

  test("a cancelled request is not served", async () => {
    const visitor = await admitted(await peerFor({ bytesPerSecond: 4 * block }))
    const cancelled = visitor.fetch(0, 0, block)
    const wanted = visitor.fetch(1, 0, block)
    visitor.wire.cancel(0, 0, block)
    await expect(cancelled).rejects.toThrow("cancelled")
    await wanted
    expect(visitor.log.filter((event) => event === "piece")).toHaveLength(1)
  })

  test("tells every piece that it gains", async () => {
    const peer = await peerFor({ holds: share(pieceCount, 0.5), gainsPerSecond: 100 })
    const visitor = await visit(peer)
    const claimed = Promise.race([visitor.saw("bitfield"), visitor.saw("have-all")])
    await claimed
    const known = new Set<number>()
    for (let piece = 0; piece < pieceCount; piece++) if (visitor.wire.peerPieces.get(piece)) known.add(piece)
    await new Promise<void>((resolve) => {
      const check = () => {
        if (known.size === pieceCount) resolve()
      }
      visitor.wire.on("have", (piece) => {
        known.add(piece)
        check()
      })
      check()
    })
    expect(countPieces(peer.holds)).toBe(pieceCount)
  })

  test.each([
    ["garbage instead of a handshake", Buffer.alloc(4_096, 0xaa), false],
    ["garbage after it", Buffer.alloc(4_096, 0x99), true],
    [
      "a bencode bomb (BEP 10)",
      Buffer.from("000000061400" + Buffer.from("l-3:").toString("hex"), "hex"),
      true,
    ],
    ["a request far away", Buffer.from("0000000d06ffffffffffffffff7fffffff", "hex"), true],
  ])("survives %s", async (_, bytes, greeted) => {
    const peer = await peerFor()
    const visitor = await visit(peer, { mute: !greeted })
    visitor.wire.push(bytes)
    await visitor.leave()
    const another = await admitted(peer)
    await expect(another.fetch(0, 0, block)).resolves.toHaveLength(block)
  })

  test("stops: visits end, the port is closed, no handle stays", async () => {
    const peer = await startPeer(loopbackNetwork(), {
      payload: smallPayload,
      gainsPerSecond: 1,
      bytesPerSecond: 1,
    })
    const visitor = await admitted(peer)
    visitor.wire.request(0, 0, block)
    await peer.stop()
    await visitor.ended
    await expect(visit(peer)).rejects.toThrow("refused")
    expect(peer.visitCount).toBe(1)
  })
})
