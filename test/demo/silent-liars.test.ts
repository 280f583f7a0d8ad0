/** What peers do that unchoke and give nothing, or not yet. */
import { expect, test } from "vitest"
import {
  chattySnubber,
  chokesAgain,
  deadLine,
  rejectsEverything,
  slowToBegin,
} from "../../src/demo/silent-liars.ts"
import { admitted, peerFor, smallPayload } from "../support/swarm.ts"

const block = 16_384
const right = (piece: number) => Buffer.from(smallPayload.read(piece, 0, block))

test("a chatty snubber says this and that, and sends nothing", async () => {
  const visitor = await admitted(await peerFor({ behaviours: [chattySnubber(10)] }))
  visitor.wire.request(0, 0, block)
  await visitor.saw("keep-alive")
  const said = visitor.received().length
  // have: <len=5><id=4><index>
  const more = (await visitor.untilReceived(said + 26)).subarray(said).toString("hex")
  expect(more).toContain("000000050400000000")
  await visitor.leave()
  expect(visitor.log).not.toContain("piece")
})

test("one rejects everything", async () => {
  const visitor = await admitted(await peerFor({ behaviours: [rejectsEverything] }))
  visitor.fetch(3, 0, block).catch(() => {})
  expect(await visitor.saw("reject")).toEqual([3, 0, block])
})

test("one chokes and unchokes by turns", async () => {
  const visitor = await admitted(await peerFor({ behaviours: [chokesAgain(20)] }))
  const choked = new Promise((resolve) => void visitor.wire.on("choke", () => resolve(true)))
  expect(await choked).toBe(true)
  const again = new Promise((resolve) => void visitor.wire.on("unchoke", () => resolve(true)))
  expect(await again).toBe(true)
})

test.each([
  ["a disk that wakes up", slowToBegin(300)],
  ["a dead line", deadLine(0, 300)],
])("%s delays what was asked for, and loses nothing", async (_, behaviour) => {
  const visitor = await admitted(await peerFor({ behaviours: [behaviour] }))
  const [one, two] = await Promise.all([visitor.fetch(1, 0, block), visitor.fetch(2, 0, block)])
  expect(Buffer.from(one).equals(right(1))).toBe(true)
  expect(Buffer.from(two).equals(right(2))).toBe(true)
})

test.each([
  ["a disk that sleeps", slowToBegin(60_000)],
  ["a dead line", deadLine(0, 60_000)],
])("%s gives nothing meanwhile", async (_, behaviour) => {
  const visitor = await admitted(await peerFor({ behaviours: [behaviour] }))
  visitor.wire.request(1, 0, block)
  await visitor.leave()
  expect(visitor.log).not.toContain("piece")
})
