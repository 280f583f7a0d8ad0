import { expect, test } from "vitest"
import { witnessesAmong } from "../../src/measure/witnesses.ts"
import { aPeer, aSample, range } from "../support/builders.ts"

const block = (piece: number, offset: number) => aSample(piece, { offset })
const seen = (host: number) => `203.0.113.${host}:6881`

test("of a block: who sent the whole piece or the same block, in the order of the peers, the asked one apart", () => {
  const peers = [
    aPeer(1, [3], { samples: [block(3, 16_384)] }),
    aPeer(2, [3], { samples: [block(3, 0)] }),
    aPeer(3, [3], { samples: [aSample(3)] }),
    aPeer(4, [3], { samples: [block(3, 16_384), aSample(3)] }),
  ]
  const among = witnessesAmong(peers)
  const besides = aPeer(9, [3])
  expect(among.ofSample({ piece: 3, offset: 16_384 }, besides)).toEqual([seen(1), seen(3), seen(4)])
  expect(among.ofSample({ piece: 3, offset: 0 }, besides)).toEqual([seen(2), seen(3), seen(4)])
  expect(among.ofSample({ piece: 3 }, besides)).toEqual([seen(3), seen(4)])
  expect(among.ofPiece(3, peers[1] ?? besides)).toEqual([seen(1), seen(3), seen(4)])
  expect(among.ofPiece(4, besides)).toEqual([])
})

test("no more than asked for", () => {
  const peers = range(1, 20).map((host) => aPeer(host, [0], { samples: [aSample(0)] }))
  const among = witnessesAmong(peers)
  expect(among.ofPiece(0, aPeer(1, [0]), 1)).toEqual([seen(2)])
  expect(among.ofPiece(0, aPeer(1, [0]))).toHaveLength(3)
})
