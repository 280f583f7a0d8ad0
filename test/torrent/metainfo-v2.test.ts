/** BEP 52 torrents, as libtorrent 2.0.8 made and reads them, and broken ones. */
import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { torrent as torrentSchema } from "../../src/evidence.ts"
import { InputError } from "../../src/failure.ts"
import { decode, encode, type BencodeValue } from "../../src/torrent/bencode.ts"
import { leafHash } from "../../src/torrent/merkle.ts"
import { parseMetainfo, pieceLength, type Metainfo } from "../../src/torrent/metainfo.ts"
import {
  blockProofRequest,
  learnPieceRoots,
  pieceRoot,
  pieceRootRequest,
  pieceWidth,
  provesBlock,
  v2PieceLength,
} from "../../src/torrent/v2-pieces.ts"
import { contentOf, layersOf, v2Torrent, type V2Fields } from "../support/v2-torrent.ts"

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/torrents/v2/${name}`, import.meta.url)))

interface Expected {
  infoHashV1: string | null
  infoHashV2: string
  name: string
  pieceBytes: number
  pieceCount: number
  files: { path: string; sizeBytes: number; root: string; pad: boolean; firstPiece: number | null }[]
  /** Roots → `piece layers`, in hex. */
  layers: Record<string, string>
}
const expected = JSON.parse(Buffer.from(fixture("expected.json")).toString()) as Record<string, Expected>

function refusal(bytes: Uint8Array): string {
  try {
    parseMetainfo(bytes, "x.torrent")
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.message} / ${error.hint}`
    throw error
  }
  return "accepted"
}

describe.each(Object.entries(expected))("%s, as libtorrent reads it", (file, facts) => {
  const metainfo = parseMetainfo(fixture(file))
  const { torrent, v2 } = metainfo
  const single = torrent.files.length === 1
  const real = facts.files.filter(({ pad }) => !pad)

  test("hashes, names, sizes, roots and places", () => {
    expect(torrentSchema.parse(torrent)).toEqual(torrent)
    const { infoHashV1, infoHashV2, name, pieceBytes, pieceCount } = facts
    expect(torrent).toMatchObject({ infoHashV1, infoHashV2, name, pieceBytes, pieceCount, private: false })
    expect(Buffer.from(metainfo.infoHash).toString("hex")).toBe(infoHashV1 ?? infoHashV2.slice(0, 40))
    expect(metainfo.pieceHashes.length).toBe(infoHashV1 === null ? 0 : 20 * pieceCount)
    expect(metainfo.defects).toEqual([])
    const listed = torrent.files.filter(({ pad }) => !pad)
    expect(
      listed.map(({ path, sizeBytes, piecesRoot = "0".repeat(64), firstPiece, lastPiece }) => ({
        path: single ? path : `${name}/${path}`,
        sizeBytes,
        root: piecesRoot,
        firstPiece: lastPiece < firstPiece ? null : firstPiece,
        pad: false,
      })),
    ).toEqual(real)
    expect(torrent.files.some(({ pad }) => pad)).toBe(
      infoHashV1 !== null && facts.files.some(({ pad }) => pad),
    )
    const sum = (files: readonly { sizeBytes: number }[]) =>
      files.reduce((all, each) => all + each.sizeBytes, 0)
    expect(torrent.sizeBytes).toBe(sum(infoHashV1 === null ? real : facts.files))
  })

  test("the root of every piece", () => {
    for (const { sizeBytes, root, firstPiece } of real) {
      if (firstPiece === null) continue
      const layer = facts.layers[root] ?? root
      const count = Math.ceil(sizeBytes / facts.pieceBytes)
      for (let i = 0; i < count; i++) {
        const found = pieceRoot(v2!, firstPiece + i)
        expect(Buffer.from(found!).toString("hex")).toBe(layer.slice(64 * i, 64 * (i + 1)))
        const left = Math.min(facts.pieceBytes, sizeBytes - i * facts.pieceBytes)
        expect(v2PieceLength(v2!, firstPiece + i)).toBe(left)
        // v1 pieces have their padding.
        const padded = facts.files.length > 1 && facts.infoHashV1 !== null
        expect(pieceLength(torrent, firstPiece + i)).toBe(padded ? facts.pieceBytes : left)
      }
    }
    expect(() => v2!.fileOf(facts.pieceCount)).toThrow(RangeError)
    expect(() => v2!.fileOf(-1)).toThrow(RangeError)
    expect(pieceLength(torrent, facts.pieceCount)).toBe(0)
  })

  test.each(["piece layers known", "from metadata, without them"])("every block is proven: %s", (how) => {
    const known: Metainfo = how.startsWith("from")
      ? { ...metainfo, v2: { ...v2!, pieceRoots: singles(metainfo) } }
      : metainfo
    const proven = proveAll(known, (path, size) => contentOf(single ? facts.name : path, size))
    expect(proven.length).toBe(real.reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / 16_384), 0))
    for (const each of proven) expect(each).toMatchObject({ rightAndAsked: !each.rightUnasked, wrong: false })
  })
})

