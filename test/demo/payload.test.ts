import { describe, expect, test } from "vitest"
import { createPayload } from "../../src/demo/payload.ts"
import { sha1 } from "../../src/network.ts"
import { leafHash } from "../../src/torrent/merkle.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { blockProofRequest, provesBlock } from "../../src/torrent/v2-pieces.ts"
import { smallPayload } from "../support/swarm.ts"

const KiB = 1024
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

describe("payload", () => {
  test("blocks are parts of the piece, whatever their place and length", () => {
    const whole = smallPayload.read(3, 0, 64 * KiB)
    for (const [offset, length] of [
      [0, 16 * KiB],
      [16 * KiB, 16 * KiB],
      [5, 40_000],
      [65_535, 1],
    ] as const)
      expect(smallPayload.read(3, offset, length)).toEqual(whole.subarray(offset, offset + length))
  })

  test("outside of a piece there is nothing", () => {
    const last = smallPayload.pieceCount - 1
    const lastLength = smallPayload.pieceLength(last)
    expect(lastLength).toBe(1_300_000 % (64 * KiB))
    expect(smallPayload.read(last, 0, lastLength)).toHaveLength(lastLength)
    for (const [piece, offset, length] of [
      [last, 0, lastLength + 1],
      [last + 1, 0, 1],
      [-1, 0, 1],
      [0, -1, 1],
      [0, 0, 0],
      [0, 0, -5],
      [0, 2 ** 31 - 1, 1],
    ] as const)
      expect(smallPayload.read(piece, offset, length)).toHaveLength(0)
  })

  test("the same seed gives the same torrent, another seed another one", () => {
    const files = [{ path: ["x"], sizeBytes: 100_000 }]
    const torrent = (seed: number) => createPayload({ seed, files }).infoHash
    expect(torrent(7)).toEqual(torrent(7))
    expect(torrent(7)).not.toEqual(torrent(8))
  })

  test("the torrent says what the payload is", () => {
    const trackers = ["http://127.0.0.1:1/announce", "udp://127.0.0.1:2/announce"]
    const metainfo = parseMetainfo(smallPayload.torrentBytes(trackers))
    expect(metainfo.defects).toEqual([])
    expect(hex(metainfo.infoHash)).toBe(hex(smallPayload.infoHash))
    expect(metainfo.tiers).toEqual(trackers.map((url) => [url]))
    expect(metainfo.torrent).toMatchObject({
      pieceCount: smallPayload.pieceCount,
      pieceBytes: smallPayload.pieceBytes,
      sizeBytes: 1_300_000,
      private: false,
    })
    expect(metainfo.torrent.files.map((file) => [file.path, file.sizeBytes])).toEqual([
      ["a.bin", 700_000],
      ["b.bin", 600_000],
    ])
    for (let piece = 0; piece < smallPayload.pieceCount; piece++) {
      const bytes = smallPayload.read(piece, 0, smallPayload.pieceLength(piece))
      expect(hex(metainfo.pieceHashes.subarray(20 * piece, 20 * piece + 20))).toBe(hex(sha1(bytes)))
    }
  })

  test("a v2 one is a v2 torrent, and its hashes lead to the roots that it names (BEP 52)", () => {
    const payload = createPayload({
      version: 2,
      pieceBytes: 64 * KiB,
      files: [{ path: ["a", "b.bin"], sizeBytes: 300_000 }],
    })
    const metainfo = parseMetainfo(payload.torrentBytes([]))
    expect(metainfo.defects).toEqual([])
    expect(hex(metainfo.infoHash)).toBe(hex(payload.infoHash))
    expect(metainfo.torrent).toMatchObject({ infoHashV1: null, pieceCount: 5, sizeBytes: 300_000 })
    expect(metainfo.torrent.files.map(({ path }) => path)).toEqual(["a/b.bin"])
    const { v2 } = metainfo
    if (v2 === null) throw new Error("not v2")
    for (let piece = 0; piece < 5; piece++) {
      for (let block = 0; block < Math.ceil(payload.pieceLength(piece) / (16 * KiB)); block++) {
        const bytes = payload.read(
          piece,
          block * 16 * KiB,
          Math.min(16 * KiB, payload.pieceLength(piece) - block * 16 * KiB),
        )
        const range = blockProofRequest(v2, piece, block)
        const hashes = range && payload.hashes?.answer(range)
        if (!range || !hashes) throw new Error("no proof")
        expect(provesBlock(v2, { piece, block }, leafHash(bytes), { range, hashes })).toBe(true)
      }
    }
    const range = { baseLayer: 0, index: 0, length: 2, proofLayers: 4 }
    expect(payload.hashes?.answer(range)).toHaveLength(6 * 32)
    for (const wrong of [{ index: 1 }, { length: 3 }, { index: 32 }, { proofLayers: 5 }, { baseLayer: 9 }])
      expect(payload.hashes?.answer({ ...range, ...wrong })).toBeNull()
  })

  test("a private one says so", () => {
    const files = [{ path: ["x"], sizeBytes: 1 }]
    expect(parseMetainfo(createPayload({ files, private: true }).torrentBytes([])).torrent.private).toBe(true)
  })
})
