/** Pieces that the same sources hold are one: 20,000 pieces of a swarm of seeders and a few leechers are a few dozen groups. */
import { countPieces } from "../../torrent/bitfield.ts"

export interface PieceGroup {
  bytes: number
  /** Indices of the holdings that have these pieces. */
  holders: readonly number[]
}

interface Options {
  pieceCount: number
  bytesOf: (piece: number) => number
  /** Distinct bitfields. */
  holdings: readonly Uint8Array[]
  /** Of each holding, what its sources give together. */
  rates: readonly number[]
  /** Of pairs of a group and a holder, roughly. */
  mostPairs: number
}

/**
 * Exact unless they make too many pairs. Then the half of the groups that may stay with the slowest holders is, and of the
 * rest every k-th stands for its neighbours.
 */
export function pieceGroups({ pieceCount, bytesOf, holdings, rates, mostPairs }: Options): PieceGroup[] {
  const held = holdings.reduce((sum, bits) => sum + countPieces(bits), 0)
  const most = Math.ceil((mostPairs * pieceCount) / Math.max(1, held))
  const marks = marksOf(holdings, pieceCount)
  const found = distinct(marks, pieceCount, bytesOf)
  const few = found.bytes.length <= most ? found : reduced(found, marks, rates, most)
  return [...few.bytes].map((bytes, at) => ({
    bytes,
    holders: [...holdings.keys()].filter((holding) => isMarked(marks, few.pieces[at] ?? 0, holding)),
  }))
}

/** One bit a holding, from the left, for each piece. */
interface Marks {
  /** Of each piece. */
  words: number
  bits: Int32Array
}

const isMarked = ({ words, bits }: Marks, piece: number, at: number): boolean =>
  (((bits[piece * words + (at >> 5)] ?? 0) << (at & 31)) & 0x80000000) !== 0

function marksOf(holdings: readonly Uint8Array[], pieceCount: number): Marks {
  const words = Math.ceil(holdings.length / 32)
  const squares = Math.ceil(pieceCount / 32)
  const bits = new Int32Array(squares * 32 * words)
  const square = new Int32Array(32)
  for (let word = 0; word < words; word++) {
    const these = holdings.slice(word * 32, word * 32 + 32)
    for (let byte = 0; byte < squares * 4; byte += 4) {
      square.fill(0)
      for (let at = 0; at < these.length; at++) square[at] = wordAt(these[at] ?? new Uint8Array(), byte)
      transpose(square)
      for (let bit = 0; bit < 32; bit++) bits[(byte * 8 + bit) * words + word] = square[bit] ?? 0
    }
  }
  return { words, bits }
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)

/** 32 × 32 bits, in place: halves of halves change places. Warren, Hacker's Delight, 7-3. */
function transpose(square: Int32Array): void {
  let mask = 0x0000ffff
  for (let half = 16; half > 0; half >>= 1, mask ^= mask << half) {
    for (let row = 0; row < 32; row = (row + half + 1) & ~half) {
      const upper = square[row] ?? 0
      const lower = square[row + half] ?? 0
      const swapped = (upper ^ (lower >>> half)) & mask
      square[row] = upper ^ swapped
      square[row + half] = lower ^ (swapped << half)
    }
  }
}

/** Groups, each known by one of its pieces. */
interface Found {
  pieces: Int32Array
  bytes: Float64Array
}

function distinct({ words, bits }: Marks, pieceCount: number, bytesOf: Options["bytesOf"]): Found {
  const pieces = new Int32Array(pieceCount)
  const bytes = new Float64Array(pieceCount)
  let count = 0
  /** Open addressing: one more than an index of `pieces`; 0 is free. */
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * pieceCount + 1)))
  const differ = (a: number, b: number) => {
    let word = 0
    while (word < words && bits[a * words + word] === bits[b * words + word]) word++
    return word < words
  }
  for (let piece = 0; piece < pieceCount; piece++) {
    let hash = 0
    for (let at = piece * words; at < (piece + 1) * words; at++) {
      hash = Math.imul(hash ^ (bits[at] ?? 0), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    let slot = hash & (slots.length - 1)
    let at = (slots[slot] ?? 0) - 1
    while (at >= 0 && differ(pieces[at] ?? 0, piece)) {
      slot = (slot + 1) & (slots.length - 1)
      at = (slots[slot] ?? 0) - 1
    }
    if (at < 0) {
      at = count++
      pieces[at] = piece
      slots[slot] = count
    }
    bytes[at] = (bytes[at] ?? 0) + bytesOf(piece)
  }
  return { pieces: pieces.subarray(0, count), bytes: bytes.subarray(0, count) }
}

function reduced({ pieces, bytes }: Found, marks: Marks, rates: readonly number[], most: number): Found {
  const held = ratesOf(pieces, marks, rates)
  const border = held.toSorted()[most >> 1] ?? 0
  const stride = Math.ceil(pieces.length / (most >> 1))
  const kept: number[] = []
  const sums: number[] = []
  let neighbours = stride
  let standIn = 0
  for (let at = 0; at < pieces.length; at++) {
    const exact = (held[at] ?? 0) < border
    if (!exact && neighbours < stride) {
      neighbours++
      sums[standIn] = (sums[standIn] ?? 0) + (bytes[at] ?? 0)
      continue
    }
    if (!exact) {
      neighbours = 1
      standIn = kept.length
    }
    kept.push(pieces[at] ?? 0)
    sums.push(bytes[at] ?? 0)
  }
  return { pieces: Int32Array.from(kept), bytes: Float64Array.from(sums) }
}

/** Σ rates of those who hold each piece, a byte of marks at a time. */
function ratesOf(pieces: Int32Array, { words, bits }: Marks, rates: readonly number[]): Float64Array {
  const sums = new Float64Array(pieces.length)
  for (let first = 0; first < rates.length; first += 8) {
    const table = Float64Array.from({ length: 256 }, (_, marked) =>
      rates
        .slice(first, first + 8)
        .reduce((sum, rate, bit) => (marked & (0x80 >> bit) ? sum + rate : sum), 0),
    )
    const shift = 24 - (first & 31)
    for (let at = 0; at < pieces.length; at++) {
      const marked = (bits[(pieces[at] ?? 0) * words + (first >> 5)] ?? 0) >>> shift
      sums[at] = (sums[at] ?? 0) + (table[marked & 0xff] ?? 0)
    }
  }
  return sums
}
