import { expect, test } from "vitest"
import { decode, spanOf } from "../../src/torrent/bencode.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"

const bytes = (text: string): Uint8Array => Buffer.from(text)

test("values that nobody wants are checked, and not built", () => {
  const wanted = new Map([
    ["a", null],
    ["l", new Map([["k", null]])],
  ])
  const decoded = decode(bytes("d1:ai1e1:bl0:d1:xi2eee1:lld1:j1:x1:ki3eeee"), { wanted })
  expect(decoded).toMatchObject({ ok: true, end: 42 })
  expect(decoded.ok && decoded.value).toEqual(
    new Map<string, unknown>([
      ["a", 1],
      ["l", [new Map([["k", 3]])]],
    ]),
  )
  expect(decode(bytes("d1:ai1e1:bl0:d1:xi2ee"), { wanted })).toMatchObject({ ok: false })
})

test("a key is found behind any others", () => {
  const before = Array.from(
    { length: 50_000 },
    (_, at) => `8:${String(at).padStart(8, "0")}d1:xl1:yi-5eee`,
  ).join("")
  const text = `d${before}4:infod1:a1:bee`
  expect(spanOf(bytes(text), "info")).toEqual({ start: 1 + before.length + 6, end: text.length - 1 })
})

test("five million values under a key that nobody reads cost nothing", () => {
  const torrent = "d4:infod6:lengthi100e4:name1:a12:piece lengthi65536e6:pieces20:aaaaaaaaaaaaaaaaaaaae"
  const before = process.memoryUsage().heapUsed
  const { torrent: read } = parseMetainfo(bytes(`${torrent}2:zzl${"de".repeat(1_000_000)}ee`))
  expect(read.name).toBe("a")
  // As maps they would take 200 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1_048_576)
})
