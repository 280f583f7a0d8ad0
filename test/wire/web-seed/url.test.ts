/** BEP 19's and BEP 17's URLs, as the BEPs and libtorrent have them. */
import { describe, expect, test } from "vitest"
import type { File } from "../../../src/evidence.ts"
import { fileUrl, httpUrl, pieceUrl } from "../../../src/wire/web-seed/url.ts"

const file = (path: string): File => ({ path, sizeBytes: 10, firstPiece: 0, lastPiece: 0, pad: false })
const urlOf = (seed: string, name: string, paths: readonly string[], which = 0) => {
  const files = paths.map(file)
  return fileUrl(seed, { name, files }, files[which]!)?.href ?? null
}

describe("a single file", () => {
  test.each([
    ["http://mirror.com/file.exe", "other.exe", "http://mirror.com/file.exe"],
    ["http://mirror.com/pub/", "a file.exe", "http://mirror.com/pub/a%20file.exe"],
    ["http://mirror.com/get?f=1#part", "a", "http://mirror.com/get?f=1"],
    ["https://mirror.com", "a", "https://mirror.com/"],
  ])("%s, %s", (seed, name, expected) => {
    expect(urlOf(seed, name, [name])).toBe(expected)
  })
})

describe("several files", () => {
  test("the BEP's own example", () => {
    expect(urlOf("http://mirror.com/pub/", "michael", ["Readme.txt"])).toBe(
      "http://mirror.com/pub/michael/Readme.txt",
    )
  })

  test.each([
    ["a b/c", "http://m/t/a%20b/c"],
    ["100%/?#.bin", "http://m/t/100%25/%3F%23.bin"],
    ["ü/漢字", "http://m/t/%C3%BC/%E6%BC%A2%E5%AD%97"],
    ["a\\b", "http://m/t/a%5Cb"],
    ["lone \ud800", "http://m/t/lone%20%EF%BF%BD"],
  ])("%s", (path, expected) => {
    expect(urlOf("http://m", "t", [path, "z"])).toBe(expected)
  })

  test.each(["../secret", "a/../../b", ".", "a//b", "", "/etc/passwd"])("%j is not asked for", (path) => {
    expect(urlOf("http://m/", "t", [path, "z"])).toBeNull()
  })

  test.each(["..", ".", "", "a/../b"])("nor anything in a folder named %j", (name) => {
    expect(urlOf("http://m/", name, ["a", "z"])).toBe(name === "a/../b" ? "http://m/a%2F..%2Fb/a" : null)
  })
})

test.each(["ftp://m/", "javascript:alert(1)", "http:", "//m/", "m/file"])("%s is no HTTP URL", (text) => {
  expect(httpUrl(text)).toBeNull()
})

test.each(["http:", "http:/", "https://"])("%s and a name make no host of that name", (seed) => {
  expect(urlOf(seed, "127.0.0.1", ["a", "z"])).toBeNull()
  expect(urlOf(seed, "127.0.0.1", ["127.0.0.1"])).toBeNull()
})

test("BEP 17: the info hash byte by byte, and a part of a piece", () => {
  const hash = Uint8Array.from({ length: 20 }, (_, i) => i * 13)
  const escaped = Array.from(hash, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
  expect(pieceUrl("http://m/seed.php", hash, 3, null)?.href).toBe(
    `http://m/seed.php?info_hash=${escaped}&piece=3`,
  )
  expect(pieceUrl("http://m/?a=b", hash, 8, { offset: 49_152, lengthBytes: 81_920 })?.href).toBe(
    `http://m/?a=b&info_hash=${escaped}&piece=8&ranges=49152-131071`,
  )
})
