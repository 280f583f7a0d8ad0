import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { fail, failure } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import type { HashRequest } from "../../src/torrent/v2-pieces.ts"
import { createHashExchange } from "../../src/wire/hash-exchange.ts"
import { decodeHashAnswer, encodeHashRange } from "../../src/wire/hash-messages.ts"
import { virtualClock } from "./virtual-clock.ts"

const request: HashRequest = {
  piecesRoot: new Uint8Array(32).fill(0xab),
  baseLayer: 0,
  index: 6,
  length: 2,
  proofLayers: 3,
}
const range = encodeHashRange(request)
/** Two, and an uncle in each layer but the first. */
const rightCount = 5
const message = (id: number, ...payload: Uint8Array[]) => Buffer.concat([Buffer.from([id]), ...payload])
const hashes = (count: number) => new Uint8Array(32 * count).fill(7)

describe("the layout", () => {
  test("of a range: root, base layer, index, length, proof layers", () => {
    expect(Buffer.from(range).toString("hex")).toBe(`${"ab".repeat(32)}00000000000000060000000200000003`)
  })

  test("of an answer repeats the range", () => {
    const hex = Buffer.from(range).toString("hex")
    expect(decodeHashAnswer(message(22, range, hashes(5)))).toEqual({ range: hex, hashes: hashes(5) })
    expect(decodeHashAnswer(message(23, range))).toEqual({ range: hex, hashes: null })
  })

  const anyLength = fc.oneof(
    fc.nat({ max: 4_000 }),
    fc.nat({ max: 80 }).map((count) => 48 + 32 * count),
  )
  const anyPayload = anyLength.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))

  test("any hashes are read or refused, and what is read is all of them", () => {
    fc.assert(
      fc.property(anyPayload, (bytes) => {
        const count = (bytes.length - 48) / 32
        const expected = Number.isInteger(count) && count > 0 && count <= 66 ? bytes.slice(48) : null
        expect(decodeHashAnswer(message(22, bytes))?.hashes ?? null).toEqual(expected)
      }),
    )
  })

  test("any reject is read or refused", () => {
    fc.assert(
      fc.property(anyPayload, (bytes) => {
        const expected = bytes.length === 48 ? Buffer.from(bytes).toString("hex") : null
        expect(decodeHashAnswer(message(23, bytes))?.range ?? null).toBe(expected)
      }),
    )
  })

  test("what is read is a copy: the receive buffer is free", () => {
    const bytes = message(22, range, hashes(2))
    const answer = decodeHashAnswer(bytes)
    bytes.fill(0)
    expect(answer?.hashes).toEqual(hashes(2))
  })
})

function exchange() {
  const clock = virtualClock()
  const sent: Uint8Array[] = []
  const made = createHashExchange({ network: clock.network, send: (bytes) => void sent.push(bytes) })
  const answer = (id: number, ...payload: Uint8Array[]) =>
    made.onAnswer(decodeHashAnswer(message(id, ...payload))!)
  return { clock, sent, made, answer }
}

describe("an exchange", () => {
  test("is over with the answer, and the same answer again is a stranger's", async () => {
    const { sent, made, answer } = exchange()
    const asked = made.ask(request)
    expect(sent).toEqual([range])
    expect(answer(22, range, hashes(rightCount))).toBe(true)
    expect(await asked).toEqual({ ok: true, value: hashes(rightCount) })
    expect(answer(22, range, hashes(rightCount))).toBe(false)
    expect(made.failed).toBe(false)
  })

  test("asks once for the same", async () => {
    const { sent, made, answer } = exchange()
    const both = Promise.all([made.ask(request), made.ask(request)])
    answer(22, range, hashes(rightCount))
    expect((await both).every(({ ok }) => ok)).toBe(true)
    expect(sent).toHaveLength(1)
  })

  test("does not take the answer to another request", () => {
    const { made, answer } = exchange()
    void made.ask(request)
    expect(answer(22, encodeHashRange({ ...request, index: 8 }), hashes(rightCount))).toBe(false)
    expect(answer(23, encodeHashRange({ ...request, proofLayers: 2 }))).toBe(false)
    expect(made.failed).toBe(false)
  })

  test.each([
    ["too few", rightCount - 1],
    ["too many", rightCount + 1],
  ])("with %s hashes proves nothing", async (_, count) => {
    const { made, answer } = exchange()
    const asked = made.ask(request)
    expect(answer(22, range, hashes(count))).toBe(true)
    expect(await asked).toEqual(fail("bad-proof", "another number of hashes"))
    expect(made.failed).toBe(true)
  })

  test("is refused", async () => {
    const { made, answer } = exchange()
    const asked = made.ask(request)
    answer(23, range)
    expect(await asked).toEqual(fail("bad-proof", "hash request rejected"))
  })

  test("ends in time, each by its own", async () => {
    const { clock, made, answer } = exchange()
    const first = made.ask(request)
    await clock.pass(limits.hashes.answerMs - 1_000)
    const other = { ...request, index: 8 }
    const second = made.ask(other)
    await clock.pass(1_000)
    expect(await first).toEqual(fail("bad-proof", "no answer to a hash request"))
    expect(answer(22, encodeHashRange(other), hashes(rightCount))).toBe(true)
    expect((await second).ok).toBe(true)
    const third = made.ask(request)
    await clock.pass(limits.hashes.answerMs)
    expect((await third).ok).toBe(false)
  })

  test("has a bound on what is in the air; the rest waits its turn, and its time begins then", async () => {
    const { clock, sent, made, answer } = exchange()
    const nth = (i: number) => ({ ...request, index: 8 * i })
    const { maxPending, answerMs } = limits.hashes
    const asked = Array.from({ length: maxPending + 2 }, (_, i) => made.ask(nth(i)))
    expect(sent).toHaveLength(maxPending)
    // It was not sent, so this answers nothing.
    expect(answer(22, encodeHashRange(nth(maxPending)), hashes(rightCount))).toBe(false)
    await clock.pass(answerMs - 1)
    for (let i = 0; i < maxPending; i++) answer(22, encodeHashRange(nth(i)), hashes(rightCount))
    expect(sent).toHaveLength(maxPending + 2)
    await clock.pass(answerMs - 1)
    for (let i = maxPending; i < maxPending + 2; i++) answer(22, encodeHashRange(nth(i)), hashes(rightCount))
    expect((await Promise.all(asked)).every(({ ok }) => ok)).toBe(true)
    expect(made.failed).toBe(false)
  })

  test.each<[string, (of: ReturnType<typeof exchange>) => unknown]>([
    ["is silent", ({ clock }) => clock.pass(limits.hashes.answerMs)],
    ["refuses one", ({ answer }) => answer(23, range)],
  ])("of a peer that %s: what still waits is not asked", async (_, happens) => {
    const of = exchange()
    const nth = (i: number) => ({ ...request, index: request.index + 8 * i })
    const asked = Array.from({ length: limits.hashes.maxPending + 9 }, (_, i) => of.made.ask(nth(i)))
    await happens(of)
    expect(await asked.at(-1)).toEqual(fail("bad-proof", "an earlier hash request failed"))
    expect(of.sent).toHaveLength(limits.hashes.maxPending)
  })

  test("ends with the session", async () => {
    const { made } = exchange()
    const asked = made.ask(request)
    made.end(failure("closed"))
    expect(await asked).toEqual(fail("closed"))
    expect(await made.ask(request)).toEqual(fail("closed"))
  })
})
