import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, test, vi } from "vitest"
import { torrent as torrentSchema } from "../../src/evidence.ts"
import { InputError } from "../../src/failure.ts"
import { encode, type Encodable } from "../../src/torrent/bencode.ts"
import { parseMetainfo, pieceLength } from "../../src/torrent/metainfo.ts"

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/torrents/${name}`, import.meta.url)))

interface Expected {
  /** Null: Transmission 3.00 refuses the file. */
  transmission: string | null
  libtorrent: {
    infoHashV1: string | null
    infoHashV2: string | null
    name: string
    sizeBytes: number
    pieceBytes: number
    pieceCount: number
    private: boolean
    files: { path: string; sizeBytes: number; pad: boolean }[]
    trackers: [url: string, tier: number][]
    webSeeds: [url: string, type: 0 | 1][]
    nodes: [host: string, port: number][]
  }
}
/** What libtorrent 2.0.8 and transmission-show 3.00 said about each fixture. */
const expected = JSON.parse(Buffer.from(fixture("expected.json")).toString()) as Record<string, Expected>
const v1Fixtures = Object.entries(expected).filter(([, { libtorrent }]) => libtorrent.infoHashV1 !== null)

type Fields = Record<string, Encodable>
const without = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "<absent>"))
const absent = "<absent>"

/** A torrent of one file of two pieces; give `absent` to leave a field out. */
const metainfo = (top: Fields = {}, info: Fields = {}) =>
  encode(
    without({
      info: without({
        length: 20_000,
        name: "x",
        "piece length": 16_384,
        pieces: new Uint8Array(40),
        ...info,
      }),
      ...top,
    }),
  )
const parse = (top: Fields = {}, info: Fields = {}) => parseMetainfo(metainfo(top, info))

/** `code: message / hint`. */
function refusal(bytes: Uint8Array | string): string {
  try {
    parseMetainfo(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, "x.torrent")
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.message} / ${error.hint}`
    throw error
  }
  return "accepted"
}

describe("as real clients read it", () => {
  test.each(v1Fixtures)("%s", (name, { libtorrent }) => {
    const { torrent, tiers, webSeeds, nodes, infoHash, pieceHashes } = parseMetainfo(fixture(name))
    expect(torrentSchema.parse(torrent)).toEqual(torrent)
    expect(torrent).toMatchObject({
      infoHashV1: libtorrent.infoHashV1,
      infoHashV2: libtorrent.infoHashV2,
      sizeBytes: libtorrent.sizeBytes,
      pieceBytes: libtorrent.pieceBytes,
      pieceCount: libtorrent.pieceCount,
      private: libtorrent.private,
    })
    expect(Buffer.from(infoHash).toString("hex")).toBe(libtorrent.infoHashV1)
    expect(pieceHashes.length).toBe(20 * libtorrent.pieceCount)
    expect(torrent.files.map((file) => file.sizeBytes)).toEqual(
      libtorrent.files.map((file) => file.sizeBytes),
    )
    expect(tiers.flatMap((tier, i) => tier.map((url) => `${i} ${url}`)).toSorted()).toEqual(
      libtorrent.trackers.map(([url, tier]) => `${tier} ${url}`).toSorted(),
    )
    expect(webSeeds.map(({ url, bep }) => [url, bep === 19 ? 0 : 1])).toEqual(libtorrent.webSeeds)
    expect(nodes.length).toBe(libtorrent.nodes.length)
  })

  // libtorrent renames what is hostile; Transmission encodes an odd `info` again, and so joins another swarm.
  test.each(
    v1Fixtures.filter(([name]) => !/^odd-(unsorted|zero)/.test(name) && expected[name]?.transmission),
  )("%s: Transmission's hash too", (name, { transmission }) =>
    expect(parseMetainfo(fixture(name)).torrent.infoHashV1).toBe(transmission),
  )

  test.each(["single-v1", "multi-v1-private", "multi-v1-pads", "multi-hybrid", "name-utf-8"])(
    "%s: names, paths and padding",
    (name) => {
      const { torrent } = parseMetainfo(fixture(`${name}.torrent`))
      const { libtorrent } = expected[`${name}.torrent`]!
      expect(torrent.name).toBe(libtorrent.name)
      const root = libtorrent.files.length > 1 ? `${libtorrent.name}/` : ""
      expect(torrent.files.map(({ path, pad }) => ({ path: root + path, pad }))).toEqual(
        libtorrent.files.map(({ path, pad }) => ({ path, pad })),
      )
    },
  )

  test("all that a full one says", () => {
    expect(parseMetainfo(fixture("multi-v1-private.torrent"))).toMatchObject({
      tiers: [
        ["http://tracker.example.org:6969/announce", "udp://bt2.example.org:6969"],
        ["https://old.example.net/0123456789abcdef0123456789abcdef/announce"],
      ],
      webSeeds: [
        { url: "https://mirror.example.org/files/", bep: 19 },
        { url: "http://seed.example.org/seed.php", bep: 17 },
      ],
      nodes: ["dht.example.org:6881", "[2001:db8::7]:6881"],
      comment: "made for tests",
      createdBy: "libtorrent 2.0.8",
      createdAt: "2026-03-14T09:15:00.000Z",
      defects: ["private, and yet names DHT nodes"],
    })
  })
})

