import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  decodePacket,
  encodePacket,
  microseconds,
  packetTypes,
  steps,
  type Packet,
} from "../../../src/wire/utp/codec.ts"

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex")
/** type+version, extension, id, timestamp, difference, window, seq, ack */
const header = (typeAndVersion: string, extension = "00") =>
  `${typeAndVersion} ${extension} 1234 00000001 00000002 00100000 0003 ffff`

const decoded = {
  type: "state",
  connectionId: 0x1234,
  timestampUs: 1,
  differenceUs: 2,
  windowBytes: 1_048_576,
  seq: 3,
  ack: 65_535,
  selective: null,
  payload: new Uint8Array(0),
}

describe("a packet", () => {
  test("field by field", () => {
    expect(decodePacket(new Uint8Array(hex(header("21"))))).toEqual(decoded)
  })

  test.each(packetTypes.map((type, number) => ({ type, first: `${number}1` })))(
    "$type",
    ({ type, first }) => {
      expect(decodePacket(hex(header(first)))?.type).toBe(type)
    },
  )

  test.each([
    ["selective ACK", `${header("21", "01")} 00 04 01020384`, "01020384", ""],
    ["selective ACK, then payload", `${header("01", "01")} 00 04 00000001 abcd`, "00000001", "abcd"],
    ["an unknown one before it", `${header("21", "02")} 01 03 aabbcc 00 04 ff000000`, "ff000000", ""],
    ["an unknown one after it", `${header("01", "01")} 03 04 0f000000 00 04 00000001 99`, "0f000000", "99"],
    ["an empty one", `${header("01", "07")} 00 00 55`, null, "55"],
    ["a mask of no whole words", `${header("01", "01")} 00 03 ffffff 55`, null, "55"],
    ["an empty mask", `${header("01", "01")} 00 00 55`, null, "55"],
    ["the first of two masks", `${header("21", "01")} 01 04 01000000 00 04 02000000`, "01000000", ""],
  ])("extensions: %s", (_, text, selective, payload) => {
    const packet = decodePacket(hex(text))
    expect(packet?.selective && Buffer.from(packet.selective).toString("hex")).toBe(selective)
    expect(packet && Buffer.from(packet.payload).toString("hex")).toBe(payload)
  })

  test.each([
    ["nothing", ""],
    ["19 bytes", header("21").slice(0, -2)],
    ["version 0", header("20")],
    ["version 2", header("22")],
    ["type 5", header("51")],
    ["a DHT query", Buffer.from("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe").toString("hex")],
    ["an extension that is missing", header("21", "01")],
    ["half an extension header", `${header("21", "01")} 00`],
    ["an extension cut short", `${header("21", "01")} 00 04 010203`],
    ["nine extensions", `${header("21", "02")} ${"02 00 ".repeat(8)} 00 00`],
  ])("is not: %s", (_, text) => {
    expect(decodePacket(hex(text))).toBeNull()
  })

  test("eight extensions are read", () => {
    expect(decodePacket(hex(`${header("21", "02")} ${"02 00 ".repeat(7)} 00 00`))).toEqual(decoded)
  })

  test("what was encoded is decoded", () => {
    const bytes = (max: number) => fc.uint8Array({ maxLength: max })
    const packets: fc.Arbitrary<Packet> = fc.record({
      type: fc.constantFrom(...packetTypes),
      connectionId: fc.nat(0xffff),
      timestampUs: fc.nat(0xffff_ffff),
      differenceUs: fc.nat(0xffff_ffff),
      windowBytes: fc.nat(0xffff_ffff),
      seq: fc.nat(0xffff),
      ack: fc.nat(0xffff),
      selective: fc.option(
        fc.integer({ min: 1, max: 63 }).map((words) => new Uint8Array(4 * words).fill(words)),
      ),
      payload: bytes(1_400),
    })
    fc.assert(
      fc.property(packets, (packet) => {
        expect(decodePacket(encodePacket(packet))).toEqual(packet)
      }),
    )
  })

  test("whatever comes, it is a packet or none", () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // As good as a packet: the extensions get their turn.
      fc
        .tuple(
          fc.constantFrom(0x01, 0x11, 0x21, 0x31, 0x41),
          fc.uint8Array({ minLength: 19, maxLength: 120 }),
        )
        .map(([first, rest]) => Uint8Array.from([first, ...rest])),
    )
    fc.assert(
      fc.property(anything, (data) => {
        const packet = decodePacket(data)
        if (packet === null) return
        expect(data.length).toBeGreaterThanOrEqual(20)
        expect(packet.payload.length + (packet.selective?.length ?? 0)).toBeLessThanOrEqual(data.length - 20)
      }),
      { numRuns: 20_000 },
    )
  })
})

test.each([
  [1, 2, 1],
  [65_535, 0, 1],
  [2, 1, 65_535],
  [65_000, 500, 1_036],
])("steps from %i to %i", (from, to, expected) => {
  expect(steps(from, to)).toBe(expected)
})

test.each([
  [0, 0],
  [1.5, 1_500],
  [2 ** 32 / 1_000, 0],
  [5_000_000.001, 5_000_000_001 % 2 ** 32],
])("microseconds of %d ms", (ms, us) => {
  expect(microseconds(ms)).toBe(us)
})
