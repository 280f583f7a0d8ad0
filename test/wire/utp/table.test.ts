import { expect, test } from "vitest"
import { decodePacket, encodePacket, noPayload } from "../../../src/wire/utp/codec.ts"
import { createMachine } from "../../../src/wire/utp/machine.ts"
import { createTable, type Entry, type Remote } from "../../../src/wire/utp/table.ts"

const partner: Remote = { host: "127.0.0.2", port: 6_881 }

function entryOf(receiveId: number, sendId: number, from = partner): Entry {
  const machine = createMachine({
    receiveId,
    sendId,
    seq: 1,
    answering: null,
    connectByMs: 0,
    transmit() {},
    onConnected() {},
    onProgress() {},
    onOver() {},
  })
  return { ...from, receiveId, sendId, machine }
}

const resetFor = (connectionId: number) =>
  decodePacket(
    encodePacket({
      type: "reset",
      connectionId,
      timestampUs: 0,
      differenceUs: 0,
      windowBytes: 0,
      seq: 0,
      ack: 0,
      selective: null,
      payload: noPayload,
    }),
  )!

test.each([
  ["one that is taken, and its neighbours, are passed over", [10, 11, 9, 12], 12],
  ["none is taken across the wrap", [65_535, 0, 500], 65_535],
  ["a source that repeats itself ends the search", [10], null],
])("a fresh id: %s", (_, draws, expected) => {
  const table = createTable()
  table.add(entryOf(10, 11))
  table.add(entryOf(12, 13, { host: "127.0.0.3", port: 6_881 }))
  let drawn = 0
  const random16 = () => draws[drawn++ % draws.length]!
  expect(table.freshId(partner, random16)).toBe(expected)
})

test("an entry is found by its id and its partner", () => {
  const table = createTable()
  const [one, other] = [entryOf(10, 11), entryOf(10, 11, { host: "127.0.0.3", port: 6_881 })]
  table.add(one)
  table.add(other)
  expect(table.find(10, partner)).toBe(one)
  expect(table.find(10, other)).toBe(other)
  expect(table.find(10, { ...partner, port: 1 })).toBeUndefined()
  expect([...table]).toEqual([one, other])
  table.remove(one)
  table.remove(one)
  expect(table.find(10, partner)).toBeUndefined()
  expect(table.size).toBe(1)
})

test.each([
  ["received under", 10],
  ["sent under", 11],
])("a RESET is found by the id that we %s", (_, id) => {
  const table = createTable()
  const entry = entryOf(10, 11)
  table.add(entry)
  expect(table.findReset(resetFor(id), partner)).toBe(entry)
  expect(table.findReset(resetFor(9), partner)).toBeUndefined()
})