describe("odd ones are audited, and the defect named", () => {
  const reencoded =
    "`info` is not in BEP 3's one form: clients that encode it again compute another info hash"
  test.each([
    ["odd-unsorted-keys", ["dictionary keys out of order (byte 107)", reencoded]],
    ["odd-leading-zero", ["a number with leading zeros (byte 64)", reencoded]],
    ["odd-zero-padded-string", ["a number with leading zeros (byte 71)", reencoded]],
    [
      "odd-duplicate-key",
      [
        "a key twice in one dictionary (byte 82): the first counts, though some clients take the last",
        reencoded,
      ],
    ],
    [
      "odd-two-infos",
      ["a key twice in one dictionary (byte 156): the first counts, though some clients take the last"],
    ],
    ["odd-proto-key", ["a key named __proto__ (byte 56), which changes the info hash in some clients"]],
    [
      "odd-proto-dictionary",
      ["a key named __proto__ (byte 56), which changes the info hash in some clients"],
    ],
    ["odd-trailing-newline", ["1 byte after the end of the torrent"]],
    ["odd-big-integer", []],
    ["odd-binary-key", []],
    ["odd-emoji-key-order", []],
    ["legacy-pads", []],
    ["legacy-encoding", []],
    [
      "hostile-paths",
      [
        'a name that leaves the download folder: "../../owned"',
        'file paths that leave the download folder or name none (3 times): "../../etc/passwd"',
        'files share one path: "same"',
      ],
    ],
  ])("%s", (name, defects) => expect(parseMetainfo(fixture(`${name}.torrent`)).defects).toEqual(defects))

  test("names in the encoding that the torrent names", () => {
    expect(parseMetainfo(fixture("legacy-encoding.torrent")).torrent.name).toBe("テスト")
    const shiftJis = Uint8Array.of(0x83, 0x65)
    expect(parse({}, { name: shiftJis })).toMatchObject({ torrent: { name: "\uFFFDe" } })
    expect(parse({}, { name: shiftJis }).defects).toEqual(['names that are not UTF-8: "\uFFFDe"'])
    expect(parse({ encoding: "no-such-encoding" }, { name: shiftJis }).torrent.name).toBe("\uFFFDe")
  })

  test("of many names in no encoding each costs as little", () => {
    const made = vi.spyOn(globalThis, "TextDecoder")
    const path = Array.from({ length: 1_000 }, () => Uint8Array.of(0xff))
    const { torrent } = parse(
      { encoding: "shift_jis" },
      { files: [{ length: 20_000, path }], length: absent },
    )
    expect(torrent.files[0]?.path).toBe(Array.from({ length: 1_000 }, () => "\uFFFD").join("/"))
    expect(made).toHaveBeenCalledTimes(1)
    made.mockRestore()
  })

  test("names are kept as they are, controls included", () => {
    expect(parseMetainfo(fixture("hostile-paths.torrent")).torrent.files.map((file) => file.path)).toEqual([
      "../../etc/passwd",
      "/abs",
      "a\u001b[31m\u202ered.txt",
      "C:\\x",
      "same",
      "same",
    ])
  })

  test("padding by BEP 47 and by the customs before it", () => {
    const { torrent } = parseMetainfo(fixture("legacy-pads.torrent"))
    expect(torrent.files.map((file) => file.pad)).toEqual([false, true, false, true, false])
  })

  test("a missing name is replaced by the info hash", () => {
    const { torrent, defects } = parse({}, { name: absent })
    expect(torrent.name).toBe(torrent.infoHashV1)
    expect(defects).toEqual(["no name; the info hash stands in for it"])
  })

  test("a name longer than any file system takes is cut", () => {
    const { torrent, defects } = parse({}, { name: "n".repeat(5_000) })
    expect(torrent.name.length).toBe(4_096)
    expect(defects).toEqual(["a name over 4096 characters, cut"])
  })

  test.each([
    [0, false, []],
    [1, true, ["private, and without a tracker: nobody can be found"]],
    [
      2,
      true,
      [
        "`private` is neither 0 nor 1; taken as private",
        "private, and without a tracker: nobody can be found",
      ],
    ],
    [
      "1",
      true,
      [
        "`private` is neither 0 nor 1; taken as private",
        "private, and without a tracker: nobody can be found",
      ],
    ],
  ])("private = %j", (value, isPrivate, defects) => {
    expect(parse({}, { private: value })).toMatchObject({ torrent: { private: isPrivate }, defects })
  })

  test("private outside info changes nothing", () => {
    const { torrent, defects } = parse({ private: 1 })
    expect(torrent.private).toBe(false)
    expect(defects).toEqual(["`private` stands outside `info`, where clients ignore it"])
  })

  test.each([
    [0, null, []],
    [-1, null, ["`creation date` is not a time"]],
    [1_773_479_700_000, null, ["`creation date` is not a time"]],
    ["yesterday", null, ["`creation date` is not a time"]],
    [1, "1970-01-01T00:00:01.000Z", []],
  ])("creation date = %j", (value, createdAt, defects) =>
    expect(parse({ "creation date": value })).toMatchObject({ createdAt, defects }),
  )
})

