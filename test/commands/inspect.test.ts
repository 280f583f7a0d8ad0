import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { run } from "../../src/commands/inspect.ts"
import { visible } from "../../src/commands/inspect/text.ts"
import stringWidth from "../../src/render/string-width.cjs"
import { encode } from "../../src/torrent/bencode.ts"

const look = { json: false, color: false, ascii: false, columns: 80 }
const read = (name: string) =>
  readFile(fileURLToPath(new URL(`../../fixtures/torrents/${name}`, import.meta.url)))
const unread = () => Promise.reject(new Error("must not be read"))
const magnet =
  "magnet:?xt=urn:btih:febb7bcebe4e8a3260537145ca527ade5dff6c6d&dn=x&tr=https://t.example/0123456789abcdef0123456789abcdef/announce&x.pe=203.0.113.7:80"

test("a torrent that says all it can", async () => {
  expect(await run("multi-v1-private.torrent", look, read)).toBe(`set  110 KiB  7 × 16 KiB
  info hash  9549eff28471a129ceed5a9475a28e534f61d827
  private    yes: peers come from its trackers only
  created    2026-03-14 09:15 UTC by libtorrent 2.0.8
  comment    made for tests

TRACKERS  3 in 2 tiers
  1  http://tracker.example.org:6969/announce
     udp://bt2.example.org:6969
  2  https://old.example.net/***/announce

WEB SEEDS  2
  https://mirror.example.org/files/
  http://seed.example.org/seed.php  (BEP 17)

DHT NODES  2
  dht.example.org:6881
  [2001:db8::7]:6881

FILES  4
  2.93 KiB  readme.txt
  39.1 KiB  größe.dat
  68.4 KiB  docs/part one.bin
       0 B  docs/empty

DEFECTS  1
  ▲ private, and yet names DHT nodes
`)
})

test("a hybrid, its padding counted and not listed", async () => {
  expect(await run("multi-hybrid.torrent", { ...look, ascii: true }, read)).toBe(`set  144 KiB  9 x 16 KiB
  info hash  cf3ff86072249c4a30fc6ac7ceb6c5f53e6f5fc7
  v2 hash    d614ec4835c1067bcc733f529ca0312aab4ff9efd05e7f7edd0f054b05b29008
  version    hybrid of v1 and v2 (BEP 52)
  private    no
  created    2026-03-14 09:15 UTC

TRACKERS  none

FILES  4, and 3 pad files of 33.6 KiB in all
       0 B  docs/empty
  68.4 KiB  docs/part one.bin
  39.1 KiB  größe.dat
  2.93 KiB  readme.txt
`)
})

test("v2 only: whole files, and no padding", async () => {
  expect(await run("v2/v2-nested.torrent", look, read)).toBe(`nested  214 KiB  11 × 32 KiB
  v2 hash    29e9565301c364f4aa1251402391c1913bf47ea49cbe8e0ecc94f7d9f9d36f44
  version    v2 only (BEP 52)
  private    no

TRACKERS  none

FILES  6
  68.4 KiB  a/deep/one.bin
       0 B  a/empty
    16 KiB  a/two.bin
  97.7 KiB  b.bin
       5 B  b.bin.txt
  32.0 KiB  c/three.bin
`)
  const json = JSON.parse(await run("v2/v2-nested.torrent", { ...look, json: true }, read))
  expect(json).toMatchObject({
    torrent: {
      infoHashV1: null,
      infoHashV2: "29e9565301c364f4aa1251402391c1913bf47ea49cbe8e0ecc94f7d9f9d36f44",
    },
  })
  expect(json).not.toHaveProperty("v2")
})

test("v2 magnets and info hashes", async () => {
  const v2 = "29e9565301c364f4aa1251402391c1913bf47ea49cbe8e0ecc94f7d9f9d36f44"
  const shown = `(no name)
  v2 hash    ${v2}
  version    v2, or a hybrid's v2 half (BEP 52)
`
  expect(await run(v2, look, unread)).toBe(shown)
  expect(await run(`magnet:?xt=urn:btmh:1220${v2}`, look, unread)).toBe(shown)
})

test("a magnet link, without reading anything", async () => {
  expect(await run(magnet, look, unread)).toBe(`x
  info hash  febb7bcebe4e8a3260537145ca527ade5dff6c6d

TRACKERS  1
  https://t.example/***/announce

PEERS  1
  203.0.113.7:80
`)
})

