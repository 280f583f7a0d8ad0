import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { openReference } from "../../src/store/reference-copy.ts"
import { encode } from "../../src/torrent/bencode.ts"
import { parseMetainfo, pieceLength, type Metainfo } from "../../src/torrent/metainfo.ts"
import { contentOf, sha1, v2Torrent } from "../support/v2-torrent.ts"

let root = ""
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "reference-"))
})
afterAll(() => rm(root, { recursive: true }))

const fixture = (name: string): Metainfo =>
  parseMetainfo(readFileSync(new URL(`../../fixtures/torrents/v2/${name}.torrent`, import.meta.url)))

type Files = Record<string, Uint8Array>
const files: Files = {
  "d/deep/one": contentOf("one", 70_000),
  "d/two": contentOf("two", 5),
  e: new Uint8Array(),
  f: contentOf("f", 40_000),
}
const pieceBytes = 32_768
const joined = Buffer.concat(Object.values(files))
const v1 = parseMetainfo(
  encode({
    info: {
      files: Object.entries(files).map(([path, { length }]) => ({ length, path: path.split("/") })),
      name: "x",
      "piece length": pieceBytes,
      pieces: Buffer.concat(
        Array.from({ length: Math.ceil(joined.length / pieceBytes) }, (_, i) =>
          sha1(joined.subarray(i * pieceBytes, (i + 1) * pieceBytes)),
        ),
      ),
    },
  }),
)
const v2 = parseMetainfo(v2Torrent({ files, pieceBytes }))
const hybrid = parseMetainfo(v2Torrent({ files, pieceBytes, hybrid: true }))

let folders = 0
/** A new folder with these files in it. */
async function folderOf(content: Files): Promise<string> {
  const folder = join(root, String(folders++))
  for (const [path, bytes] of Object.entries(content)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  return folder
}

test("a file that the torrent names again is read once: the others with its name can't be there", async () => {
  const bytes = contentOf("one", pieceBytes)
  const again = parseMetainfo(
    encode({
      info: {
        files: [1, 2, 3].map(() => ({ length: pieceBytes, path: ["one"] })),
        name: "x",
        "piece length": pieceBytes,
        pieces: Buffer.concat([sha1(bytes), sha1(bytes), sha1(bytes)]),
      },
    }),
  )
  const copy = await openReference(await folderOf({ one: bytes }), again)
  expect(copy).toMatchObject({ right: 1, wrong: 0, missing: 2 })
  await copy.close()
})

/** Counts, and that every right block is the torrent's. */
async function found(where: string, metainfo: Metainfo, stream: Buffer | null = null) {
  const copy = await openReference(where, metainfo)
  const served: number[] = []
  const forged: number[] = []
  for (let piece = 0; piece < metainfo.torrent.pieceCount; piece++) {
    const length = pieceLength(metainfo.torrent, piece)
    const start = length > 1 ? 1 : 0
    const block = await copy.block(piece, start, length - start)
    if (block === null) continue
    served.push(piece)
    const at = piece * metainfo.torrent.pieceBytes + start
    if (stream && !stream.subarray(at).subarray(0, block.length).equals(block)) forged.push(piece)
  }
  await copy.close()
  const { right, wrong, missing } = copy
  expect(forged).toEqual([])
  expect(served.length).toBe(right)
  expect(right + wrong + missing).toBe(metainfo.torrent.pieceCount)
  return { right, wrong, missing, served }
}

/** With each file from a piece boundary on, gaps as zeros. */
const aligned = Buffer.concat(
  Object.values(files).flatMap((bytes) => [
    bytes,
    Buffer.alloc((pieceBytes - (bytes.length % pieceBytes)) % pieceBytes),
  ]),
)
const kinds: [string, Metainfo, Buffer, number][] = [
  ["v1", v1, joined, 4],
  ["v2", v2, aligned, 6],
  ["hybrid", hybrid, aligned, 6],
]

describe.each(kinds)("%s", (_, metainfo, stream, count) => {
  test("the torrent's folder, or the one that holds it", async () => {
    const folder = await folderOf(files)
    const whole = { right: count, wrong: 0, missing: 0 }
    expect(await found(folder, metainfo, stream)).toMatchObject(whole)
    const parent = await folderOf(
      Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`x/${path}`, bytes])),
    )
    expect(await found(parent, metainfo, stream)).toMatchObject(whole)
    expect(await found(join(parent, "x"), metainfo, stream)).toMatchObject(whole)
  })

  test("a wrong byte spoils its piece, a missing or short file its pieces", async () => {
    const changed = Buffer.from(files.f!)
    changed[changed.length - 1]! ^= 1
    const last = count - 1
    const all = Array.from({ length: count }, (__, i) => i)
    expect(await found(await folderOf({ ...files, f: changed }), metainfo, stream)).toEqual({
      right: last,
      wrong: 1,
      missing: 0,
      served: all.slice(0, -1),
    })
    const short = await folderOf(files)
    await truncate(join(short, "f"), 39_999)
    expect(await found(short, metainfo, stream)).toMatchObject({
      wrong: 0,
      missing: 1,
      served: all.slice(0, -1),
    })
    const { "d/deep/one": _one, ...others } = files
    const first = await found(await folderOf(others), metainfo, stream)
    expect(first).toMatchObject({ wrong: 0, missing: 3, served: all.slice(3) })
  })

  test("a file that goes on after its end", async () => {
    const folder = await folderOf(files)
    await appendFile(join(folder, "f"), "more")
    expect(await found(folder, metainfo, stream)).toMatchObject({ right: count, wrong: 0 })
  })
})

