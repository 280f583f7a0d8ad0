/** Two files as a v2-only or hybrid torrent, and what an honest peer answers to hash requests about them (BEP 52). */
import { createHash, randomBytes } from "node:crypto"
import { leafHash, merkleRoot, padHash, treeWidth } from "../../src/torrent/merkle.ts"
import { v2Pieces, type HashRequest, type V2Pieces } from "../../src/torrent/v2-pieces.ts"
import type { Swarm } from "../../src/wire/session.ts"
import { hashRangeBytes } from "../../src/wire/hash-messages.ts"
import * as frames from "./frames.ts"
import { testSwarm } from "./swarm.ts"

const blockBytes = 16_384
export const pieceBytes = 65_536
/** Five pieces, of which the last has one short block; then a file of three blocks, less than a piece. */
const sizes = [4 * pieceBytes + 5_000, 40_000]

const files = sizes.map((size) => randomBytes(size))
const leavesOf = (file: Buffer) =>
  Buffer.concat(
    Array.from({ length: Math.ceil(file.length / blockBytes) }, (_, i) =>
      leafHash(file.subarray(i * blockBytes, (i + 1) * blockBytes)),
    ),
  )
/** Layer by layer, from the leaves to the root, padded. */
const trees = files.map((file) => {
  const leaves = leavesOf(file)
  const width = treeWidth(leaves.length / 32)
  return Array.from({ length: Math.log2(width) + 1 }, (_, layer) =>
    Buffer.concat(
      Array.from({ length: width >> layer }, (_, i) =>
        merkleRoot(leaves.subarray((i << layer) * 32, ((i + 1) << layer) * 32), 1 << layer),
      ),
    ),
  )
})
const rootOf = (tree: Buffer[]) => tree.at(-1)!

export const pieceCount = 6
export const v1Hash = randomBytes(20)
export const v2Hash = randomBytes(20)

const bytesOfPiece = (piece: number): Buffer =>
  piece < 5 ? files[0]!.subarray(piece * pieceBytes, (piece + 1) * pieceBytes) : files[1]!

/** Of a v2-only torrent: files are not filled up to whole pieces. */
export const v2Block = (piece: number, offset: number, length: number): Buffer =>
  bytesOfPiece(piece).subarray(offset, offset + length)
/** Of a hybrid: with what fills the first file up (BEP 47). */
export const hybridBlock = (piece: number, offset: number, length: number): Buffer => {
  const block = Buffer.alloc(length)
  v2Block(piece, offset, length).copy(block)
  return block
}

/** `known`: with piece layers, as from a .torrent; else as from a peer's metadata. */
function v2Of(known: boolean): V2Pieces {
  const layer = trees[0]![2]!.subarray(0, 5 * 32)
  const roots = Buffer.concat([known ? layer : Buffer.alloc(5 * 32), rootOf(trees[1]!)])
  const places = files.map((file, i) => ({
    piecesRoot: rootOf(trees[i]!),
    firstPiece: i * 5,
    sizeBytes: file.length,
  }))
  return v2Pieces(places, pieceBytes, new Uint8Array(roots))
}

export function v2Swarm(kind: "v2" | "hybrid", over: Partial<Swarm> = {}, known = true): Swarm {
  const filled = kind === "hybrid"
  const pieces = Array.from({ length: pieceCount }, (_, piece) => {
    const bytes = filled && piece === 4 ? hybridBlock(4, 0, pieceBytes) : bytesOfPiece(piece)
    return createHash("sha1").update(bytes).digest()
  })
  const base = testSwarm()
  const lengths = [filled ? 5 * pieceBytes : sizes[0]!, sizes[1]!]
  const torrentFiles = [
    { path: "a", sizeBytes: sizes[0]!, firstPiece: 0, lastPiece: 4, pad: false },
    ...(filled
      ? [{ path: "pad", sizeBytes: lengths[0]! - sizes[0]!, firstPiece: 4, lastPiece: 4, pad: true }]
      : []),
    { path: "b", sizeBytes: sizes[1]!, firstPiece: 5, lastPiece: 5, pad: false },
  ]
  return {
    ...base,
    infoHash: filled ? v1Hash : v2Hash,
    alsoInfoHash: filled ? v2Hash : null,
    torrent: {
      ...base.torrent,
      infoHashV1: filled ? v1Hash.toString("hex") : null,
      infoHashV2: v2Hash.toString("hex").padEnd(64, "0"),
      sizeBytes: lengths[0]! + lengths[1]!,
      pieceBytes,
      pieceCount,
      files: torrentFiles,
    },
    pieceHashes: filled ? Buffer.concat(pieces) : new Uint8Array(),
    v2: v2Of(known),
    ...over,
  }
}

export function rangeIn(payload: Buffer): HashRequest {
  const [baseLayer = 0, index = 0, length = 0, proofLayers = 0] = [0, 1, 2, 3].map((i) =>
    payload.readUInt32BE(32 + 4 * i),
  )
  return { piecesRoot: payload.subarray(0, 32), baseLayer, index, length, proofLayers }
}

/** The `hashes` message to a `hash request`'s payload. */
export function hashesTo(payload: Buffer): Buffer {
  const { piecesRoot, baseLayer, index, length, proofLayers } = rangeIn(payload)
  const tree = trees.find((each) => rootOf(each).equals(piecesRoot))
  if (!tree) return rejectTo(payload)
  const base = tree[baseLayer]!
  const hashes = Array.from({ length }, (_, i) => {
    const hash = base.subarray((index + i) * 32, (index + i + 1) * 32)
    return hash.length === 32 ? hash : padHash(baseLayer)
  })
  const skipped = Math.log2(length)
  for (let layer = skipped; layer <= proofLayers; layer++) {
    const at = (index >> layer) ^ 1
    hashes.push(tree[baseLayer + layer]!.subarray(at * 32, (at + 1) * 32))
  }
  return frames.frame(22, payload.subarray(0, hashRangeBytes), ...hashes)
}

export const rejectTo = (payload: Buffer): Buffer => frames.frame(23, payload.subarray(0, hashRangeBytes))
