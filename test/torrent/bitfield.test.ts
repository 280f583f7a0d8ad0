import * as fc from "fast-check"
import { expect, test } from "vitest"
import {
  bitfieldBytes,
  clearSpareBits,
  countPieces,
  emptyBitfield,
  fromBase64,
  fullBitfield,
  hasPiece,
  isWithin,
  pieces,
  setPiece,
  toBase64,
} from "../../src/torrent/bitfield.ts"

const pieceCount = fc.integer({ min: 1, max: 500 })
const held = pieceCount.chain((count) =>
  fc.record({ count: fc.constant(count), set: fc.uniqueArray(fc.nat(count - 1)) }),
)
const bitsOf = (count: number, set: readonly number[]) => {
  const bits = emptyBitfield(count)
  for (const piece of set) setPiece(bits, piece)
  return bits
}

test("piece 0 is the high bit of the first byte", () => {
  expect(bitsOf(9, [0, 8])).toEqual(Uint8Array.of(0x80, 0x80))
  expect(bitsOf(8, [7])).toEqual(Uint8Array.of(0x01))
})

test("a full one has its spare bits zero", () => {
  expect(fullBitfield(8)).toEqual(Uint8Array.of(0xff))
  expect(fullBitfield(9)).toEqual(Uint8Array.of(0xff, 0x80))
  expect(fullBitfield(15)).toEqual(Uint8Array.of(0xff, 0xfe))
  fc.assert(
    fc.property(pieceCount, (count) => {
      expect(countPieces(fullBitfield(count))).toBe(count)
    }),
  )
})

test("what is set is held, listed and counted, and nothing else", () => {
  fc.assert(
    fc.property(held, ({ count, set }) => {
      const bits = bitsOf(count, set)
      const sorted = set.toSorted((a, b) => a - b)
      expect(bits.length).toBe(bitfieldBytes(count))
      expect([...pieces(bits, count)]).toEqual(sorted)
      expect(countPieces(bits)).toBe(set.length)
      for (let piece = 0; piece < count; piece++) expect(hasPiece(bits, piece)).toBe(set.includes(piece))
    }),
  )
})

test("an index beyond it is neither held nor set", () => {
  const bits = emptyBitfield(8)
  for (const piece of [8, -1, 2 ** 31, 2 ** 40, Number.NaN]) {
    setPiece(bits, piece)
    expect(hasPiece(bits, piece)).toBe(false)
  }
  expect(bits).toEqual(Uint8Array.of(0))
})

test("clears the spare bits, and bytes that should not be there", () => {
  expect(clearSpareBits(Uint8Array.of(0xff, 0xff), 9)).toEqual(Uint8Array.of(0xff, 0x80))
  expect(clearSpareBits(Uint8Array.of(0xff, 0xff), 8)).toEqual(Uint8Array.of(0xff, 0))
  expect([...pieces(Uint8Array.of(0xff, 0xff), 9)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
})

test("base64 there and back", () => {
  fc.assert(
    fc.property(held, ({ count, set }) => {
      const bits = bitsOf(count, set)
      expect(fromBase64(toBase64(bits), count)).toEqual(bits)
    }),
  )
})

test.each([
  ["of another length", "gA==", 9],
  ["spare bits set", "/w==", 7],
  ["not base64", "****", 8],
  ["base64 that nobody writes", "gP==", 1],
  ["empty", "", 1],
])("no bitfield: %s", (_, text, count) => expect(fromBase64(text, count)).toBe(null))

test("one is within another if that has every piece of it", () => {
  const bits = fc.uint8Array({ minLength: 2, maxLength: 2 })
  fc.assert(
    fc.property(bits, bits, (some, all) => {
      const lacking = [...pieces(some, 16)].filter((piece) => !hasPiece(all, piece))
      expect(isWithin(some, all)).toBe(lacking.length === 0)
      expect(
        isWithin(
          some,
          Uint8Array.from(all, (byte, at) => byte | (some[at] ?? 0)),
        ),
      ).toBe(true)
    }),
  )
})