test.each(["small", "exact", "several"])("one file, itself or in its folder: %s", async (name) => {
  for (const kind of ["v2", "hybrid"]) {
    const metainfo = fixture(`${kind}-${name}`)
    const content = contentOf(metainfo.torrent.name, metainfo.torrent.sizeBytes)
    const folder = await folderOf({ [metainfo.torrent.name]: content })
    const whole = { right: metainfo.torrent.pieceCount, wrong: 0, missing: 0 }
    expect(await found(folder, metainfo, content)).toMatchObject(whole)
    expect(await found(join(folder, metainfo.torrent.name), metainfo, content)).toMatchObject(whole)
    const renamed = join(folder, "renamed")
    await rename(join(folder, metainfo.torrent.name), renamed)
    expect(await found(renamed, metainfo, content)).toMatchObject(whole)
  }
})

test("what libtorrent hashed", async () => {
  for (const name of ["v2-nested", "hybrid-nested"]) {
    const metainfo = fixture(name)
    const content = Object.fromEntries(
      metainfo.torrent.files
        .filter(({ pad }) => !pad)
        .map(({ path, sizeBytes }) => [path, contentOf(path, sizeBytes)]),
    )
    expect(await found(await folderOf(content), metainfo)).toMatchObject({ right: 11, wrong: 0, missing: 0 })
  }
})