/** Of the pieces of files that have no more than one. */
function singles({ torrent, v2 }: Metainfo): Uint8Array {
  const roots = v2!.pieceRoots.slice()
  for (const { firstPiece, lastPiece, pad } of torrent.files)
    if (!pad && firstPiece < lastPiece) roots.fill(0, 32 * firstPiece, 32 * (lastPiece + 1))
  return roots
}

interface Proven {
  block: number
  rightAndAsked: boolean
  rightUnasked: boolean
  /** Taken for right, though the block, or the proof, is not. */
  wrong: boolean
}

/** Of each block of the torrent, asked of a peer that has everything. */
function proveAll(
  { torrent, v2 }: Metainfo,
  content: (path: string, sizeBytes: number) => Uint8Array,
): Proven[] {
  return torrent.files
    .filter(({ pad }) => !pad)
    .flatMap(({ path, sizeBytes, firstPiece }) => {
      const bytes = content(path, sizeBytes)
      const layers = layersOf(bytes)
      return Array.from({ length: Math.ceil(sizeBytes / 16_384) }, (_, i): Proven => {
        const piece = firstPiece + Math.floor((i * 16_384) / torrent.pieceBytes)
        const block = i % (torrent.pieceBytes / 16_384)
        const leaf = leafHash(bytes.subarray(i * 16_384, (i + 1) * 16_384))
        const other = leafHash(contentOf("wrong", 16_384))
        const range = blockProofRequest(v2!, piece, block)
        const hashes = range && answerTo(range, layers)
        const proves = (of: Uint8Array, by: Uint8Array | null) =>
          provesBlock(v2!, { piece, block }, of, range && by && { range, hashes: by })
        const forged = hashes?.map((byte, at) => (at === hashes.length - 1 ? byte ^ 1 : byte)) ?? null
        return {
          block: i,
          rightAndAsked: range !== null && proves(leaf, hashes),
          rightUnasked: proves(leaf, null),
          wrong: proves(other, hashes) || proves(other, null) || (forged !== null && proves(leaf, forged)),
        }
      })
    })
}

function answerTo(
  { baseLayer, index, length, proofLayers }: NonNullable<ReturnType<typeof blockProofRequest>>,
  layers: readonly Buffer[][],
): Buffer {
  const hashes = layers[baseLayer]!.slice(index, index + length)
  for (let layer = 1, place = index >> 1; layer <= proofLayers; layer++, place >>= 1)
    if (layer >= Math.log2(length)) hashes.push(layers[baseLayer + layer]![place ^ 1]!)
  return Buffer.concat(hashes)
}

