import { describe, expect, it } from "vitest"
import { decodeHolepunch, encodeHolepunch, type HolepunchMessage } from "../../src/wire/holepunch.ts"

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"))
const v6 = "20010db8000000000000000000000001"

/** BEP 55's layout by hand. */
const messages: [string, string, HolepunchMessage][] = [
  [
    "rendezvous",
    "00 00 0a420016 1ae2 00000000",
    { kind: "rendezvous", endpoint: "10.66.0.22:6882", error: "none" },
  ],
  [
    "connect over IPv6",
    `01 01 ${v6} 1ae1 00000000`,
    { kind: "connect", endpoint: "[2001:db8::1]:6881", error: "none" },
  ],
  [
    "no such peer",
    "02 00 0a420016 1ae2 00000001",
    { kind: "error", endpoint: "10.66.0.22:6882", error: "no such peer" },
  ],
  [
    "not connected",
    "02 00 0a420016 1ae2 00000002",
    { kind: "error", endpoint: "10.66.0.22:6882", error: "not connected" },
  ],
  [
    "no support",
    "02 00 0a420016 1ae2 00000003",
    { kind: "error", endpoint: "10.66.0.22:6882", error: "no support" },
  ],
  [
    "no self",
    "02 00 0a420016 1ae2 00000004",
    { kind: "error", endpoint: "10.66.0.22:6882", error: "no self" },
  ],
]

describe("ut_holepunch", () => {
  it.each(messages)("%s", (_, bytes, message) => {
    expect(decodeHolepunch(hex(bytes))).toEqual(message)
    const { kind, endpoint, error } = message
    expect(encodeHolepunch(kind, endpoint, error ?? "none")).toEqual(hex(bytes))
  })

  it.each<[string, string, HolepunchMessage]>([
    ["libtorrent's, without an error number", "01 00 0a420016 1ae2", messages[1]![2]],
    ["an error that the BEP doesn't name", "02 00 0a420016 1ae2 00000099", messages[2]![2]],
    ["with more behind it", "00 00 0a420016 1ae2 00000000 ffff", messages[0]![2]],
  ])("%s", (_, bytes, { kind }) => {
    const error = bytes.includes("99") ? null : "none"
    expect(decodeHolepunch(hex(bytes))).toEqual({ kind, endpoint: "10.66.0.22:6882", error })
  })

  it.each<[string, string]>([
    ["nothing", ""],
    ["another type", "03 00 0a420016 1ae2 00000000"],
    ["another kind of address", "00 02 0a420016 1ae2 00000000"],
    ["a short address", "00 00 0a420016 1a"],
    ["a short IPv6 address", `00 01 ${v6.slice(2)} 1a`],
    ["an error without its number", "02 00 0a420016 1ae2 0000"],
    ["port 0", "01 00 0a420016 0000 00000000"],
  ])("%s is none", (_, bytes) => expect(decodeHolepunch(hex(bytes))).toBeNull())

  it("names only addresses", () => expect(encodeHolepunch("rendezvous", "localhost:6881")).toBeNull())
  it("never throws", () => {
    for (let i = 0; i < 5_000; i++) {
      const bytes = Uint8Array.from({ length: i % 30 }, (_, at) =>
        at < 2 ? (i >> at) & 3 : (i * 31 + at * 7) & 255,
      )
      const message = decodeHolepunch(bytes)
      expect(message === null || message.endpoint.includes(":")).toBe(true)
    }
  })
})
