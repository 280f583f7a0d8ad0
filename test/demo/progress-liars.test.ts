import { expect, test } from "vitest"
import { restartsWithLess, rewinder } from "../../src/demo/progress-liars.ts"
import type { Peer } from "../../src/demo/peer.ts"
import { countPieces } from "../../src/torrent/bitfield.ts"
import { peerFor, smallPayload, visit } from "../support/swarm.ts"

/** Pieces shown at first and after the last of so many HAVEs, and the peer id, at each of the visits. */
async function shown(peer: Peer, visits: number, haves: number) {
  const seen: { from: number; to: number; peerId: string }[] = []
  for (let i = 0; i < visits; i++) {
    const visitor = await visit(peer)
    const first = Promise.withResolvers<number>()
    const told = Promise.withResolvers<void>()
    let gained = 0
    visitor.wire.on("bitfield", (field: { buffer: Uint8Array }) => first.resolve(countPieces(field.buffer)))
    visitor.wire.on("have", () => void (++gained === haves && told.resolve()))
    const [, peerId] = await visitor.saw("handshake")
    const from = await first.promise
    if (haves > 0) await told.promise
    seen.push({ from, to: from + gained, peerId: String(peerId) })
    await visitor.leave()
  }
  return seen
}

test("a rewinder gains two pieces in each visit, and loses eight before every other one", async () => {
  expect(smallPayload.pieceCount).toBe(20)
  const seen = await shown(await peerFor({ behaviours: [rewinder()] }), 4, 2)
  expect(seen.map(({ from, to }) => [from, to])).toEqual([
    [14, 16],
    [6, 8],
    [14, 16],
    [6, 8],
  ])
  expect(new Set(seen.map(({ peerId }) => peerId)).size).toBe(1)
})

test("one that restarts has another peer id and fewer pieces, and two visits later as many again", async () => {
  const seen = await shown(await peerFor({ behaviours: [restartsWithLess(1)] }), 4, 0)
  expect(seen.map(({ from }) => from)).toEqual([15, 8, 8, 15])
  expect(new Set(seen.map(({ peerId }) => peerId)).size).toBe(2)
  expect(seen[1]?.peerId).toBe(seen[3]?.peerId)
})
