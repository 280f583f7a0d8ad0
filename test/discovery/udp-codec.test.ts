import { expect, test } from "vitest"
import {
  decodeDatagram,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  parseAnnounce,
  parseConnect,
  parseError,
  parseScrape,
} from "../../src/discovery/tracker/udp-codec.ts"
import type { AnnounceRequest } from "../../src/discovery/tracker/reply.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const bytes = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex")
const id = bytes("0011223344556677")
const request: AnnounceRequest = {
  infoHash: Buffer.alloc(20, 0xaa),
  peerId: Buffer.alloc(20, 0xbb),
  port: 6881,
  leftBytes: 2 ** 40 + 5,
  event: "started",
  numwant: 200,
  key: 0xfedcba98,
  trackerId: null,
}

test("a connect request", () => {
  expect(hex(encodeConnect(0x89abcdef))).toBe("00000417271019800000000089abcdef")
})

test("an announce request, field by field", () => {
  expect(hex(encodeAnnounce(id, 7, request, ""))).toBe(
    [
      "0011223344556677 00000001 00000007",
      "aa".repeat(20),
      "bb".repeat(20),
      "0000000000000000 0000010000000005 0000000000000000",
      "00000002 00000000 fedcba98 000000c8 1ae1",
    ]
      .join("")
      .replaceAll(" ", ""),
  )
})

test.each([
  ["update", 0],
  ["started", 2],
  ["stopped", 3],
] as const)("event %s is %i", (event, number) => {
  expect(Buffer.from(encodeAnnounce(id, 7, { ...request, event }, "")).readUInt32BE(80)).toBe(number)
})

test("BEP 41: path and query follow as options of at most 255 bytes", () => {
  expect(hex(encodeAnnounce(id, 7, request, "/a?k=1").subarray(98))).toBe(`0206${hex(Buffer.from("/a?k=1"))}`)
  const long = `/${"x".repeat(299)}`
  const options = encodeAnnounce(id, 7, request, long).subarray(98)
  expect([options[0], options[1], options[257], options[258], options.length]).toEqual([2, 255, 2, 45, 304])
  expect(encodeAnnounce(id, 7, request, "/").length).toBe(98)
})

test("a scrape request", () => {
  expect(hex(encodeScrape(id, 9, request.infoHash))).toBe(
    `00112233445566770000000200000009${"aa".repeat(20)}`,
  )
})

test("a datagram is action, transaction and body; less is none", () => {
  expect(decodeDatagram(bytes("00000003 80000001 6e6f"))).toEqual({
    action: 3,
    transactionId: 0x80000001,
    body: bytes("6e6f"),
  })
  expect(decodeDatagram(bytes("00000003 800000"))).toBeNull()
})

test("a connect reply is an id, however much follows", () => {
  expect(parseConnect(bytes("0011223344556677 99"))).toEqual({ ok: true, value: Uint8Array.from(id) })
  expect(parseConnect(bytes("00112233445566"))).toMatchObject({ failure: { code: "bad-reply" } })
})

test("an announce reply: interval, leechers, seeders, then peers", () => {
  const reply = parseAnnounce(bytes("00000708 00000003 00000002 01010101 1ae1 02020202 0000 0303"), "ipv4")
  expect(reply).toMatchObject({
    ok: true,
    value: { intervalMs: 1_800_000, leechers: 3, seeders: 2, peers: ["1.1.1.1:6881"] },
  })
})

test("over IPv6 a peer has 18 bytes", () => {
  const reply = parseAnnounce(bytes(`00000708 00000003 00000002 20014860${"00".repeat(11)}01 1ae1`), "ipv6")
  expect(reply).toMatchObject({ value: { peers: ["[2001:4860::1]:6881"] } })
})

test("negative numbers are none", () => {
  expect(parseAnnounce(bytes("ffffffff 80000000 00000002"), "ipv4")).toMatchObject({
    value: { intervalMs: null, leechers: null, seeders: 2 },
  })
})

test.each([
  ["", "tracker-refused"],
  ["00000708", "bad-reply"],
  ["00000708 00000003 000000", "bad-reply"],
])("an announce reply of only [%s] is %s", (text, code) => {
  expect(parseAnnounce(bytes(text), "ipv4")).toMatchObject({ ok: false, failure: { code } })
})

test("a scrape reply: seeders, completed, leechers", () => {
  expect(parseScrape(bytes("00000002 00000009 00000003"))).toEqual({
    ok: true,
    value: { seeders: 2, downloads: 9, leechers: 3 },
  })
  expect(parseScrape(bytes("00000002 00000009"))).toMatchObject({ failure: { code: "bad-reply" } })
  expect(parseScrape(bytes("ffffffff ffffffff ffffffff"))).toMatchObject({ failure: { code: "bad-reply" } })
})

test("an error's text is made safe", () => {
  expect(parseError(Buffer.from("no\0 way\n"))).toMatchObject({
    failure: { code: "tracker-refused", detail: "no way" },
  })
  expect(parseError(new Uint8Array())).toMatchObject({ failure: { code: "tracker-refused" } })
})