describe("piece roots that peers tell", () => {
  const content = contentOf("several.bin", 150_001)
  const whole = parseMetainfo(fixture("v2-several.torrent"))
  const unknown = () => ({ ...whole.v2!, pieceRoots: singles(whole) })

  test("are learned two at a time, from a proof to the file's root", () => {
    const v2 = unknown()
    for (const piece of [3, 0, 4, 2, 1]) {
      const request = pieceRootRequest(v2, piece)
      const learned = request && learnPieceRoots(v2, piece, request, answerTo(request, layersOf(content)))
      expect(learned).toBe([3, 0, 4].includes(piece) ? true : null)
      expect(pieceRoot(v2, piece)).not.toBeNull()
    }
    expect(v2.pieceRoots).toEqual(whole.v2!.pieceRoots)
  })

  test("and not from anything else", () => {
    const v2 = unknown()
    const request = pieceRootRequest(v2, 2)!
    const right = answerTo(request, layersOf(content))
    const wrong = right.map((byte, i) => (i === 40 ? byte ^ 1 : byte))
    expect(learnPieceRoots(v2, 2, request, wrong)).toBe(false)
    expect(learnPieceRoots(v2, 2, { ...request, proofLayers: 0 }, right.subarray(0, 64))).toBe(false)
    expect(learnPieceRoots(v2, 2, { ...request, baseLayer: 0 }, right)).toBe(false)
    expect(learnPieceRoots(v2, 0, request, right)).toBe(false)
    expect(learnPieceRoots(v2, 2, { ...request, index: request.index + 8 }, right)).toBe(false)
    expect(v2.pieceRoots.every((byte) => byte === 0)).toBe(true)
  })
})

test("a file smaller than a piece has a tree of its own width", () => {
  const { v2 } = parseMetainfo(v2Torrent({ files: { a: contentOf("a", 40_000) }, pieceBytes: 131_072 }))
  expect(pieceWidth(v2!, 0)).toBe(4)
  expect(blockProofRequest(v2!, 0, 2)).toMatchObject({ baseLayer: 0, index: 2, length: 2, proofLayers: 1 })
})

test("identical files share a layer", () => {
  const same = contentOf("same", 70_000)
  const { torrent, v2, defects } = parseMetainfo(v2Torrent({ files: { a: same, b: same } }))
  expect(torrent.files.map(({ firstPiece }) => firstPiece)).toEqual([0, 3])
  expect(pieceRoot(v2!, 3)).toEqual(pieceRoot(v2!, 0))
  expect(defects).toEqual([])
})

const files = {
  "d/one": contentOf("one", 70_000),
  "d/two": contentOf("two", 5),
  e: new Uint8Array(),
  f: contentOf("f", 40_000),
}

type Changeable = Map<string, BencodeValue>

/** The torrent with one thing about it changed. */
function changed(how: (top: Changeable, info: Changeable) => void, fields: Partial<V2Fields> = {}) {
  const decoded = decode(v2Torrent({ files, ...fields }))
  if (!decoded.ok) throw new TypeError("not bencode")
  const top = decoded.value as Changeable
  how(top, top.get("info") as Changeable)
  return encode(top)
}
const dictionary = (value: unknown) => value as Changeable
const node = (info: Changeable, ...path: string[]) =>
  path.reduce((at, element) => dictionary(at.get(element)), dictionary(info.get("file tree")))

