import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  climb,
  hashesIn,
  leafHash,
  merkleRoot,
  padHash,
  provenLayer,
  provesLeaf,
  treeWidth,
  type HashRange,
} from "../../src/torrent/merkle.ts"
import { contentOf, layersOf, rootOf, sha256 } from "../support/v2-torrent.ts"

const zero = Buffer.alloc(32)

test("padding", () => {
  expect(padHash(0)).toEqual(new Uint8Array(32))
  expect(Buffer.from(padHash(1))).toEqual(sha256(zero, zero))
  expect(Buffer.from(padHash(3))).toEqual(rootOf(new Uint8Array(), 8))
  expect(Buffer.from(merkleRoot(new Uint8Array(), 8))).toEqual(rootOf(new Uint8Array(), 8))
})

test.each([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 4],
  [4, 4],
  [5, 8],
  [1025, 2048],
])("a tree of %i leaves is %i wide", (count, width) => expect(treeWidth(count)).toBe(width))

const sea = contentOf("sea", 600_000)
const bytes = fc.integer({ min: 1, max: 200_000 }).map((size) => sea.subarray(-size))
const leavesOf = (content: Uint8Array): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(content.length / 16_384) }, (_, i) =>
      leafHash(content.subarray(i * 16_384, (i + 1) * 16_384)),
    ),
  )

test("roots of any bytes, from the leaves or from a layer above them", () => {
  fc.assert(
    fc.property(bytes, fc.nat(3), (content, layer) => {
      const width = Math.max(treeWidth(Math.ceil(content.length / 16_384)), 2 ** layer)
      const layers = layersOf(content, width)
      const root = layers.at(-1)![0]!
      expect(Buffer.from(merkleRoot(leavesOf(content), width))).toEqual(root)
      const covered = Math.ceil(content.length / (16_384 * 2 ** layer))
      const middle = Buffer.concat(layers[layer]!.slice(0, covered))
      expect(Buffer.from(merkleRoot(middle, width >> layer, layer))).toEqual(root)
    }),
    { numRuns: 60 },
  )
})

/** What a `hashes` message holds: the hashes asked for, then of each layer above them the neighbour that is needed. */
function answerTo({ baseLayer, index, length, proofLayers }: HashRange, layers: readonly Buffer[][]): Buffer {
  const hashes = layers[baseLayer]!.slice(index, index + length)
  let place = index
  for (let layer = 1; layer <= proofLayers; layer++) {
    place = Math.floor(place / 2)
    // Layers that the hashes themselves cover need no uncle.
    if (layer >= Math.log2(length)) hashes.push(layers[baseLayer + layer]![place ^ 1]!)
  }
  return Buffer.concat(hashes)
}

const proof = fc
  .record({
    content: fc.integer({ min: 16_385, max: 600_000 }).map((size) => sea.subarray(-size)),
    layer: fc.nat(2),
    log: fc.integer({ min: 1, max: 3 }),
    at: fc.nat(),
    less: fc.nat(3),
  })
  .map(({ content, layer, log, at, less }) => {
    const layers = layersOf(content)
    const height = layers.length - 1
    const baseLayer = Math.min(layer, height - 1)
    const length = 2 ** Math.min(log, height - baseLayer)
    const width = layers[baseLayer]!.length
    const place = at % width
    const range = {
      baseLayer,
      length,
      index: place - (place % length),
      proofLayers: Math.max(0, height - baseLayer - 1 - less),
    }
    const hashes = answerTo(range, layers)
    const top = provenLayer(range)
    const node = layers[top]![Math.floor(place / 2 ** (top - baseLayer))]!
    return { range, hashes, node, place, leaf: layers[baseLayer]![place]! }
  })

describe("proofs", () => {
  test("every leaf is proven, to the root and to what stands below it", () => {
    fc.assert(
      fc.property(proof, ({ range, hashes, node, place, leaf }) => {
        expect(hashes.length).toBe(32 * hashesIn(range))
        expect(Buffer.from(climb(range, hashes)!)).toEqual(node)
        expect(provesLeaf(range, hashes, place, leaf, node)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test("one flipped bit anywhere, and nothing is", () => {
    fc.assert(
      fc.property(proof, fc.nat(), fc.nat(7), ({ range, hashes, node, place, leaf }, at, bit) => {
        const flipped = (whole: Uint8Array) => {
          const copy = new Uint8Array(whole)
          copy[at % copy.length]! ^= 1 << bit
          return copy
        }
        expect(provesLeaf(range, flipped(hashes), place, leaf, node)).toBe(false)
        expect(provesLeaf(range, hashes, place, flipped(leaf), node)).toBe(false)
        expect(provesLeaf(range, hashes, place, leaf, flipped(node))).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test("a leaf elsewhere is not proven by it", () => {
    fc.assert(
      fc.property(proof, ({ range, hashes, node, place, leaf }) => {
        expect(provesLeaf(range, hashes, place ^ 1, leaf, node)).toBe(
          hashes.subarray(0, 32 * range.length).equals(Buffer.alloc(32 * range.length)) ||
            hashes
              .subarray(((place ^ 1) - range.index) * 32)
              .subarray(0, 32)
              .equals(leaf),
        )
        expect(provesLeaf(range, hashes, range.index + range.length, leaf, node)).toBe(false)
        expect(provesLeaf(range, hashes, range.index - 1, leaf, node)).toBe(false)
      }),
      { numRuns: 100 },
    )
  })

  test.each<[string, Partial<HashRange>]>([
    ["no length", { length: 0 }],
    ["a single hash", { length: 1 }],
    ["no power of two", { length: 3 }],
    ["no multiple of the length", { index: 1 }],
    ["before the start", { index: -2 }],
    ["below the leaves", { baseLayer: -1 }],
    ["fewer layers than none", { proofLayers: -1 }],
    ["higher than any tree", { proofLayers: 1_000_000_000 }],
    ["more uncles than were sent", { proofLayers: 3 }],
    ["fewer uncles than were sent", { proofLayers: 0 }],
    ["not a number", { length: NaN }],
  ])("refused: %s", (_, over) => {
    const layers = layersOf(contentOf("r", 8 * 16_384))
    const range = { baseLayer: 0, index: 0, length: 2, proofLayers: 2 }
    const hashes = answerTo(range, layers)
    expect(climb(range, hashes)).not.toBeNull()
    expect(climb({ ...range, ...over }, hashes)).toBeNull()
    expect(climb(range, hashes.subarray(1))).toBeNull()
  })
})