describe("trackers (BEP 12)", () => {
  const a = "http://a.example/announce"
  const b = "udp://b.example:80"
  test.each([
    ["announce alone", { announce: a }, [[a]], []],
    ["the list replaces announce", { announce: a, "announce-list": [[a], [b]] }, [[a], [b]], []],
    [
      "announce outside the list",
      { announce: a, "announce-list": [[b]] },
      [[b]],
      ["`announce` names a tracker that `announce-list` lacks; clients ignore it"],
    ],
    [
      "each once",
      { "announce-list": [[a, b, a], [b]] },
      [[a, b]],
      ["trackers listed more than once (2 times)"],
    ],
    ["empty tiers and URLs", { announce: a, "announce-list": [[], [""]] }, [[a]], []],
    ["white space", { announce: ` ${a}\n` }, [[a]], []],
    [
      "a flat list",
      { "announce-list": [a, b] },
      [[a], [b]],
      ["`announce-list` holds a URL outside any tier (2 times)"],
    ],
    [
      "nonsense",
      { announce: 5, "announce-list": 7 },
      [],
      ["`announce-list` is not a list", "`announce` is not a URL"],
    ],
    [
      "nonsense inside",
      { "announce-list": [[7, [a], b]] },
      [[b]],
      ["`announce-list` holds something other than URLs (2 times)"],
    ],
    [
      "a protocol of its own",
      { announce: "dht://x" },
      [["dht://x"]],
      ["trackers of a protocol that nobody speaks"],
    ],
    ["none", {}, [], []],
  ])("%s", (_, top, tiers, defects) => expect(parse(top as Fields)).toMatchObject({ tiers, defects }))

  test("more than the limit are left out, and said", () => {
    const many = Array.from({ length: 210 }, (_, i) => [`http://${i}.example/`])
    const { tiers, defects } = parse({ "announce-list": many })
    expect(tiers.length).toBe(200)
    expect(defects).toEqual(["only the first 200 trackers are used, 10 left out"])
  })
})

