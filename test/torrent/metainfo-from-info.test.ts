import { createHash, randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { InputError } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import { decode, encode, spanOf, type Encodable } from "../../src/torrent/bencode.ts"
import { parseMagnet, type Magnet } from "../../src/torrent/magnet.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { metainfoFromInfo } from "../../src/torrent/metainfo-from-info.ts"
import { pieceRoot } from "../../src/torrent/v2-pieces.ts"

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/torrents/${name}`, import.meta.url)))
const expected = JSON.parse(Buffer.from(fixture("expected.json")).toString()) as Record<
  string,
  { libtorrent: { infoHashV1: string | null; infoHashV2: string | null } }
>
const v1Fixtures = Object.entries(expected)
  .filter(([, { libtorrent }]) => libtorrent.infoHashV1 !== null)
  .map(([file, { libtorrent }]) => ({ ...libtorrent, file }))

const infoOf = (torrent: Uint8Array): Uint8Array => {
  const span = spanOf(torrent, "info")
  if (span === null) throw new TypeError("no info")
  return torrent.slice(span.start, span.end)
}
const magnet = (over: Partial<Magnet> = {}): Magnet => ({
  infoHashV1: "00".repeat(20),
  infoHashV2: null,
  name: null,
  trackers: [],
  peers: [],
  webSeeds: [],
  ...over,
})
const smallInfo = (over: Record<string, Encodable> = {}): Uint8Array =>
  encode({ length: 20_000, name: "x", "piece length": 16_384, pieces: new Uint8Array(40), ...over })

function refusal(info: Uint8Array): string {
  try {
    metainfoFromInfo(info, magnet())
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.message}`
    throw error
  }
  return "accepted"
}

describe("the same as of a .torrent", () => {
  test.each(v1Fixtures)("$file", ({ file, infoHashV1, infoHashV2 }) => {
    const info = infoOf(fixture(file))
    const link = parseMagnet(
      `magnet:?xt=urn:btih:${infoHashV1}&tr=http://a/announce&tr=udp://b:1&ws=http://c/${infoHashV2 === null ? "" : `&xt=urn:btmh:1220${infoHashV2}`}`,
    )
    // The bytes of info as they stand in the file: odd ones must keep their hash.
    const torrent = Buffer.concat([
      Buffer.from("d13:announce-listll17:http://a/announceel9:udp://b:1ee4:info"),
      info,
      Buffer.from("8:url-listl9:http://c/ee"),
    ])
    const { defects, ...direct } = metainfoFromInfo(info, link)
    const { defects: ofFile, ...parsed } = parseMetainfo(torrent)
    const { v2, ...likewise } = direct
    const { v2: ofLayers, ...parsedLikewise } = parsed
    expect(likewise).toEqual(parsedLikewise)
    expect(v2?.pieceRoots.length).toBe(ofLayers?.pieceRoots.length)
    // The places of irregular bytes are counted from the start of what was read.
    const unplaced = (lines: string[]) => lines.map((line) => line.replace(/byte \d+/, "byte"))
    expect(unplaced(defects)).toEqual(unplaced(ofFile.filter((line) => !line.includes("piece layers"))))
    expect(direct.torrent.infoHashV1).toBe(infoHashV1)
  })
})

test("each tracker is a tier of its own, and only the link says where peers are", () => {
  const link = magnet({
    trackers: ["http://a/", "udp://b:1", "http://a/"],
    webSeeds: ["http://m/"],
    peers: ["1.2.3.4:5"],
  })
  const metainfo = metainfoFromInfo(smallInfo(), link)
  expect(metainfo).toMatchObject({
    tiers: [["http://a/"], ["udp://b:1"]],
    webSeeds: [{ url: "http://m/", bep: 19 }],
    nodes: [],
    comment: null,
    createdBy: null,
    createdAt: null,
  })
})

test("private metadata says so, and that without trackers nobody is found", () => {
  const { torrent, defects } = metainfoFromInfo(smallInfo({ private: 1 }), magnet())
  expect(torrent.private).toBe(true)
  expect(defects).toContain("private, and without a tracker: nobody can be found")
})

test("trackers inside info are no trackers", () => {
  expect(metainfoFromInfo(smallInfo({ announce: "http://a/", nodes: [["a", 1]] }), magnet())).toMatchObject({
    tiers: [],
    nodes: [],
  })
})

