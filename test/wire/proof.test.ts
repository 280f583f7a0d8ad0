/** No peer can make a right block wrong, or a wrong one right, whatever hashes it sends. */
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { succeed } from "../../src/failure.ts"
import { pieceLength } from "../../src/torrent/metainfo.ts"
import { createProofs } from "../../src/wire/proof.ts"
import { encodeHashRange } from "../../src/wire/hash-messages.ts"
import { hashesTo, v2Block, v2Swarm } from "./v2-swarm.ts"

const headerBytes = 4 + 1 + 48

/** Proofs whose peer answers with what `change` makes of the right hashes. */
function proofsWith(known: boolean, change: (hashes: Uint8Array) => Uint8Array) {
  const swarm = v2Swarm("v2", {}, known)
  let distrusted = false
  const proofs = createProofs({
    pieceHashes: swarm.pieceHashes,
    v2: swarm.v2 ?? null,
    reference: null,
    lengthOf: (piece) => pieceLength(swarm.torrent, piece),
    speaksV2: () => true,
    hashes: {
      ask: async (request) =>
        succeed(change(hashesTo(Buffer.from(encodeHashRange(request))).subarray(headerBytes))),
      get failed() {
        return distrusted
      },
      distrust() {
        distrusted = true
      },
    },
  })
  return proofs
}

const place = fc.constantFrom<[number, number]>([0, 0], [0, 3], [3, 2], [4, 0], [5, 0], [5, 2])

test("of a block", async () => {
  await fc.assert(
    fc.asyncProperty(
      place,
      fc.boolean(),
      fc.boolean(),
      fc.option(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))),
      async ([piece, block], known, isRight, flip) => {
        const proofs = proofsWith(known, (hashes) => {
          const bytes = Uint8Array.from(hashes)
          if (flip !== null) bytes[flip[0] % bytes.length]! ^= flip[1]
          return bytes
        })
        const proof = await proofs.block(piece, block)
        const bytes = Buffer.from(v2Block(piece, block * 16_384, proofs.blockLength(piece, block)))
        if (!isRight) bytes[0]! ^= 1
        proof?.begin()
        expect(proof?.add(block, bytes)).toBe(true)
        expect((await proof?.verdict())?.verified).toBe(flip === null ? isRight : null)
        expect(proofs.provesBlocks).toBe(flip === null)
      },
    ),
  )
})

test("of a piece whose root is unknown", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 3, 4),
      fc.boolean(),
      fc.option(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))),
      async (piece, isRight, flip) => {
        const proofs = proofsWith(false, (hashes) => {
          const bytes = Uint8Array.from(hashes)
          if (flip !== null) bytes[flip[0] % bytes.length]! ^= flip[1]
          return bytes
        })
        const proof = proofs.piece(piece)
        proof.begin()
        const blocks = proofs.blocksIn(piece)
        for (let block = 0; block < blocks; block++) {
          const bytes = Buffer.from(v2Block(piece, block * 16_384, proofs.blockLength(piece, block)))
          if (!isRight && block === 0) bytes[0]! ^= 1
          expect(proof.add(block, bytes)).toBe(block === blocks - 1)
        }
        expect((await proof.verdict()).verified).toBe(flip === null ? isRight : null)
      },
    ),
    { numRuns: 60 },
  )
})