describe("web seeds and nodes", () => {
  test("url-list as a string, and as a list; httpseeds", () => {
    expect(parse({ "url-list": "http://a.example/" }).webSeeds).toEqual([
      { url: "http://a.example/", bep: 19 },
    ])
    expect(parse({ "url-list": "" }).webSeeds).toEqual([])
    expect(
      parse({ "url-list": ["http://a/", "http://a/", "http://b/"], httpseeds: ["http://c/"] }).webSeeds,
    ).toEqual([
      { url: "http://a/", bep: 19 },
      { url: "http://b/", bep: 19 },
      { url: "http://c/", bep: 17 },
    ])
    expect(parse({ "url-list": [5] })).toMatchObject({
      webSeeds: [],
      defects: ["web seeds that are not URLs"],
    })
  })

  test("nodes", () => {
    const nodes = [
      ["Router.Example.org", 6_881],
      ["203.0.113.7", 1],
      ["2001:DB8::7", 2],
      ["a", 0],
      ["b"],
      5,
      ["", 1],
      ["x y", 1],
      ["c", 70_000],
    ]
    expect(parse({ nodes })).toMatchObject({
      nodes: ["router.example.org:6881", "203.0.113.7:1", "[2001:db8::7]:2"],
      defects: ["DHT nodes that are not a host and a port (6 times)"],
    })
    expect(parse({ nodes: "x" })).toMatchObject({ nodes: [], defects: ["`nodes` is not a list"] })
  })
})

describe("files", () => {
  const file = (length: number, ...path: string[]) => ({ length, path })
  const multi = (files: Encodable, info: Fields = {}) => metainfo({}, { length: absent, files, ...info })

  test("which pieces each lies in", () => {
    const { torrent } = parseMetainfo(
      multi([file(0, "first"), file(16_384, "a"), file(1, "b"), file(0, "empty"), file(16_383, "c")]),
    )
    expect(torrent.files.map((each) => [each.path, each.firstPiece, each.lastPiece])).toEqual([
      ["first", 0, -1],
      ["a", 0, 0],
      ["b", 1, 1],
      ["empty", 1, 0],
      ["c", 1, 1],
    ])
    expect(torrentSchema.safeParse(torrent).success).toBe(true)
  })

  test("length of each piece", () => {
    const { torrent } = parse()
    expect([0, 1, 2].map((piece) => pieceLength(torrent, piece))).toEqual([16_384, 3_616, 0])
    expect(pieceLength(parse({}, { length: 32_768 }).torrent, 1)).toBe(16_384)
  })

  test("a symbolic link needs no length", () => {
    const { torrent } = parseMetainfo(
      multi([file(20_000, "a"), { attr: "l", path: ["b"], "symlink path": ["a"] }]),
    )
    expect(torrent.files[1]).toMatchObject({ path: "b", sizeBytes: 0 })
  })

  test("path.utf-8 counts before path", () => {
    const { torrent } = parseMetainfo(multi([{ length: 20_000, path: ["x"], "path.utf-8": ["ü", "y"] }]))
    expect(torrent.files[0]?.path).toBe("ü/y")
  })

  test.each([
    ['no `length` for "x"', metainfo({}, { length: absent })],
    ['bad `length` for "x"', metainfo({}, { length: -1 })],
    ['bad `length` for "x"', metainfo({}, { length: "20000" })],
    ['bad `length` for "a"', multi([file(-5, "a"), file(20_005, "b")])],
    ['bad `length` for "a"', multi([file(2 ** 53, "a")])],
    ["the file sizes add up to more than 2⁵³ bytes", multi([file(2 ** 53 - 1, "a"), file(2, "b")])],
    ["it holds no data", metainfo({}, { length: 0, pieces: "" })],
    ["it holds no data", multi([], { pieces: "" })],
    ["file 2 is not a dictionary", multi([file(20_000, "a"), 5])],
    ["a file has no `path`", multi([{ length: 20_000 }])],
    ["a file has no `path`", multi([{ length: 20_000, path: [] }])],
    ["a file's `path` holds something other than strings", multi([{ length: 20_000, path: [5] }])],
  ])("%s", (message, bytes) =>
    expect(refusal(bytes)).toBe(`bad-metainfo: not a usable torrent: ${message} / Rebuild the torrent.`),
  )

  test("more files than are read", () => {
    const one = Buffer.from("d6:lengthi1e4:pathl1:aee")
    const files = Buffer.concat([
      Buffer.from("d4:infod5:filesl"),
      ...Array.from({ length: 500_001 }, () => one),
      Buffer.from("eee"),
    ])
    expect(refusal(files)).toBe(
      "bad-metainfo: 500001 files: more than the 500000 that are read / Split the torrent.",
    )
  })
})

