import { expect, test } from "vitest"
import { toReason } from "../../src/discovery/tracker/reply.ts"

const reason = (text: string) => toReason(Buffer.from(text))

test.each([
  ["Requested download is not authorized.", "Requested download is not authorized."],
  ["a\r\n\tb\0c\u001b[31m", "a b c [31m"],
  ["\u202Eevil\u2066", "evil"],
  ["your ip 203.0.113.9 is banned", "your ip <address> is banned"],
  ["for 203.0.113.9only, not x203.0.113.9.", "for <address>only, not x<address>."],
  ["see [2001:db8::7]:80 or 2001:db8::7", "see <address>:80 or <address>"],
  ["::1 is local", "<address> is local"],
  ["invalid passkey 0123456789abcdef0123456789abcdef", "invalid passkey ***"],
  ["unregistered torrent", "unregistered torrent"],
  ["café 雪", "café 雪"],
])("%j becomes %j", (text, expected) => {
  expect(reason(text)).toBe(expected)
})

test("bytes that are no text, and a long tale", () => {
  expect(toReason(Uint8Array.of(0xff, 0xfe, 0x41))).toBe("\uFFFD\uFFFDA")
  expect(reason("x ".repeat(100_000)).length).toBeLessThanOrEqual(200)
  expect(reason(`${"x".repeat(199)}😀`).isWellFormed()).toBe(true)
})
