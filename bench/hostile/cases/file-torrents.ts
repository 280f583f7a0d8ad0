/** A .torrent that is too much of something, or not what it says: what `inspect` reads, every command reads. */
import type { HostileCase } from "../case.ts"
import {
  borne,
  demand,
  dictionary,
  fileCases,
  fileIn,
  honest,
  MiB,
  manyFiles,
  refused,
  repeated,
  torrent,
} from "./file-stage.ts"

const torrentCase = fileCases("torrent", "metainfo")

/** `inspect` must refuse it with this code. */
const bad = (
  id: string,
  does: string,
  bound: string,
  code: string,
  bytes: () => Uint8Array,
  as?: HostileCase["honest"],
): HostileCase =>
  torrentCase(
    id,
    does,
    bound,
    (stage) => refused(code, { args: ["inspect", fileIn(stage, "x.torrent", bytes())] }),
    as,
  )

/** `inspect` must read it, and say this. */
const odd = (
  id: string,
  does: string,
  bound: string,
  says: string,
  bytes: () => Uint8Array,
  as?: HostileCase["honest"],
): HostileCase =>
  torrentCase(
    id,
    does,
    bound,
    (stage) =>
      borne({
        args: ["inspect", fileIn(stage, "x.torrent", bytes())],
        check({ stdout }) {
          demand(stdout.replaceAll(/\s+/g, " "), says, says)
          return `read, and it says so: ${says}`
        },
      }),
    as,
  )

const raw = (text: string) => () => Buffer.from(text)
const list = (piece: string, times: number): Buffer =>
  Buffer.concat([Buffer.from("l"), repeated(piece, times), Buffer.from("e")])
/** A torrent with one more key at the top, bencoded already, that sorts after `info`. */
const withKey = (key: string, value: Uint8Array): Buffer =>
  dictionary([
    ["info", torrent().subarray("d4:info".length, -1)],
    [key, value],
  ])
/** What is said of `torrent()`. */
const itself = "a 100 B 1 × 64 KiB"
const longName = "n".repeat(MiB)

