import { describe, expect, test } from "vitest"
import { availability, fewestPerBin } from "../../src/measure/availability.ts"
import { fileAvailability } from "../../src/measure/files.ts"
import { emptyBitfield, fullBitfield, setPiece } from "../../src/torrent/bitfield.ts"
import { aTorrent } from "../support/builders.ts"

const bits = (count: number, ...pieces: number[]): Uint8Array => {
  const made = emptyBitfield(count)
  for (const piece of pieces) setPiece(made, piece)
  return made
}

describe("availability", () => {
  test("copies, rarest, distributed copies, missing, histogram", () => {
    const found = availability([fullBitfield(10), bits(10, 0, 1, 9), bits(10, 9)], 10)
    expect([...found.copies]).toEqual([2, 2, 1, 1, 1, 1, 1, 1, 1, 3])
    expect(found.rarest).toBe(1)
    expect(found.distributedCopies).toBeCloseTo(1.3)
    expect(found.missingPieces).toEqual([])
    expect(found.histogram).toEqual([
      { copies: 1, pieces: 7 },
      { copies: 2, pieces: 2 },
      { copies: 3, pieces: 1 },
    ])
  })

  test("a missing piece keeps distributed copies below one", () => {
    const found = availability([bits(4, 0, 1, 2)], 4)
    expect(found).toMatchObject({ rarest: 0, distributedCopies: 0.75, missingPieces: [3] })
  })

  test("nobody, and no pieces", () => {
    expect(availability([], 3)).toMatchObject({ rarest: 0, distributedCopies: 0, missingPieces: [0, 1, 2] })
    expect(availability([], 0)).toMatchObject({ rarest: 0, distributedCopies: 0, missingPieces: [] })
  })

  test("spare bits of a stranger's bitfield count nowhere", () => {
    expect([...availability([Uint8Array.of(0xff)], 3).copies]).toEqual([1, 1, 1])
  })
})

describe("bins", () => {
  test("each shows its fewest copies, so that one missing piece stays visible", () => {
    const copies = new Uint32Array(10_000).fill(9)
    copies[5_555] = 0
    const bins = fewestPerBin(copies, 1_024)
    expect(bins).toHaveLength(1_024)
    expect(bins.filter((fewest) => fewest === 0)).toHaveLength(1)
    expect(bins.filter((fewest) => fewest === 9)).toHaveLength(1_023)
  })

  test("one bin a piece when they fit", () => {
    expect(fewestPerBin(Uint32Array.of(3, 1, 2), 1_024)).toEqual([3, 1, 2])
  })
})

describe("files", () => {
  test("worst first; padding and empty files have nothing of their own", () => {
    const { files } = aTorrent()
    const empty = { path: "empty", sizeBytes: 0, firstPiece: 0, lastPiece: -1, pad: false }
    const copies = new Uint32Array(16).fill(2)
    copies[12] = 0
    expect(fileAvailability([empty, ...files], copies)).toEqual([
      { path: "b.bin", rarest: 0, missingPieces: [12] },
      { path: "a.bin", rarest: 2, missingPieces: [] },
    ])
  })
})
