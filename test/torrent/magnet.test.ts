import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { InputError } from "../../src/failure.ts"
import { looksLikeInfoHash, parseInfoHash, parseMagnet } from "../../src/torrent/magnet.ts"

const v1 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
const v2 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
const nothing = {
  infoHashV1: null,
  infoHashV2: null,
  name: null,
  trackers: [],
  peers: [],
  webSeeds: [],
}

function refusal(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.message}`
    throw error
  }
  return "accepted"
}

describe("magnet", () => {
  test("with everything", () => {
    const uri = [
      `magnet:?xt=urn:btih:${v1.toUpperCase()}`,
      `xt=urn:btmh:1220${v2}`,
      "dn=Example+OS%2013%2B1",
      "tr=udp%3A%2F%2Ftracker.example%3A80",
      "tr.1=http://b.example/announce?x=1+2",
      "tr=udp%3A%2F%2Ftracker.example%3A80",
      "ws=http%3A%2F%2Fmirror.example%2F",
      "x.pe=203.0.113.7:51413",
      "x.pe=[2001:DB8::7]:6881",
      "x.pe=Seed.example:80",
      "x.pe=nonsense",
      "x.pe=203.0.113.8:0",
      "so=0-2",
      "xl=100",
      "",
      "novalue",
    ].join("&")
    expect(parseMagnet(uri)).toEqual({
      infoHashV1: v1,
      infoHashV2: v2,
      name: "Example OS 13+1",
      trackers: ["udp://tracker.example:80", "http://b.example/announce?x=1+2"],
      peers: ["203.0.113.7:51413", "[2001:db8::7]:6881", "seed.example:80"],
      webSeeds: ["http://mirror.example/"],
    })
  })

  test("btih in base32, which RFC 4648 writes in capitals and people in any", () => {
    const base32 = "T6DNBAMIJR6WLGRP5KQMKWWQCWR36TY3"
    expect(parseMagnet(`magnet:?xt=urn:btih:${base32}`)).toEqual({ ...nothing, infoHashV1: v1 })
    expect(parseMagnet(`MAGNET:?XT=URN:BTIH:${base32.toLowerCase()}`)).toEqual({ ...nothing, infoHashV1: v1 })
    expect(parseInfoHash("A".repeat(32)).infoHashV1).toBe("0".repeat(40))
  })

  test.each([
    ["1.2.3.4:5", ["1.2.3.4:5"]],
    ["%5B2001%3ADB8%3A%3A8%5D%3A1", ["[2001:db8::8]:1"]],
    ["[::ffff:1.2.3.4]:5&x.pe=1.2.3.4:5", ["1.2.3.4:5"]],
    ["2001:db8::7:6881", []],
    ["[2001:db8::7]", []],
    ["[fe80::1%25eth0]:1", []],
    ["1.2.3.4", []],
    ["1.2.3.4:0", []],
    ["1.2.3.4:65536", []],
    ["1.2.3.04:5", []],
    ["1.2.3:5", []],
    ["0x7f000001:5", []],
    ["2130706433:5", []],
    ["SEED.example:80&x.pe=seed.example:80&x.pe=seed.example:81", ["seed.example:80", "seed.example:81"]],
    ["localhost:80", ["localhost:80"]],
    ["a b:80", []],
    ["user@seed.example:80", []],
    ["http://seed.example:80", []],
    [`${"a".repeat(64)}.example:80`, []],
    ["-a.example:80", []],
  ])("x.pe=%s", (text, peers) => {
    expect(parseMagnet(`magnet:?xt=urn:btih:${v1}&x.pe=${text}`).peers).toEqual(peers)
  })

  test("of a hybrid torrent names it by both hashes, in any order and numbered", () => {
    const both = { ...nothing, infoHashV1: v1, infoHashV2: v2 }
    expect(parseMagnet(`magnet:?xt=urn:btih:${v1}&xt=urn:btmh:1220${v2}`)).toEqual(both)
    expect(parseMagnet(`magnet:?xt.1=urn%3Abtmh%3A1220${v2}&xt.2=urn%3Abtih%3A${v1}`)).toEqual(both)
  })

  test("with files to select (BEP 53): the whole torrent is meant all the same", () => {
    expect(parseMagnet(`magnet:?xt=urn:btih:${v1}&so=0,2,4-6`)).toEqual({ ...nothing, infoHashV1: v1 })
  })

  test("btmh alone", () => {
    expect(parseMagnet(`magnet:?xt=urn:btmh:1220${v2}`)).toEqual({ ...nothing, infoHashV2: v2 })
  })

  test("copied from a page's source", () => {
    expect(parseMagnet(`magnet:?dn=x&amp;xt=urn:btih:${v1}&amp;tr=udp://a:1`)).toMatchObject({
      infoHashV1: v1,
      name: "x",
      trackers: ["udp://a:1"],
    })
  })

  test.each([
    ["magnet:", "bad-magnet: magnet has no `?`"],
    ["magnet:?", "bad-magnet: magnet has no btih/btmh"],
    ["magnet:?dn=x", "bad-magnet: magnet has no btih/btmh"],
    ["magnet:?xt=urn:ed2k:abc", "bad-magnet: magnet has no btih/btmh"],
    [`magnet:?xt=urn:btih:${v1.slice(1)}`, "bad-hash: info-hash has 39 hex digits"],
    ["magnet:?xt=urn:btih:", "bad-hash: info-hash has 0 hex digits"],
    [`magnet:?xt=urn:btih:g${v1.slice(1)}`, 'bad-hash: info-hash has "g" at position 1: not a hex digit'],
    [`magnet:?xt=urn:btmh:1114${v1}`, "bad-hash: btmh is not a SHA-256 multihash"],
    [`magnet:?xt=urn:btmh:1220${v1}`, "bad-hash: info-hash has 40 hex digits"],
    [
      `magnet:?xt=urn:btih:${v1}&xt=urn:btih:${v2.slice(24)}`,
      "bad-magnet: magnet names two different info hashes",
    ],
    [`magnet:?xt=urn:btih:${v1}&dn=%zz`, 'bad-magnet: magnet has bad percent-encoding in "dn": %zz'],
    [`magnet:?xt=urn:btih:${v1}&dn=100%`, 'bad-magnet: magnet has bad percent-encoding in "dn": %'],
    [
      `magnet:?xt=urn:btih:${v1}&dn=%ff`,
      'bad-magnet: magnet has bad percent-encoding in "dn": bytes that are not UTF-8',
    ],
  ])("%s", (uri, message) => expect(refusal(() => parseMagnet(uri))).toBe(message))

  test("the same hash twice is one", () => {
    expect(parseMagnet(`magnet:?xt=urn:btih:${v1}&xt=urn:btih:${v1.toUpperCase()}`).infoHashV1).toBe(v1)
  })

  test("any text is read or refused", () => {
    const part = fc.constantFrom(
      "xt=",
      "xt.1=",
      "urn:btih:",
      "urn:btmh:1220",
      v1,
      v2,
      "&",
      "%",
      "%4",
      "=",
      "x.pe=",
      "[::1]:1",
      "é",
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 8 }), (parts) => {
        expect(refusal(() => parseMagnet(`magnet:?${parts.join("")}`))).toMatch(
          /^accepted$|^bad-(magnet|hash): /,
        )
      }),
      { numRuns: 1_000 },
    )
  })
})

describe("info hash", () => {
  test("v1 and v2, in lower case", () => {
    expect(parseInfoHash(v1.toUpperCase())).toEqual({ ...nothing, infoHashV1: v1 })
    expect(parseInfoHash(v2.toUpperCase())).toEqual({ ...nothing, infoHashV2: v2 })
  })

  test.each([
    [v1.slice(1), "bad-hash: info-hash has 39 hex digits"],
    [`${v1}0`, "bad-hash: info-hash has 41 hex digits"],
    [v2.slice(1), "bad-hash: info-hash has 63 hex digits"],
    ["", "bad-hash: info-hash has 0 hex digits"],
    [`${v1} `, 'bad-hash: info-hash has " " at position 41: not a hex digit'],
  ])("%s", (text, message) => expect(refusal(() => parseInfoHash(text))).toBe(message))

  test("what to take for one", () => {
    for (const text of [v1, v2, v1.slice(1), "A".repeat(32)]) expect(looksLikeInfoHash(text)).toBe(true)
    for (const text of ["", "cafe", "x.torrent", `${v1}.torrent`, `./${v1}`])
      expect(looksLikeInfoHash(text)).toBe(false)
  })
})
