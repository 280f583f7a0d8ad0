import { Buffer } from "node:buffer"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { limits } from "../../src/limits.ts"
import { identifyClient } from "../../src/wire/client-name.ts"
import { plainText } from "../../src/wire/plain-text.ts"

const idOf = (start: string) => Buffer.from(start.padEnd(20, "x"), "latin1")

test.each([
  ["-LT2080-", "libtorrent/2.0.8.0", "libtorrent 2.0.8", "libtorrent"],
  ["-LT2080-", null, "libtorrent 2.0.8", "libtorrent"],
  ["-LT20B0-", null, "libtorrent 2.0.11", "libtorrent"],
  ["-lt0D80-", "libTorrent 0.13.8", "rTorrent (libTorrent 0.13.8)", "rTorrent"],
  ["-lt0D80-", null, "rTorrent (libTorrent 0.13.8)", "rTorrent"],
  ["-qB4520-", "qBittorrent/4.5.2", "qBittorrent 4.5.2", "qBittorrent"],
  ["-qB5100-", null, "qBittorrent 5.1.0", "qBittorrent"],
  ["-TR3000-", "Transmission 3.00", "Transmission 3.00", "Transmission"],
  ["-TR2940-", null, "Transmission 2.94", "Transmission"],
  ["-TR4060-", null, "Transmission 4.0.6", "Transmission"],
  ["A2-1-36-0-", "aria2/1.36.0", "aria2 1.36.0", "aria2"],
  ["A2-1-36-0-", null, "aria2 1.36.0", "aria2"],
  ["-DE2030-", "Deluge 2.0.3", "Deluge 2.0.3", "Deluge"],
  ["-DE13F0-", null, "Deluge 1.3.15", "Deluge"],
  ["-DE211s-", null, "Deluge 2.1.1", "Deluge"],
  ["-BI3200-", "BiglyBT 3.2.0.0", "BiglyBT 3.2.0", "BiglyBT"],
  ["-PI0P00-", null, "PicoTorrent 0.25.0", "PicoTorrent"],
  ["-FD6200-", null, "Free Download Manager 6.2.0", "Free Download Manager"],
  ["-WW0206-", null, "WebTorrent 2.6", "WebTorrent"],
  ["-UT355S-", "µTorrent 3.5.5", "µTorrent 3.5.5", "µTorrent"],
  ["-UT355S-", "μTorrent 3.5.5", "µTorrent 3.5.5", "µTorrent"],
  ["-TA0100-", "torrent-audit 0.1.0", "torrent-audit 0.1.0", "torrent-audit"],
  ["-AZ5750-", null, "Vuze 5.7.5", "Vuze"],
  ["T03I-----", null, "BitTornado", "BitTornado"],
  ["M7-9-2--", null, "Mainline", "Mainline"],
])("%s and %j: %s", (id, v, client, family) => {
  expect(identifyClient(idOf(id), v)).toEqual({ client, family })
})

test("when they disagree, the peer id names it", () => {
  expect(identifyClient(idOf("-TR3000-"), "qBittorrent/4.5.2")).toEqual({
    client: "Transmission 3.00",
    family: "Transmission",
  })
})

test("an id that says nothing leaves it to `v`", () => {
  expect(identifyClient(Buffer.alloc(20, 0xfe), "rqbit 8.0.0")).toEqual({
    client: "rqbit 8.0.0",
    family: "rqbit",
  })
  expect(identifyClient(Buffer.alloc(20, 0xfe), "no version")).toEqual({ client: "no version", family: null })
  expect(identifyClient(Buffer.alloc(20, 0xfe), null)).toEqual({ client: null, family: null })
})

test("names of objects' own members are no clients", () => {
  expect(identifyClient(Buffer.alloc(20, 0xfe), "constructor 1.0").family).toBe("constructor")
  expect(identifyClient(Buffer.alloc(20, 0xfe), "__proto__/1").family).toBe("__proto__")
})

const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u

test("whatever comes, it is short text or nothing", () => {
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 })
  const azureus = fc
    .tuple(fc.constantFrom("-qB", "-TR", "-lt", "-FG", "-MG21", "exbc", "A2-", "M1-", "T03"), bytes)
    .map(([start, rest]) => Buffer.concat([Buffer.from(start), rest]).subarray(0, 20))
  const text = fc.uint8Array({ maxLength: 400 }).map((raw) => plainText(raw, limits.peer.maxClientNameLength))
  fc.assert(
    fc.property(fc.oneof(bytes, azureus), text, (id, v) => {
      for (const name of Object.values(identifyClient(id, v))) {
        if (name === null) continue
        expect(name).not.toMatch(unprintable)
        expect(name.length).toBeLessThanOrEqual(200)
      }
    }),
  )
})

test.each([
  ["plain", "plain"],
  ["  two \t words\n", "two words"],
  ["\x1b[31mred\x07", "[31mred"],
  ["a\u202eb\u200bc\ufeffd\u2028e", "a b c d e"],
  ["µTorrent 迅雷 🙂", "µTorrent 迅雷 🙂"],
  ["\0\0\0", null],
  ["", null],
])("%j is kept as %j", (raw, kept) => {
  expect(plainText(Buffer.from(raw), 64)).toBe(kept)
})

test("text is cut between characters", () => {
  expect(plainText(Buffer.from("🙂🙂🙂"), 2)).toBe("🙂🙂")
  expect(plainText(Buffer.alloc(1_000_000, "x"), 5)).toBe("xxxxx")
})
