/** The script for zsh, in a real zsh behind a pseudo-terminal: Tab is pressed, and Return says what came of it. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { zshScript } from "../../src/commands/completion/zsh.ts"

/** Up to the cursor, where one answer alone fits → the words that the command gets. */
const cases: readonly [typed: string, words: string][] = [
  ["sched", "schedule"],
  ["x.torrent --max-p", "x.torrent --max-peers"],
  ["--depth hand", "--depth handshake"],
  ["--depth=hand", "--depth=handshake"],
  ["-T pol", "-T polite"],
  ["scrape --dept", "scrape --dept"],
  ["watch x.torrent --eve", "watch x.torrent --every"],
  ["x.torrent --eve", "x.torrent --eve"],
  ["inspect x.t", "inspect x.torrent"],
  ["report pa", "report page.html"],
  ["dht get-p", "dht get-peers"],
  ["schedule ins", "schedule install"],
  ["completion z", "completion zsh"],
  ["help corr", "help corrupt-data"],
  ["x.torrent -o pag", "x.torrent -o page.html"],
  ["x.torrent --reference fol", "x.torrent --reference folder"],
  ["@page", "@page.html"],
]

/** `zpty` gives what the inner zsh shows; each line of ours ends in "<done>". */
const driver = `
zmodload zsh/zpty
zpty inner zsh -f -i
send() { zpty -w inner "$1" }
send 'PS1= PS2= RPS1= ; unsetopt zle_bracketed_paste prompt_cr prompt_sp beep list_beep; autoload -Uz compinit; compinit -D -u; fpath=($PWD $fpath); autoload -Uz _torrent-audit; compdef _torrent-audit torrent-audit; setopt no_always_last_prompt; zstyle ":completion:*" list-prompt ""; LISTMAX=1000; torrent-audit() { print -r -- "<""got>$*<""done>" }; print "<""done>"'
await() { local out; zpty -r -m inner out "*$1*" ; print -r -- "$out" }
await '<done>' > /dev/null
while IFS= read -r line; do
  zpty -w -n inner "torrent-audit $line"$'\\t\\n'
  await '<done>'
done
zpty -d inner
`

let folder: string
let got: string[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-zsh-"))
  mkdirSync(join(folder, "folder"))
  for (const name of ["x.torrent", "old.json", "page.html", "pictures"]) writeFileSync(join(folder, name), "")
  writeFileSync(join(folder, "_torrent-audit"), zshScript())
  const input = cases.map(([typed]) => `${typed}\n`).join("")
  const { stdout, error } = spawnSync("zsh", ["-f", "-c", driver], {
    cwd: folder,
    input,
    encoding: "utf8",
    timeout: 60_000,
    env: { PATH: process.env["PATH"], HOME: folder, TERM: "dumb", LANG: "C.UTF-8" },
  })
  if (error) throw error
  got = [...stdout.matchAll(/<got>(.*?)<done>/g)].map(([, words = ""]) => words)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("zsh", () => {
  it.each(cases.map(([typed, words], at) => ({ typed, words, at })))("$typed", ({ words, at }) => {
    expect(got[at]?.trim()).toBe(words)
  })
})