export const torrentCases: readonly HostileCase[] = [
  bad(
    "too-large",
    "is 64 MiB and a byte",
    "metainfo.maxBytes",
    "not-bencode",
    () => new Uint8Array(64 * MiB + 1),
  ),
  bad(
    "tiny-values",
    "holds 5 million empty strings and one",
    "metainfo.maxValues",
    "bad-metainfo",
    () => withKey("zz", list("0:", 5_000_001)),
    honest.padded,
  ),
  odd(
    "as-many-values-as-pass",
    "holds 4.9 million dictionaries in 10 MB",
    "metainfo.maxValues",
    itself,
    () => withKey("zz", list("de", 4_900_000)),
    honest.largest,
  ),
  odd(
    "many-small-strings",
    "holds 4.9 million strings of a byte",
    "metainfo.maxValues",
    itself,
    () => withKey("zz", list("1:x", 4_900_000)),
    honest.largest,
  ),
  odd(
    "many-keys",
    "has a million keys at the top",
    "metainfo.maxValues",
    itself,
    () => {
      const keys = Array.from({ length: 1_000_000 }, (_, i) => `8:${String(i).padStart(8, "0")}0:`)
      const text = torrent().subarray(1, -1)
      return Buffer.concat([Buffer.from(`d${keys.join("")}`), text, Buffer.from("e")])
    },
    honest.largest,
  ),
  bad("deep", "nests 100,000 lists", "metainfo.maxDepth", "bad-metainfo", raw("l".repeat(100_000))),
  bad(
    "file-tree-deep",
    "has a file tree 10,000 directories deep",
    "metainfo.maxDepth",
    "bad-metainfo",
    raw(`d4:infod9:file tree${"d1:d".repeat(10_000)}de${"e".repeat(10_000)}12:meta versioni2eee`),
  ),
  bad("negative-length", "has a string of length −3 (`l-3:`)", "bencode", "not-bencode", raw("l-3:")),
  bad("negative-key", "has a key of length −3 (`d-3:`)", "bencode", "not-bencode", raw("d-3:")),
  bad(
    "endless-string",
    "has a string of 2⁶² bytes",
    "bencode",
    "not-bencode",
    raw("d4:info4611686018427387904:"),
  ),
  bad(
    "megabyte-integer",
    "has an integer of a million digits",
    "bencode.maxIntegerDigits",
    "not-bencode",
    raw(`d1:ai${"9".repeat(MiB)}ee`),
  ),
  ...(
    [
      ["zero", "i0e"],
      ["huge", "i4611686018427387904e"],
    ] as const
  ).map(([word, value]) =>
    bad(
      `piece-length-${word}`,
      `has a piece length of ${value.slice(1, -1)}`,
      "metainfo.maxPieceBytes",
      "bad-pieces",
      raw(`d4:infod6:lengthi100e4:name1:a12:piece length${value}6:pieces20:${"a".repeat(20)}ee`),
    ),
  ),
  bad("torn-hashes", "has 21 bytes of piece hashes", "piece hashes are counted", "bad-pieces", () =>
    torrent({ pieces: new Uint8Array(21) }),
  ),
  bad("missing-hashes", "names 2⁵⁰ bytes and has one hash", "piece hashes are counted", "bad-pieces", () =>
    torrent({ length: 2 ** 50 }),
  ),
  bad("endless-sum", "names two files of 2⁵³ − 1 bytes", "sums stay below 2⁵³", "bad-metainfo", () =>
    torrent({
      files: [1, 2].map((i) => ({ length: Number.MAX_SAFE_INTEGER, path: [String(i)] })),
    }),
  ),
  bad(
    "too-many-files",
    "names 500,001 files",
    "metainfo.maxFiles",
    "bad-metainfo",
    () => manyFiles(500_001),
    honest.largest,
  ),
  bad(
    "repeated-long-names",
    "has 100,000 files below a directory whose name is 4 KB long",
    "metainfo.maxPathCharacters",
    "bad-metainfo",
    () => {
      const files = Array.from(
        { length: 100_000 },
        (_, i) => `6:${String(i).padStart(6, "0")}d0:d6:lengthi0eee`,
      )
      const tree = `d4000:${"d".repeat(4_000)}d${files.join("")}ee`
      return Buffer.from(`d4:infod9:file tree${tree}12:meta versioni2e4:name1:a12:piece lengthi65536eee`)
    },
    honest.largest,
  ),
  bad("lying-layers", "has piece layers that don't lead to its root", "BEP 52 proof", "bad-pieces", () => {
    const root = Buffer.alloc(32, 7)
    return dictionary([
      [
        "info",
        Buffer.concat([
          Buffer.from("d9:file treed1:ad0:d6:lengthi131072e11:pieces root32:"),
          root,
          Buffer.from("eee12:meta versioni2e4:name1:a12:piece lengthi65536ee"),
        ]),
      ],
      ["piece layers", Buffer.concat([Buffer.from("d32:"), root, Buffer.from(`64:${"\x09".repeat(64)}e`)])],
    ])
  }),
  odd(
    "twice-info",
    "has two `info`, which clients choose differently",
    "first of duplicate keys",
    "a key twice",
    () => Buffer.concat([torrent().subarray(0, -1), torrent({ name: "b" }).subarray(1)]),
  ),
  odd("prototype", "has keys named __proto__ everywhere", "maps, not objects", "__proto__", () =>
    Buffer.concat([
      Buffer.from("d9:__proto__d9:__proto__i1ee"),
      torrent({ files: [{ length: 1, path: ["__proto__", "constructor"] }] }).subarray(1),
    ]),
  ),
  odd(
    "outside-paths",
    "names ../../etc/passwd, /etc/passwd, C:\\x and NUL",
    "names are never opened",
    "leave the download folder",
    () =>
      torrent({
        name: "../..",
        files: [
          ["..", "..", "etc", "passwd"],
          ["/etc/passwd"],
          ["C:\\windows\\win.ini"],
          ["nul\0byte", ".", ""],
        ].map((path) => ({ length: 25, path })),
      }),
  ),
  odd("megabyte-names", "has a name and a path of 1 MB each", "metainfo.maxNameBytes", "cut", () =>
    torrent({ name: longName, files: [{ length: 100, path: [longName, longName] }] }),
  ),
]
