import { describe, expect, test } from "vitest"
import {
  decodeNatPmpAddress,
  decodeNatPmpMap,
  decodePcpMap,
  encodeNatPmpMap,
  encodePcpMap,
  type MapRequest,
} from "../../../src/commands/doctor/pcp.ts"

const request: MapRequest = { transport: "tcp", insidePort: 51413, outsidePort: 6881, seconds: 120 }
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"))
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const nonce = new Uint8Array(12).fill(7)

describe("NAT-PMP (RFC 6886 §3.3)", () => {
  test("requests", () => {
    expect(toHex(encodeNatPmpMap(request))).toBe("00020000c8d51ae100000078")
    expect(toHex(encodeNatPmpMap({ ...request, transport: "udp", seconds: 0 }))).toBe(
      "00010000c8d5000000000000",
    )
  })

  test.each([
    ["the address", "00 80 0000 00000001 cb007109", { ok: true, value: "203.0.113.9" }],
    [
      "not authorised",
      "00 80 0002 00000001",
      { ok: false, failure: { code: "unsupported", detail: "not authorised" } },
    ],
    ["cut short", "00 80 0000 00000001 cb0071", null],
    ["another op", "00 81 0000 00000001 cb007109", null],
    ["nothing", "", null],
  ])("address reply: %s", (_, bytes, expected) => {
    expect(decodeNatPmpAddress(hex(bytes))).toEqual(expected)
  })

  test.each([
    ["mapped", "00 82 0000 00000001 c8d5 9c40 00000078", { ok: true, value: { host: null, port: 40_000 } }],
    [
      "out of resources",
      "00 82 0004 00000001",
      { ok: false, failure: { code: "unsupported", detail: "out of resources" } },
    ],
    ["another inside port", "00 82 0000 00000001 0001 9c40 00000078", null],
    ["UDP's", "00 81 0000 00000001 c8d5 9c40 00000078", null],
    ["a request", "00 02 0000 c8d5 1ae1 00000078", null],
  ])("map reply: %s", (_, bytes, expected) => {
    expect(decodeNatPmpMap(hex(bytes), request)).toEqual(expected)
  })
})

describe("PCP MAP (RFC 6887 §11.1)", () => {
  const body = (port: string, own = nonce) =>
    `${toHex(own)} 06 000000 c8d5 ${port} 00000000000000000000ffffcb007109`

  test("request", () => {
    expect(toHex(encodePcpMap(request, "192.168.1.5", nonce))).toBe(
      hexText(
        `02 01 0000 00000078 00000000000000000000ffffc0a80105 ${toHex(nonce)} 06 000000 c8d5 1ae1 00000000000000000000ffff00000000`,
      ),
    )
  })

  test.each([
    [
      "mapped",
      `02 81 00 00 00000078 00000001 000000000000000000000000 ${body("9c40")}`,
      { ok: true, value: { host: "203.0.113.9", port: 40_000 } },
    ],
    [
      "another nonce",
      `02 81 00 00 00000078 00000001 000000000000000000000000 ${body("9c40", new Uint8Array(12))}`,
      null,
    ],
    [
      "not authorised",
      `02 81 00 02 00000078 00000001 000000000000000000000000 ${body("0000")}`,
      { ok: false, failure: { code: "unsupported", detail: "not authorised" } },
    ],
    [
      "not authorised, another's",
      `02 81 00 02 00000078 00000001 000000000000000000000000 ${body("0000", new Uint8Array(12))}`,
      null,
    ],
    [
      "version",
      "00 81 0001 00000001",
      { ok: false, failure: { code: "unsupported", detail: "NAT-PMP alone" } },
    ],
    ["cut short", `02 81 00 00 00000078 00000001 000000000000000000000000 ${toHex(nonce)}`, null],
  ])("reply: %s", (_, bytes, expected) => {
    expect(decodePcpMap(hex(bytes), request, nonce)).toEqual(expected)
  })
})

const hexText = (text: string) => text.replaceAll(" ", "")