describe("broken ones", () => {
  const rebuild = "Rebuild the torrent."
  const text = (value: string) => new Uint8Array(Buffer.from(value))
  test.each<[string, (top: Changeable, info: Changeable) => void, string]>([
    [
      "of a newer version",
      (_, info) => info.set("meta version", 3),
      "unsupported: this torrent has meta version 3, which is newer than BEP 52's / A torrent of version 1 or 2 of the same files can be audited.",
    ],
    [
      "without its version",
      (_, info) => info.delete("meta version"),
      `bad-metainfo: not a usable torrent: a \`file tree\` without \`meta version\` 2 / ${rebuild}`,
    ],
    [
      "without a tree",
      (_, info) => info.delete("file tree"),
      `bad-metainfo: not a usable torrent: \`meta version\` is 2, and there is no \`file tree\` / ${rebuild}`,
    ],
    [
      "with a tree that is a file",
      (_, info) => node(info).set("", new Map([["length", 5]])),
      `bad-metainfo: not a usable torrent: its \`file tree\` is a file itself / ${rebuild}`,
    ],
    [
      "with a file that is a directory",
      (_, info) => node(info, "f").set("g", new Map()),
      `bad-metainfo: not a usable torrent: "f" in the \`file tree\` is a file and a directory / ${rebuild}`,
    ],
    [
      "with an empty name in it",
      (_, info) => node(info).set("g", new Map([["", new Map([["a", new Map()]])]])),
      `bad-metainfo: not a usable torrent: no \`length\` for "g" / ${rebuild}`,
    ],
    [
      "with a file that is a number",
      (_, info) => node(info).set("f", 5),
      `bad-metainfo: not a usable torrent: "f" in the \`file tree\` is not a dictionary / ${rebuild}`,
    ],
    [
      "with a file without properties",
      (_, info) => node(info, "f").set("", 5),
      `bad-metainfo: not a usable torrent: "f" in the \`file tree\` has no properties / ${rebuild}`,
    ],
    [
      "with a negative size",
      (_, info) => node(info, "f", "").set("length", -1),
      `bad-metainfo: not a usable torrent: bad \`length\` for "f" / ${rebuild}`,
    ],
    [
      "with sizes that add up to too much",
      (_, info) => node(info, "f", "").set("length", 2 ** 53 - 1),
      `bad-metainfo: not a usable torrent: the file sizes add up to more than 2⁵³ bytes / ${rebuild}`,
    ],
    [
      "with too many pieces",
      (_, info) => node(info, "f", "").set("length", 2 ** 50),
      "bad-metainfo: 34359738372 pieces: more than the 2000000 that are read / Rebuild the torrent with longer pieces.",
    ],
    [
      "without a root",
      (_, info) => node(info, "f", "").delete("pieces root"),
      `bad-metainfo: not a usable torrent: no \`pieces root\` for "f" / ${rebuild}`,
    ],
    [
      "with a short root",
      (_, info) => node(info, "f", "").set("pieces root", text("short")),
      `bad-metainfo: not a usable torrent: bad \`pieces root\` for "f" / ${rebuild}`,
    ],
    [
      "with a root of zeros",
      (_, info) => node(info, "d", "two", "").set("pieces root", new Uint8Array(32)),
      `bad-metainfo: not a usable torrent: bad \`pieces root\` for "d/two" / ${rebuild}`,
    ],
    [
      "with padding in the tree",
      (_, info) => node(info, "f", "").set("attr", text("p")),
      `bad-metainfo: not a usable torrent: "f" in the \`file tree\` is padding, which v2 has none of / ${rebuild}`,
    ],
    [
      "without data",
      (_, info) => info.set("file tree", new Map([["e", new Map([["", new Map([["length", 0]])]])]])),
      `bad-metainfo: not a usable torrent: it holds no data / ${rebuild}`,
    ],
    [
      "with short pieces",
      (_, info) => info.set("piece length", 8_192),
      `bad-pieces: \`piece length\` of 8192: v2 needs a power of two, 16384 at least / ${rebuild}`,
    ],
    [
      "with odd pieces",
      (_, info) => info.set("piece length", 48_000),
      `bad-pieces: \`piece length\` of 48000: v2 needs a power of two, 16384 at least / ${rebuild}`,
    ],
    [
      "with one layer missing",
      (top) => top.set("piece layers", new Map([...dictionary(top.get("piece layers"))].slice(1))),
      `bad-pieces: no piece layer for "REST" / ${rebuild}`,
    ],
    [
      "with a short layer",
      (top) => alterLayer(top, (layer) => layer.slice(32)),
      `bad-pieces: the piece layer of "REST" has / ${rebuild}`,
    ],
    [
      "with a long layer",
      (top) => alterLayer(top, (layer) => new Uint8Array([...layer, ...new Uint8Array(32)])),
      `bad-pieces: the piece layer of "REST" has / ${rebuild}`,
    ],
    [
      "with a wrong layer",
      (top) => alterLayer(top, (layer) => layer.map((byte, i) => (i === 33 ? byte ^ 1 : byte))),
      `bad-pieces: the piece layer of "REST" is not its file's / ${rebuild}`,
    ],
  ])("%s", (_, how, message) => {
    const said = refusal(changed(how)).replace(/"(d\/one|f)"( has) .* \//, '"REST"$2 /')
    expect(message.includes("REST") ? said.replace(/"(d\/one|f)"/, '"REST"') : said).toBe(message)
  })

  function alterLayer(top: Changeable, how: (layer: Uint8Array) => Uint8Array): void {
    const layers = dictionary(top.get("piece layers"))
    const [root, layer] = [...layers][0]!
    layers.set(root, how(layer as Uint8Array))
  }

  test("without any layer, the roots are unknown", () => {
    const { v2, defects } = parseMetainfo(changed((top) => top.delete("piece layers")))
    expect(defects).toEqual(["no `piece layers` (BEP 52)"])
    expect([0, 2, 3, 4].map((piece) => pieceRoot(v2!, piece) !== null)).toEqual([false, false, true, false])
  })

  test("odd ones are audited, and the defect named", () => {
    const odd = (how: Parameters<typeof changed>[0]) => parseMetainfo(changed(how))
    const empty = new Map([["", new Map([["length", 0]])]])
    expect(odd((_, info) => node(info).set("..", new Map([["x", empty]]))).defects).toEqual([
      'file paths that leave the download folder or name none: ".."',
    ])
    expect(odd((_, info) => node(info).set("d/two", empty)).defects).toEqual([
      'file paths that leave the download folder or name none: "d/two"',
      'files share one path: "d/two"',
    ])
    expect(odd((_, info) => node(info).set("\xff", empty)).defects).toEqual([
      'names that are not UTF-8: "\uFFFD"',
    ])
    const link = new Map([
      [
        "",
        new Map<string, Uint8Array | number>([
          ["attr", text("l")],
          ["length", 5],
        ]),
      ],
    ])
    const { torrent, defects } = odd((_, info) => node(info).set("z", link))
    expect(torrent.files.at(-1)).toEqual({ path: "z", sizeBytes: 0, firstPiece: 6, lastPiece: 5, pad: false })
    expect(defects).toEqual([])
  })

  test("a long directory's name is not written out for each of its files", () => {
    const empty = new Map([["", new Map([["length", 0]])]])
    const many = (count: number) => new Map(Array.from({ length: count }, (_, i) => [`f${i}`, empty]))
    const inLong = (count: number) => changed((_, info) => node(info).set("n".repeat(5_000_000), many(count)))
    const { torrent, defects } = parseMetainfo(inLong(10_000))
    expect(torrent.files.length).toBe(10_004)
    expect(defects[0]).toContain("file paths over 4096 characters, cut")
    expect(refusal(inLong(20_000))).toBe(
      `bad-metainfo: not a usable torrent: its \`file tree\` repeats long names too often / ${rebuild}`,
    )
  })
})

describe("hybrids whose parts disagree", () => {
  const hint = "Clients of the two swarms get different files: rebuild it."
  type V1File = Map<string, unknown>
  const v1 = (info: Changeable) => info.get("files") as unknown as V1File[]
  const path = (...elements: string[]) => elements.map((element) => Buffer.from(element))
  test.each<[string, (files: V1File[]) => void, string]>([
    [
      "a name",
      (of) => of[0]!.set("path", path("d", "uno")),
      `file 1 is "d/uno" of 70000 bytes in v1, and "d/one" of 70000 bytes in v2`,
    ],
    [
      "a size",
      (of) => of[2]!.set("length", 6),
      `file 2 is "d/two" of 6 bytes in v1, and "d/two" of 5 bytes in v2`,
    ],
    [
      "the order",
      (of) => of.splice(2, 3, of[4]!, of[2]!, of[3]!),
      `file 2 is "e" of 0 bytes in v1, and "d/two" of 5 bytes in v2`,
    ],
    [
      "a file that v2 lacks",
      (of) =>
        of.push(
          new Map<string, unknown>([
            ["length", 0],
            ["path", path("z")],
          ]),
        ),
      `v1 has "z" of 0 bytes, and v2 does not`,
    ],
    [
      "a file that v1 lacks",
      (of) => of.splice(4, 1),
      `file 3 is "f" of 40000 bytes in v1, and "e" of 0 bytes in v2`,
    ],
    ["the last file", (of) => of.splice(5, 2), `v2 has "f" of 40000 bytes, and v1 does not`],
    [
      "padding",
      (of) => of[1]!.set("length", 28_303),
      `"d/two" begins at byte 98303 in v1, and at 98304 in v2`,
    ],
    ["padding left out", (of) => of.splice(1, 1), `"d/two" begins at byte 70000 in v1, and at 98304 in v2`],
    [
      "padding at the end",
      (of) => of.at(-1)!.set("length", 5),
      "v1 ends with 5 bytes of padding, which don't fill the last piece",
    ],
  ])("in %s", (_, how, message) => {
    const bytes = changed((__, info) => how(v1(info)), { hybrid: true })
    expect(refusal(bytes)).toBe(`bad-metainfo: its v1 and v2 parts disagree: ${message} / ${hint}`)
  })

  test("in a single file's name or size", () => {
    const one = { files: { x: contentOf("x", 20_000) }, info: { length: 20_000, pieces: new Uint8Array(20) } }
    expect(refusal(v2Torrent(one))).toBe("accepted")
    expect(refusal(v2Torrent({ ...one, name: "y" }))).toContain('file 1 is "y" of 20000 bytes in v1, and "x"')
    expect(refusal(v2Torrent({ ...one, info: { ...one.info, length: 20_001 } }))).toContain(
      "20001 bytes in v1",
    )
  })

  test("padding after the last file may be there or not", () => {
    const whole = parseMetainfo(v2Torrent({ files, hybrid: true }))
    expect(whole.torrent.files.map(({ pad }) => pad)).toEqual([false, true, false, true, false, false, true])
    const bytes = changed((_, info) => v1(info).pop(), { hybrid: true })
    const cut = parseMetainfo(bytes)
    expect(cut.torrent.sizeBytes).toBe(whole.torrent.sizeBytes - 25_536)
    expect(cut.torrent.files.map(({ piecesRoot }) => piecesRoot)).toEqual(
      whole.torrent.files.slice(0, -1).map(({ piecesRoot }) => piecesRoot),
    )
  })

  test("a file that is named like padding is no padding", () => {
    const { torrent } = parseMetainfo(
      v2Torrent({ files: { ".pad/5": contentOf("p", 5), z: contentOf("z", 5) }, hybrid: true }),
    )
    expect(torrent.files.map(({ path: name, pad }) => [name, pad])).toEqual([
      [".pad/5", false],
      [".pad/32763", true],
      ["z", false],
      [".pad/32763", true],
    ])
  })
})

test("whatever is done to a v2 torrent, it is read or refused", () => {
  const wholes = [fixture("v2-nested.torrent"), fixture("hybrid-nested.torrent")]
  const edit = fc.tuple(
    fc.nat(2_000),
    fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from("idle0123456789:-"))),
  )
  fc.assert(
    fc.property(fc.constantFrom(...wholes), fc.array(edit, { maxLength: 4 }), (whole, changes) => {
      const bytes = whole.slice()
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      expect(refusal(bytes)).toMatch(/^accepted$|^[a-z-]+: .+ \/ .+$/s)
    }),
    { numRuns: 2_000 },
  )
})