describe("refusals", () => {
  test.each([
    [
      "<!DOCTYPE html><html>",
      "is-html: x.torrent is a web page / Your download saved a login or error page.",
    ],
    ["\n\n <HTML lang=en>", "is-html: x.torrent is a web page / Your download saved a login or error page."],
    [
      "\xef\xbb\xbf<!doctype html>",
      "is-html: x.torrent is a web page / Your download saved a login or error page.",
    ],
    ["hello", "not-bencode: not a torrent: bad byte at offset 0 / Check the download."],
    [
      "\x1f\x8b\x08\x00",
      "not-bencode: not a torrent: bad byte at offset 0 / It is gzip data: `gunzip` it first.",
    ],
    [
      "magnet:?xt=urn:btih:",
      "not-bencode: not a torrent: bad byte at offset 0 / It holds a magnet link: pass the link itself, in quotes.",
    ],
    ["d4:infodXe", "not-bencode: not a torrent: bad byte at offset 8 / Check the download."],
    ["d1:ai1xe", "not-bencode: not a torrent: bad integer at offset 6 / Check the download."],
    ["404: Not Found", "not-bencode: not a torrent: bad byte at offset 0 / Check the download."],
    ["99999999999:", "not-bencode: not a torrent: bad length at offset 0 / Check the download."],
    ["l-3:", "not-bencode: not a torrent: bad byte at offset 1 / Check the download."],
    ["d-3:", "not-bencode: not a torrent: bad byte at offset 1 / Check the download."],
    ["", "truncated: torrent ends early at byte 0 / Download again."],
    ["d4:info", "truncated: torrent ends early at byte 7 / Download again."],
    ["d4:info500:ab", "truncated: torrent ends early at byte 13 / Download again."],
    ["de", "no-info: no `info` dictionary / Is this resume data?"],
    ["le", "no-info: no `info` dictionary / Is this resume data?"],
    ["i5e", "no-info: no `info` dictionary / Is this resume data?"],
    ["d4:infolee", "no-info: no `info` dictionary / Is this resume data?"],
    [
      "d11:file-format22:libtorrent resume filee",
      "no-info: no `info` dictionary / This is resume data: pass the .torrent.",
    ],
    [
      "l".repeat(5_000),
      "bad-metainfo: nested deeper than 100 levels at offset 100 / No client makes such torrents: check where it comes from.",
    ],
    [
      `l${"le".repeat(5_000_000)}e`,
      "bad-metainfo: more than 5000000 values / No client makes such torrents: check where it comes from.",
    ],
  ])("%.40j", (text, message) => expect(refusal(text)).toBe(message))

  test("larger than any torrent", () => {
    expect(refusal(new Uint8Array(64 * 1024 * 1024 + 1))).toBe(
      "bad-metainfo: x.torrent has 67108865 bytes: more than the 67108864 that are read / Is this the data rather than the .torrent?",
    )
  })

  test.each([
    [{ pieces: new Uint8Array(20) }, "1 hashes for 2 pieces"],
    [{ pieces: new Uint8Array(60) }, "3 hashes for 2 pieces"],
    [{ pieces: "" }, "0 hashes for 2 pieces"],
    [{ pieces: new Uint8Array(41) }, "`pieces` has 41 bytes: not whole hashes"],
    [{ pieces: absent }, "no `pieces`"],
    [{ pieces: 5 }, "no `pieces`"],
    [{ "piece length": absent }, "no `piece length`"],
    [{ "piece length": 0 }, "`piece length` is not a positive number"],
    [{ "piece length": -1 }, "`piece length` is not a positive number"],
    [{ "piece length": "16384" }, "`piece length` is not a positive number"],
    [{ "piece length": 2 ** 40 }, "`piece length` of 1099511627776 is more than 536870912"],
    [{ "piece length": 1 }, "2 hashes for 20000 pieces"],
  ])("%j", (info, message) =>
    expect(refusal(metainfo({}, info))).toBe(`bad-pieces: ${message} / Rebuild the torrent.`),
  )

  test("whatever is done to a torrent, it is read or refused", () => {
    const whole = fixture("multi-v1-private.torrent")
    const edits = fc.array(
      fc.tuple(
        fc.nat(whole.length - 1),
        fc.constantFrom(...Array.from("idle0123456789:-\xff")).map((c) => c.charCodeAt(0)),
      ),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(edits, fc.nat(whole.length), (changes, length) => {
        const bytes = whole.slice()
        for (const [at, byte] of changes) bytes[at] = byte
        expect(refusal(changes.length === 0 ? bytes.subarray(0, length) : bytes)).toMatch(
          /^accepted$|^[a-z-]+: .+ \/ .+$/s,
        )
      }),
      { numRuns: 1_000 },
    )
  })
})
