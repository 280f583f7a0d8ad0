import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import type { File, Torrent } from "../../../src/evidence.ts"
import { leafHash, merkleRoot, treeWidth } from "../../../src/torrent/merkle.ts"
import { v2Pieces } from "../../../src/torrent/v2-pieces.ts"
import { layoutOf } from "../../../src/wire/web-seed/layout.ts"
import { pieceHash } from "../../../src/wire/web-seed/piece-hash.ts"
import { bytesOf, torrent } from "./fixture.ts"

const shown = (of: Torrent, first: number, count: number) =>
  layoutOf(of)
    .rangesOf(first, count)
    .map(({ file, offset, lengthBytes }) => [file.path, offset, lengthBytes])

test("v1: one row of files, empty ones and padding in it", () => {
  expect(shown(torrent, 0, 1)).toEqual([["a b/ü#1.bin", 0, 32_768]])
  expect(shown(torrent, 2, 1)).toEqual([
    ["a b/ü#1.bin", 65_536, 4_464],
    [".pad/28304", 0, 28_304],
  ])
  expect(shown(torrent, 3, 2)).toEqual([
    ["small.txt", 0, 1_000],
    ["last.bin", 0, 60_000],
  ])
  expect(shown(torrent, 4, 1)).toEqual([["last.bin", 31_768, 28_232]])
  expect(shown(torrent, 4, 9)).toEqual(shown(torrent, 4, 1))
  expect([0, 4, 5].map((piece) => layoutOf(torrent).pieceBytes(piece))).toEqual([32_768, 28_232, 0])
})

test("v1: every byte once, whatever the border", () => {
  for (let first = 0; first < torrent.pieceCount; first++)
    for (let count = 1; first + count <= torrent.pieceCount; count++) {
      const layout = layoutOf(torrent)
      const bytes = layout.rangesOf(first, count).reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
      const pieces = Array.from({ length: count }, (_, i) => layout.pieceBytes(first + i))
      expect(bytes).toBe(pieces.reduce((sum, length) => sum + length, 0))
    }
})

const file = (path: string, sizeBytes: number, firstPiece: number, lastPiece: number): File => ({
  path,
  sizeBytes,
  firstPiece,
  lastPiece,
  pad: false,
})
const v2: Torrent = {
  ...torrent,
  infoHashV1: null,
  infoHashV2: "0".repeat(64),
  sizeBytes: 101_000,
  pieceCount: 5,
  files: [file("a", 70_000, 0, 2), file("empty", 0, 3, 2), file("b", 1_000, 3, 3), file("c", 30_000, 4, 4)],
}

test("v2: files begin with a piece each", () => {
  expect(shown(v2, 2, 1)).toEqual([["a", 65_536, 4_464]])
  expect(shown(v2, 1, 4)).toEqual([
    ["a", 32_768, 37_232],
    ["b", 0, 1_000],
    ["c", 0, 30_000],
  ])
  expect([0, 2, 3, 4].map((piece) => layoutOf(v2).pieceBytes(piece))).toEqual([32_768, 4_464, 1_000, 30_000])
})

test("v2: a piece is right by its Merkle root, in whatever parts it comes", () => {
  const body = bytesOf("a", 70_000)
  const leavesOf = (bytes: Buffer) =>
    Buffer.concat(
      Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, i) =>
        leafHash(bytes.subarray(i * 16_384, (i + 1) * 16_384)),
      ),
    )
  const pieces = [body.subarray(0, 32_768), body.subarray(32_768, 65_536), body.subarray(65_536)]
  const pieceRoots = Buffer.concat(pieces.map((piece) => merkleRoot(leavesOf(piece), 2)))
  const piecesRoot = merkleRoot(leavesOf(body), treeWidth(5))
  const known = v2Pieces([{ piecesRoot, firstPiece: 0, sizeBytes: 70_000 }], 32_768, pieceRoots)
  const verified = (piece: number, bytes: Buffer, part: number, of = known) => {
    const hash = pieceHash({ v1: new Uint8Array(), v2: of }, piece)
    for (let at = 0; at < bytes.length; at += part) hash.add(bytes.subarray(at, at + part))
    return hash.verify()
  }
  for (const part of [1_000, 16_384, 20_000, 65_536])
    for (const piece of [0, 1, 2]) expect(verified(piece, pieces[piece]!, part)).toBe(true)
  expect(verified(1, pieces[0]!, 5_000)).toBe(false)
  const unknown = v2Pieces([{ piecesRoot, firstPiece: 0, sizeBytes: 70_000 }], 32_768, new Uint8Array(96))
  expect(verified(0, pieces[0]!, 5_000, unknown)).toBeNull()
})

test("v1: SHA-1", () => {
  const hash = pieceHash({ v1: createHash("sha1").update("abc").digest(), v2: null }, 0)
  hash.add(Buffer.from("a"))
  hash.add(Buffer.from("bc"))
  expect(hash.verify()).toBe(true)
})
