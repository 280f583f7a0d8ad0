/** The Merkle tree of one file (BEP 52), and what a peer that has it all answers to a `hash request`. */
import {
  hashesIn,
  leafHash,
  merkleHashBytes,
  merkleRoot,
  treeWidth,
  type HashRange,
} from "../torrent/merkle.ts"

export interface HashTree {
  readonly piecesRoot: Uint8Array
  /** 32 bytes for each of the file's pieces. */
  readonly pieceLayer: Uint8Array
  /** Null: there are no such hashes. */
  answer(range: HashRange): Uint8Array | null
}

export function hashTree(blocks: Iterable<Uint8Array>, blocksPerPiece: number): HashTree {
  const leaves = Array.from(blocks, leafHash)
  const width = treeWidth(leaves.length)
  const root = (layer: number, index: number) =>
    merkleRoot(Buffer.concat(leaves.slice(index << layer, (index + 1) << layer)), 1 << layer)
  const pieceLayer = Math.log2(blocksPerPiece)
  const pieces = Math.ceil(leaves.length / blocksPerPiece)

  return {
    piecesRoot: root(Math.log2(width), 0),
    pieceLayer: Buffer.concat(Array.from({ length: pieces }, (_, i) => root(pieceLayer, i))),
    answer(range) {
      const { baseLayer, index, length, proofLayers } = range
      const isOne = length >= 2 && Number.isInteger(Math.log2(length)) && index % length === 0
      if (!isOne || index + length > width >> baseLayer) return null
      if (baseLayer + proofLayers >= Math.log2(width)) return null
      const hashes = Array.from({ length }, (_, i) => root(baseLayer, index + i))
      for (let layer = Math.log2(length); layer <= proofLayers; layer++)
        hashes.push(root(baseLayer + layer, (index >> layer) ^ 1))
      return hashes.length === hashesIn(range) ? Buffer.concat(hashes, hashes.length * merkleHashBytes) : null
    },
  }
}