describe("piece roots that the metadata lacked", () => {
  const unknown = (): Metainfo => {
    const pieceRoots = v2.v2!.pieceRoots.map((byte, i) => (i >> 5 === 3 ? byte : 0))
    return { ...v2, v2: { ...v2.v2!, pieceRoots } }
  }

  test("are learned from files that fit their roots", async () => {
    const metainfo = unknown()
    expect(await found(await folderOf(files), metainfo, aligned)).toMatchObject({ right: 6 })
    expect(metainfo.v2!.pieceRoots).toEqual(v2.v2!.pieceRoots)
  })

  test("from no others, of which then no piece is known to be right", async () => {
    const changed = Buffer.from(files["d/deep/one"]!)
    changed[0]! ^= 1
    const spoilt = unknown()
    const folder = await folderOf({ ...files, "d/deep/one": changed })
    expect(await found(folder, spoilt, aligned)).toEqual({
      right: 3,
      wrong: 3,
      missing: 0,
      served: [3, 4, 5],
    })
    await truncate(join(folder, "d/deep/one"), 69_999)
    const short = unknown()
    expect(await found(folder, short, aligned)).toEqual({ right: 3, wrong: 0, missing: 3, served: [3, 4, 5] })
    for (const { pieceRoots } of [spoilt.v2!, short.v2!])
      expect(pieceRoots.subarray(0, 96).every((byte) => byte === 0)).toBe(true)
  })

  test("nor from what was not read to its end", async () => {
    const stop = new AbortController()
    const copy = await openReference(await folderOf(files), unknown(), {
      signal: stop.signal,
      onProgress: (fraction) => {
        if (fraction > 0.2) stop.abort()
      },
    })
    expect([copy.right, copy.wrong, copy.missing]).toEqual([0, 0, 6])
    await copy.close()
  })
})

describe("names that lead out of the folder", () => {
  /** One file of one piece by that name, beside an honest one. */
  const named = (...path: string[]): Metainfo =>
    parseMetainfo(
      encode({
        info: {
          files: [
            { length: 16_384, path },
            { length: 16_384, path: ["honest"] },
          ],
          name: "x",
          "piece length": 16_384,
          pieces: Buffer.concat([sha1(contentOf("s", 16_384)), sha1(contentOf("h", 16_384))]),
        },
      }),
    )
  const honest = { honest: contentOf("h", 16_384) }
  const secret = contentOf("s", 16_384)

  test.each([[".."], ["d", "..", ".."]])("%j %j", async (...up) => {
    const parent = await folderOf({ secret, "in/honest": honest.honest, "in/d/x": secret })
    const inside = join(parent, "in")
    expect(await found(inside, named(...up, "secret"))).toMatchObject({ right: 1, missing: 1 })
    expect(await found(inside, named("d", "x"))).toMatchObject({ right: 2 })
    expect(await found(inside, named("d", "..", "d", "x"))).toMatchObject({ right: 1, missing: 1 })
  })

  test("an absolute one, an empty one", async () => {
    const outside = join(await folderOf({ secret }), "secret")
    const folder = await folderOf(honest)
    expect(await found(folder, named(outside))).toMatchObject({ right: 1, missing: 1 })
    expect(await found(folder, named("", ...outside.split("/")))).toMatchObject({ right: 1, missing: 1 })
    expect(await found(folder, named("/", outside))).toMatchObject({ right: 1, missing: 1 })
  })

  test("symbolic links: those that stay inside are followed", async () => {
    const outside = await folderOf({ secret })
    const folder = await folderOf({ ...honest, "d/real": secret })
    await symlink(join(outside, "secret"), join(folder, "out"))
    await symlink(outside, join(folder, "outdir"))
    await symlink("d/real", join(folder, "in"))
    await symlink("loop", join(folder, "loop"))
    expect(await found(folder, named("out"))).toMatchObject({ right: 1, missing: 1 })
    expect(await found(folder, named("outdir", "secret"))).toMatchObject({ right: 1, missing: 1 })
    expect(await found(folder, named("loop"))).toMatchObject({ right: 1, missing: 1 })
    expect(await found(folder, named("in"))).toMatchObject({ right: 2 })
    // The folder itself is the user's word.
    const link = join(root, "link")
    await symlink(folder, link)
    expect(await found(link, named("in"))).toMatchObject({ right: 2 })
  })

  test("a pipe, a folder: read as missing, without waiting", async () => {
    const folder = await folderOf({ ...honest, "dir/x": secret })
    execFileSync("mkfifo", [join(folder, "pipe")])
    expect(await found(folder, named("pipe"))).toMatchObject({ right: 1, missing: 1 })
    expect(await found(folder, named("dir"))).toMatchObject({ right: 1, missing: 1 })
  })
})

