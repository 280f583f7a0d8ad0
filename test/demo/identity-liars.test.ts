import { expect, test } from "vitest"
import { clients } from "../../src/demo/identity.ts"
import { lockstep, masked, sharedPeerId } from "../../src/demo/identity-liars.ts"
import { pick } from "../../src/demo/holdings.ts"
import { peerFor, smallPayload, visit } from "../support/swarm.ts"

test("one id for all: a client's prefix and the given bytes", () => {
  const id = sharedPeerId(Buffer.from("123456789012"))
  expect(Buffer.from(id).toString()).toBe("-TR3000-123456789012")
})

test("names itself two ways", async () => {
  const peer = await peerFor({ client: masked })
  const visitor = await visit(peer)
  const [, peerId] = await visitor.saw("handshake")
  expect(Buffer.from(String(peerId), "hex").toString("latin1")).toMatch(/^-TR3000-/)
  await visitor.saw("extended")
  expect(visitor.received().toString("latin1")).toContain(
    `1:v${clients.qbittorrent.v.length}:${clients.qbittorrent.v}`,
  )
})

test("several names of one client: the same pieces for all, told in one turn", async () => {
  const crowd = lockstep(20)
  const holds = pick(smallPayload.pieceCount, (piece) => piece < 5)
  const peers = await Promise.all(
    [clients.transmission, clients.deluge].map((client) => peerFor({ client, holds, behaviours: [crowd] })),
  )
  const visitors = await Promise.all(peers.map((peer) => visit(peer)))
  const gained = visitors.map(({ wire }) => {
    const { promise, resolve } = Promise.withResolvers<number[]>()
    const pieces: number[] = []
    wire.on("have", (piece) => {
      pieces.push(piece)
      if (piece === smallPayload.pieceCount - 1) resolve(pieces)
    })
    return promise
  })
  const [one = [], other = []] = await Promise.all(gained)
  const shorter = Math.min(one.length, other.length)
  expect(one.slice(-shorter)).toEqual(other.slice(-shorter))
  expect(shorter).toBeGreaterThan(0)
  expect(peers.map(({ holds }) => Buffer.from(holds).toString("hex"))).toEqual(Array(2).fill("fffff0"))
})
