/**
 * BEP 52 Merkle trees: SHA-256 over 16 KiB blocks, two children to a node. Layer 0 are the leaves. Leaves beyond the end of
 * the file are 32 zero bytes, and what stands above nothing but those is their hash. Lists of hashes are 32 bytes each, joined.
 */
import { hash } from "node:crypto"

export const leafBytes = 16_384
export const merkleHashBytes = 32

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer")

/** Of a whole block, or of a file's last one, which may be shorter and isn't filled up. */
export const leafHash = (block: Uint8Array): Uint8Array => sha256(block)

/** 2ⁿ ≥ count ≥ 1. */
export const treeWidth = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, count)))

const padHashes: Uint8Array[] = [new Uint8Array(merkleHashBytes)]
for (let layer = 1; layer < 53; layer++) {
  const below = padHashes[layer - 1] ?? new Uint8Array()
  padHashes.push(sha256(Buffer.concat([below, below])))
}

/** What stands in `layer` above missing leaves only. */
export const padHash = (layer: number): Uint8Array => padHashes[layer] ?? new Uint8Array()

/** Of a tree that is `width` (a power of two) hashes wide at `layer`; those that `hashes` lacks are padding. */
export function merkleRoot(hashes: Uint8Array, width: number, layer = 0): Uint8Array {
  let level = hashes
  for (let above = layer; above < layer + Math.log2(width); above++) {
    const count = Math.ceil(level.length / (2 * merkleHashBytes))
    const next = new Uint8Array(count * merkleHashBytes)
    for (let i = 0; i < count; i++) {
      const pair = level.subarray(2 * i * merkleHashBytes, 2 * (i + 1) * merkleHashBytes)
      const whole = pair.length === 2 * merkleHashBytes ? pair : Buffer.concat([pair, padHash(above)])
      next.set(sha256(whole), i * merkleHashBytes)
    }
    level = next
  }
  return level.length === 0 ? padHash(layer + Math.log2(width)) : level.slice(0, merkleHashBytes)
}

/** What a `hash request` asks for, and a `hashes` message repeats. */
export interface HashRange {
  /** 0: leaves. */
  readonly baseLayer: number
  /** In hashes of the base layer; a multiple of `length`. */
  readonly index: number
  /** Hashes of the base layer: a power of two, 2 at least. */
  readonly length: number
  /** Layers above the base layer of which at most one uncle is sent; the first log₂(length) − 1 need none. */
  readonly proofLayers: number
}

/** Hashes in the answer: those asked for, and the uncles. */
export const hashesIn = ({ length, proofLayers }: HashRange): number =>
  length + Math.max(0, proofLayers - (Math.log2(length) - 1))

/** The layer to which the answer leads. */
export const provenLayer = ({ baseLayer, length, proofLayers }: HashRange): number =>
  baseLayer + Math.max(Math.log2(length), proofLayers + 1)

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value))

/**
 * The hash to which an answer leads: that of the node in `provenLayer` above the range. Null if the range breaks the BEP's
 * rules or the answer has too few or too many hashes.
 */
export function climb(range: HashRange, hashes: Uint8Array): Uint8Array | null {
  const { baseLayer, index, length, proofLayers } = range
  if (!(length >= 2 && isPowerOfTwo(length) && index >= 0 && index % length === 0)) return null
  if (!(proofLayers >= 0 && baseLayer >= 0 && provenLayer(range) < padHashes.length)) return null
  if (hashes.length !== hashesIn(range) * merkleHashBytes) return null
  let node = merkleRoot(hashes.subarray(0, length * merkleHashBytes), length, baseLayer)
  let place = index / length
  for (let at = length * merkleHashBytes; at < hashes.length; at += merkleHashBytes) {
    const uncle = hashes.subarray(at, at + merkleHashBytes)
    node = sha256(Buffer.concat(place % 2 === 0 ? [node, uncle] : [uncle, node]))
    place = Math.floor(place / 2)
  }
  return node
}

/** The one of the base layer's hashes at `index` (counted from the layer's start); null: not in the answer. */
export function hashAt(range: HashRange, hashes: Uint8Array, index: number): Uint8Array | null {
  if (index < range.index || index >= range.index + range.length) return null
  const at = (index - range.index) * merkleHashBytes
  return hashes.subarray(at, at + merkleHashBytes)
}

/** True if the answer has `leaf` at `index` of the base layer and leads to `root`, the node of `provenLayer` above it. */
export function provesLeaf(
  range: HashRange,
  hashes: Uint8Array,
  index: number,
  leaf: Uint8Array,
  root: Uint8Array,
): boolean {
  const given = hashAt(range, hashes, index)
  const top = given && climb(range, hashes)
  return given !== null && top !== null && sameHash(given, leaf) && sameHash(top, root)
}

export const sameHash = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])