test("an info hash", async () => {
  expect(await run("FEBB7BCEBE4E8A3260537145CA527ADE5DFF6C6D", look, unread)).toBe(`(no name)
  info hash  febb7bcebe4e8a3260537145ca527ade5dff6c6d
`)
  await expect(run("febb7bcebe4e8a3260537145ca527ade5dff6c6", look, unread)).rejects.toMatchObject({
    code: "bad-hash",
  })
})

test("refusals name the file", async () => {
  const page = () => Promise.resolve(Buffer.from("<html>"))
  await expect(run("a/x.torrent", look, page)).rejects.toMatchObject({
    code: "is-html",
    message: "a/x.torrent is a web page",
  })
  await expect(run("-", look, page)).rejects.toMatchObject({ message: "standard input is a web page" })
})

describe("--json", () => {
  test("one document, passkeys masked", async () => {
    const text = await run("multi-v1-private.torrent", { ...look, json: true }, read)
    expect(text).not.toContain("0123456789abcdef")
    expect(JSON.parse(text)).toMatchObject({
      kind: "torrent",
      torrent: {
        name: "set",
        infoHashV1: "9549eff28471a129ceed5a9475a28e534f61d827",
        private: true,
        pieceCount: 7,
      },
      tiers: [
        ["http://tracker.example.org:6969/announce", "udp://bt2.example.org:6969"],
        ["https://old.example.net/***/announce"],
      ],
      webSeeds: [
        { url: "https://mirror.example.org/files/", bep: 19 },
        { url: "http://seed.example.org/seed.php", bep: 17 },
      ],
      nodes: ["dht.example.org:6881", "[2001:db8::7]:6881"],
      defects: ["private, and yet names DHT nodes"],
    })
    expect(JSON.parse(await run(magnet, { ...look, json: true }, unread))).toEqual({
      kind: "magnet",
      infoHashV1: "febb7bcebe4e8a3260537145ca527ade5dff6c6d",
      infoHashV2: null,
      name: "x",
      trackers: ["https://t.example/***/announce"],
      peers: ["203.0.113.7:80"],
      webSeeds: [],
    })
  })

  test("holds nothing that a terminal obeys, and keeps every character", async () => {
    const text = await run("hostile-paths.torrent", { ...look, json: true }, read)
    expect(text).toMatch(/^[\n\x20-\x7e]*$/)
    expect(text).toContain("a\\u001b[31m\\u202ered.txt")
    const { torrent } = JSON.parse(text) as { torrent: { files: { path: string }[] } }
    expect(torrent.files[2]?.path).toBe("a\u001b[31m\u202ered.txt")
  })
})

describe("hostile text", () => {
  test("controls and direction marks are shown as escapes", async () => {
    const text = await run("hostile-paths.torrent", look, read)
    expect(text).toContain("  9.77 KiB  a\\x1b[31m\\u{202e}red.txt\n")
    expect(text).not.toMatch(/[^\n\P{C}]/u)
    expect(visible("a\nb\tc\u0085\u2028\u200b\ud800")).toBe("a\\x0ab\\x09c\\x85\\u{2028}\\u{200b}\\u{d800}")
    expect(visible(`e${"\u0301".repeat(500)}x`)).toBe("e\u0301\u0301\u0301x")
  })

  const long = (columns: number) =>
    run("x", { ...look, columns }, () =>
      Promise.resolve(
        encode({
          announce: `http://tracker.example/${"a".repeat(19)}/${"b/".repeat(100)}`,
          comment: "words and words ".repeat(20) + "日本語".repeat(40),
          "created by": "\u001b]0;title\u0007",
          info: {
            name: "長い名前".repeat(30),
            files: Array.from({ length: 30 }, (_, i) => ({
              length: 1_000 * i,
              path: ["深い".repeat(20), `${"n".repeat(50)}${i}.bin`],
            })),
            "piece length": 16_384,
            pieces: new Uint8Array(27 * 20),
          },
        }),
      ),
    )

  test.each([40, 80, 120])("no line is wider than %i columns", async (columns) => {
    const lines = (await long(columns)).split("\n")
    expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([])
    expect(lines).toContain("  … 10 more; --json lists all")
    expect(lines.some((line) => /^ +\d.* KiB {2}深い.*….*\.bin$/.test(line))).toBe(true)
  })
})

test("colour is asked for, never assumed", async () => {
  expect(await run("odd-two-infos.torrent", { ...look, color: true }, read)).toContain(
    "\u001b[33m▲ \u001b[39m",
  )
  expect(await run("odd-two-infos.torrent", look, read)).not.toContain("\u001b")
})