test("a piece larger than what is read at once, in more files than are kept open", async () => {
  const many: Files = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`f${String(i).padStart(2, "0")}`, contentOf(`f${i}`, 70_001)]),
  )
  const folder = await folderOf(many)
  const metainfo = parseMetainfo(v2Torrent({ files: many, pieceBytes: 16_384, hybrid: true }))
  expect(await found(folder, metainfo)).toMatchObject({ right: metainfo.torrent.pieceCount })
  const all = Buffer.concat(Object.values(many))
  const large = 2 ** 21
  const two = parseMetainfo(
    encode({
      info: {
        files: Object.entries(many).map(([path, { length }]) => ({ length, path: [path] })),
        name: "x",
        "piece length": large,
        pieces: Buffer.concat([sha1(all.subarray(0, large)), sha1(all.subarray(large))]),
      },
    }),
  )
  expect(await found(folder, two, all)).toMatchObject({ right: 2 })
})

test.each(kinds)("%s: a copy that changes after it was read", async (_, metainfo) => {
  const folder = await folderOf(files)
  const copy = await openReference(folder, metainfo)
  const last = metainfo.torrent.pieceCount - 1
  expect(await copy.stillRight(last)).toBe(true)
  await writeFile(join(folder, "f"), Buffer.from(files.f!).fill(1, 39_990))
  expect(await copy.block(last, 0, 10)).not.toBeNull()
  expect(await copy.stillRight(last)).toBe(false)
  expect(await copy.block(last, 0, 10)).toBeNull()
  expect(await copy.stillRight(0)).toBe(true)
  expect([copy.right, copy.wrong, copy.missing]).toEqual([metainfo.torrent.pieceCount, 0, 0])
  await copy.close()
})

test("blocks at once, outside their piece, and after the end", async () => {
  const steps: number[] = []
  const copy = await openReference(await folderOf(files), v1, {
    onProgress: (fraction) => steps.push(fraction),
  })
  expect(steps).toEqual([0.25, 0.5, 0.75, 1])
  const blocks = await Promise.all(
    Array.from({ length: 100 }, (_, i) => copy.block(i % 3, 1_000 * (i % 30), 1_000 + i)),
  )
  for (const [i, block] of blocks.entries()) {
    const at = (i % 3) * pieceBytes + 1_000 * (i % 30)
    expect(Buffer.from(block!).equals(joined.subarray(at, at + 1_000 + i))).toBe(true)
  }
  for (const [piece, offset, length] of [
    [0, -1, 10],
    [0, 0, 0],
    [0, 0, pieceBytes + 1],
    [3, 0, joined.length - 3 * pieceBytes + 1],
    [4, 0, 1],
    [-1, 0, 1],
    [0.5, 0, 1],
  ] as const)
    expect(await copy.block(piece, offset, length)).toBeNull()
  await copy.close()
  expect(await copy.block(0, 0, 10)).toBeNull()
  await copy.close()
})

describe("refused", () => {
  const reason = (where: string, metainfo = v1) =>
    openReference(where, metainfo).then(
      () => "opened",
      ({ code, message, hint }) => `${code}: ${message.replaceAll(root, "")} / ${hint}`,
    )
  test("no folder, none of the files, a file for a torrent of several", async () => {
    expect(await reason(join(root, "nowhere"))).toBe(
      "bad-reference: no such directory: /nowhere / Pass the folder that holds the torrent's files.",
    )
    const other = await folderOf({ other: files.f! })
    expect(await reason(other)).toMatch(
      /^bad-reference: \/\d+ holds none of the torrent's 3 files \/ Pass the folder with "d\/deep\/one" in it\.$/,
    )
    expect(await reason(join(other, "other"))).toMatch(
      /^bad-reference: \/\d+\/other is not a directory, and the torrent has 3 files \/ Pass the folder that holds them\.$/,
    )
  })
})
