/** The script for bash, in a real bash: one process, all questions. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bashScript } from "../../src/commands/completion/bash.ts"

/** Words as Readline takes them apart, the last one under the cursor → what is offered, all of it or some. */
const cases: readonly [words: string, offered: readonly string[], not?: readonly string[]][] = [
  ["torrent-audit sch", ["schedule", "schema"]],
  ["torrent-audit ", ["scrape", "dht", "a b.torrent", "folder", "x.torrent"], ["old.json"]],
  ["torrent-audit x.torrent --max-p", ["--max-peers"]],
  ["torrent-audit --depth ha", ["handshake"]],
  ["torrent-audit --depth = ha", ["handshake"]],
  ["torrent-audit --depth =", ["scrape", "discover", "handshake", "sample", "full"]],
  ["torrent-audit -T p", ["polite"]],
  ["torrent-audit scrape --dep", [], ["--depth"]],
  ["torrent-audit watch --ev", ["--every"]],
  ["torrent-audit x.torrent --ev", []],
  ["torrent-audit --timeout 3m re", ["report"]],
  ["torrent-audit --timeout re", []],
  ["torrent-audit report ", ["folder", "old.json", "old.json.gz", "page.html"], ["x.torrent"]],
  ["torrent-audit diff old.json old", ["old.json", "old.json.gz"]],
  ["torrent-audit merge old.json ", ["folder", "old.json", "old.json.gz", "page.html"], ["x.torrent"]],
  ["torrent-audit inspect x", ["x.torrent"]],
  ["torrent-audit dht get", ["get-peers", "get"]],
  ["torrent-audit dht get-peers x", ["x.torrent"]],
  ["torrent-audit schedule in", ["install"]],
  ["torrent-audit completion ", ["bash", "zsh"]],
  ["torrent-audit schema c", ["config"]],
  ["torrent-audit help corr", ["corrupt-data"]],
  ["torrent-audit help exit", ["exit-codes"]],
  ["torrent-audit x.torrent -o old.json.", ["old.json.gz"]],
  ["torrent-audit x.torrent --reference fo", ["folder"]],
  ["torrent-audit @ol", ["@old.json", "@old.json.gz"]],
  ["torrent-audit demo ", []],
  ["torrent-audit -- --o", ["--odd.torrent"]],
]

let folder: string
let answers: string[][]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-completion-"))
  mkdirSync(join(folder, "folder"))
  for (const name of ["x.torrent", "a b.torrent", "--odd.torrent", "old.json", "old.json.gz", "page.html"])
    writeFileSync(join(folder, name), "")
  const ask = ({ words }: { words: readonly string[] }) =>
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _torrent_audit
     for each in "\${COMPREPLY[@]}"; do printf '%s\\n' "$each"; done; printf -- '----\\n'`
  const script = [bashScript(), ...cases.map(([line]) => ask({ words: line.split(" ") }))].join("\n")
  // Whatever the user has set must not matter to it.
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", `set -u\n${script}`], {
    cwd: folder,
    encoding: "utf8",
  })
  if (stderr !== "") throw new Error(stderr)
  answers = stdout.split("----\n").map((text) => text.split("\n").filter(Boolean))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("bash", () => {
  it.each(cases.map(([line, offered, not], at) => ({ line, offered, not, at })))(
    "$line",
    ({ line, offered, not = [], at }) => {
      const answer = answers[at] ?? ["not asked"]
      expect(answer).toEqual(expect.arrayContaining([...offered]))
      expect(answer.filter((each) => not.includes(each))).toEqual([])
      expect(new Set(answer).size).toBe(answer.length)
      // Where something was begun, nothing else may be offered.
      const isBegun = !line.endsWith(" ") && !line.endsWith("=")
      expect(answer.length > offered.length && isBegun).toBe(false)
    },
  )
})