describe("a link that names two torrents", () => {
  const line = "the magnet's btmh names another torrent than its btih"
  test("is told from one that names a hybrid by both hashes", () => {
    const info = infoOf(fixture("multi-hybrid.torrent"))
    const infoHashV1 = createHash("sha1").update(info).digest("hex")
    const infoHashV2 = createHash("sha256").update(info).digest("hex")
    const another = "ab".repeat(32)
    const defects = (over: Partial<Magnet>, of = info) => metainfoFromInfo(of, magnet(over)).defects
    expect(defects({ infoHashV1, infoHashV2 })).not.toContain(line)
    expect(defects({ infoHashV1, infoHashV2: another })).toContain(line)
    expect(defects({ infoHashV2 })).toContain(line)
    expect(defects({ infoHashV2 }, smallInfo())).toContain(line)
    expect(defects({ infoHashV1: null, infoHashV2 })).not.toContain(line)
  })
})

describe("v2 metadata", () => {
  test("knows the pieces of files no larger than a piece, and no others", () => {
    const metainfo = metainfoFromInfo(infoOf(fixture("v2/v2-nested.torrent")), magnet({ infoHashV1: null }))
    const file = parseMetainfo(fixture("v2/v2-nested.torrent"))
    expect(metainfo.torrent).toEqual(file.torrent)
    expect(metainfo.infoHash).toEqual(file.infoHash)
    expect(metainfo.defects).toEqual([])
    const [direct, whole] = [metainfo.v2!, file.v2!]
    for (const { firstPiece, lastPiece } of file.torrent.files)
      for (let piece = firstPiece; piece <= lastPiece; piece++)
        expect(pieceRoot(direct, piece)).toEqual(firstPiece === lastPiece ? pieceRoot(whole, piece) : null)
    expect(file.torrent.files.filter(({ firstPiece, lastPiece }) => firstPiece < lastPiece).length).toBe(3)
  })
})

describe("hostile metadata", () => {
  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "truncated: torrent ends early at byte 0"],
    ["a list", Buffer.from("le"), "bad-metainfo: not a usable torrent: the metadata is not a dictionary"],
    ["cut", smallInfo().subarray(0, 50), "truncated: torrent ends early at byte 50"],
    [
      "followed by more",
      Buffer.concat([smallInfo(), Buffer.from("e")]),
      "bad-metainfo: not a usable torrent: the metadata goes on after its end",
    ],
    [
      "followed by other keys",
      Buffer.concat([smallInfo(), Buffer.from("8:url-list4:http")]),
      "bad-metainfo: not a usable torrent: the metadata goes on after its end",
    ],
    [
      "too deep",
      Buffer.from("d1:a".repeat(200)),
      `bad-metainfo: nested deeper than ${limits.metainfo.maxDepth} levels at offset 400`,
    ],
    ["an absurd length", smallInfo({ length: 2 ** 52 }), "bad-pieces: 2 hashes for 274877906944 pieces"],
    ["no pieces", encode({ length: 1, name: "x", "piece length": 1 }), "bad-pieces: no `pieces`"],
    [
      "newer than v2",
      smallInfo({ "meta version": 3 }),
      "unsupported: this torrent has meta version 3, which is newer than BEP 52's",
    ],
    [
      "too long",
      new Uint8Array(limits.metainfo.maxBytes + 1),
      `bad-metainfo: not a usable torrent: the metadata has ${limits.metainfo.maxBytes + 1} bytes: more than ${limits.metainfo.maxBytes}`,
    ],
  ])("%s", (_, info, message) => expect(refusal(info)).toBe(message))

  test("whatever is done to it, it is read or refused", () => {
    const info = smallInfo({ files: [{ length: 20_000, path: ["a"] }] })
    fc.assert(
      fc.property(fc.nat(info.length - 1), fc.nat(255), (at, byte) => {
        const bytes = info.slice()
        bytes[at] = byte
        expect(refusal(bytes)).toMatch(/^(accepted$|[a-z-]+: )/)
      }),
      { numRuns: 2_000 },
    )
    expect(refusal(randomBytes(1_000))).not.toBe("accepted")
    expect(decode(info).ok).toBe(true)
  })
})
