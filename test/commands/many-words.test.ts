/** Directories and lists → targets. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { directoriesIn, fileIn } from "../../src/commands/deliver/directories.ts"
import { isPlural, namedBy } from "../../src/commands/many/words.ts"
import { limits } from "../../src/limits.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-words-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (path: string) => join(folder, path)
function put(path: string, text = "d4:infod"): void {
  mkdirSync(join(at(path), ".."), { recursive: true })
  writeFileSync(at(path), text)
}
const named = async (...words: string[]) =>
  (await namedBy(words)).map(({ target, error }) =>
    error === null ? target.replace(`${folder}/`, "") : [target.replace(`${folder}/`, ""), error.code],
  )

describe("a directory", () => {
  it("is every .torrent in it and below, by path; others and hidden ones are left", async () => {
    for (const path of [
      "t/b.torrent",
      "t/a.TORRENT",
      "t/sub/c.torrent",
      "t/x.iso",
      "t/._b.torrent",
      "t/.session/d.torrent",
    ])
      put(path)
    expect(await named(at("t"))).toEqual(["t/a.TORRENT", "t/b.torrent", "t/sub/c.torrent"])
  })

  it("follows no link that leaves it, nor one to a directory", async () => {
    for (const path of ["t/a.torrent", "elsewhere/b.torrent"]) put(path)
    symlinkSync(at("t/a.torrent"), at("t/inside.torrent"))
    symlinkSync(at("elsewhere/b.torrent"), at("t/outside.torrent"))
    symlinkSync(at("nowhere"), at("t/dangling.torrent"))
    symlinkSync(at("t"), at("t/loop"))
    mkdirSync(at("t/folder.torrent"))
    expect(await named(at("t"))).toEqual(["t/a.torrent", "t/inside.torrent"])
  })

  it("without any is a target that failed", async () => {
    mkdirSync(at("empty"))
    put("a.torrent")
    expect(await named(at("empty"), at("a.torrent"))).toEqual([["empty", "no-file"], "a.torrent"])
  })
})

describe("a list", () => {
  it("has a target a line, from its own directory on", async () => {
    const hash = "ab".repeat(20)
    put("torrents/sub/x.torrent")
    put(`lists/${"cd".repeat(20)}`)
    const lines = [
      "\uFEFF# ours",
      "",
      "  ../torrents/y.torrent ",
      `magnet:?xt=urn:btih:${hash}`,
      hash,
      "cd".repeat(20),
      "https://example.org/#1.torrent",
      "../torrents/sub",
    ]
    put("lists/prod.list", lines.join("\r\n"))
    expect(await named(`@${at("lists/prod.list")}`)).toEqual([
      "torrents/y.torrent",
      `magnet:?xt=urn:btih:${hash}`,
      hash,
      `lists/${"cd".repeat(20)}`,
      "https://example.org/#1.torrent",
      "torrents/sub/x.torrent",
    ])
  })

  it("names neither another list nor standard input", async () => {
    put("prod.list", "@other.list\n-\n")
    expect(await named(`@${at("prod.list")}`)).toEqual([
      ["@other.list", "unsupported"],
      ["-", "unsupported"],
    ])
  })

  it.each([
    ["missing", null],
    ["empty", "# nothing\n\n"],
  ])("that is %s is a target that failed", async (_, text) => {
    if (text !== null) put("prod.list", text)
    expect(await named(`@${at("prod.list")}`)).toEqual([
      [`@${at("prod.list").replace(`${folder}/`, "")}`, "no-file"],
    ])
  })

  it("has bounds, which end the command rather than leave something out", async () => {
    put("long.list", "x\n".repeat(limits.many.maxTargets + 1))
    put("huge.list", "#".repeat(limits.many.maxListBytes + 1))
    for (const list of ["long.list", "huge.list"])
      await expect(namedBy([`@${at(list)}`])).rejects.toMatchObject({ code: "too-large" })
  })
})

it("words that stand for one target stay what they are", async () => {
  put("a.torrent")
  const words = ["-", "magnet:?xt=x", "https://example.org/x", at("a.torrent"), "nowhere", "@"]
  expect(await named(...words)).toEqual([
    "-",
    "magnet:?xt=x",
    "https://example.org/x",
    "a.torrent",
    "nowhere",
    "@",
  ])
  expect(await Promise.all([...words, "@x", folder].map(isPlural))).toEqual([
    ...words.map(() => false),
    true,
    true,
  ])
})

describe("-o DIR/", () => {
  it("is made, and is no file", async () => {
    mkdirSync(at("there"))
    expect(
      await directoriesIn({ out: [`${at("new/deep")}/`, at("x.json"), at("there")], quiet: true }),
    ).toEqual({
      directories: [`${at("new/deep")}/`, at("there")],
      flags: { out: [at("x.json")], quiet: true },
    })
    expect(await isPlural(at("new/deep"))).toBe(true)
    put("file", "")
    await expect(directoriesIn({ out: [`${at("file")}/x/`] })).rejects.toMatchObject({ code: "cant-write" })
  })

  it.each([
    ["dataset-2019.tar", "dataset-2019.tar-febb7bce.json.gz"],
    ["../../etc/passwd", "etc_passwd-febb7bce.json.gz"],
    ["-rf\u0000\n\u202e x", "rf_x-febb7bce.json.gz"],
    [".hidden..", "hidden-febb7bce.json.gz"],
    ["日本語 / name", "日本語_name-febb7bce.json.gz"],
    ["", "torrent-febb7bce.json.gz"],
    ["///", "torrent-febb7bce.json.gz"],
    ["é".repeat(500), `${"é".repeat(80)}-febb7bce.json.gz`],
    ["\ud800x", "x-febb7bce.json.gz"],
  ])("%j becomes a name that is safe", (name, file) => {
    expect(fileIn("d", { name, infoHashV1: "febb7bcebe4e", infoHashV2: null })).toBe(`d/${file}`)
  })
})
