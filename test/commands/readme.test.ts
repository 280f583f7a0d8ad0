/** Every `torrent-audit …` line of README.md and of the help pages, split by a real shell, is one that the program takes. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import type { Flags } from "../../src/commands/context.ts"
import { dhtOptions } from "../../src/commands/dht/options.ts"
import { diffOptions } from "../../src/commands/diff/options.ts"
import { directoriesIn } from "../../src/commands/deliver/directories.ts"
import { firstScreen, helpPage } from "../../src/commands/help.ts"
import { commandTopics, subjectTopics } from "../../src/commands/help/topics.ts"
import { checkSettings } from "../../src/commands/config/layers.ts"
import { specOf, type OptionSpec } from "../../src/commands/options.ts"
import { parse, type Parsed } from "../../src/commands/parse.ts"
import { gatherOptions, outputOptions, storeOf } from "../../src/commands/request.ts"
import { commandNames } from "../../src/commands/target.ts"
import { parseAge } from "../../src/commands/values.ts"
import { watchOptions } from "../../src/commands/watch/options.ts"
import { InputError } from "../../src/failure.ts"

const folder = mkdtempSync(join(tmpdir(), "torrent-audit-readme-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a shell gives to `torrent-audit`, call by call, when nothing else on its PATH does anything. */
function shellWords(lines: readonly string[]): string[][] {
  const [programs, home, calls] = [join(folder, "bin"), join(folder, "home"), join(folder, "calls")]
  for (const path of [programs, join(home, ".zfunc")]) mkdirSync(path, { recursive: true })
  writeFileSync(calls, "")
  const program = (name: string, body: string) =>
    writeFileSync(join(programs, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  for (const name of ["npm", "jq", "cat", "mkdir", "alert", "createdb", "psql"]) program(name, ":")
  program("torrent-audit", `printf '%s\\0' "$#" "$@" >> ${calls}`)
  const env = { PATH: programs, HOME: home }
  const ran = spawnSync("/bin/sh", ["-eu"], { input: lines.join("\n"), cwd: home, env, encoding: "utf8" })
  expect(ran).toMatchObject({ status: 0, stderr: "" })
  const found: string[][] = []
  const words = readFileSync(calls, "utf8").split("\0")
  for (let at = 0; at < words.length - 1; at += 1 + Number(words[at]))
    found.push(words.slice(at + 1, at + 1 + Number(words[at])))
  return found
}

/** Neither a network nor a state directory is touched. Throws InputError. */
async function check({ command, targets, flags }: Parsed): Promise<void> {
  const { flags: given } = await directoriesIn({ ...flags, "dry-run": true })
  const settings = Object.entries(given).filter(([name, value]) => value !== true && !apart.has(name))
  await checkSettings(Object.fromEntries(settings), ({ name }) => `--${name}`)
  const counts = targetsOf[command] ?? [1, Infinity]
  expect(targets.length + (flags.last === undefined ? 0 : 0.5)).toBeGreaterThanOrEqual(counts[0])
  expect(targets.length).toBeLessThanOrEqual(counts[1])
  await checks[command]?.(given, targets)
}

/** They mean something else to some commands, and are checked there. */
const apart = new Set(["last", "fail-on", "max-age", "prune", "format"])
const ages = (flags: Flags) => {
  for (const name of ["max-age", "prune"] as const) {
    const value = flags[name]
    if (value !== undefined && value !== true) parseAge(specOf(name) as OptionSpec, value.at(-1) ?? "")
  }
}
const audits = (flags: Flags) => void [gatherOptions(flags), outputOptions(flags)]
const judges = (flags: Flags) => void [outputOptions(flags), ages(flags)]

const checks: Record<string, (flags: Flags, targets: readonly string[]) => unknown> = {
  audit: audits,
  scrape: audits,
  peers: audits,
  demo: audits,
  doctor: (flags) => gatherOptions(flags),
  watch: (flags) => [audits(flags), watchOptions(flags)],
  schedule: (flags, [action]) => {
    expect(["install", "list", "remove"]).toContain(action)
    expect(action === "install").toBe(flags.every !== undefined)
    audits(flags)
  },
  fleet: (flags, [action, ...targets]) => {
    expect(["init", "add", "worker", "status", "remove"]).toContain(action)
    expect(action === "add").toBe(flags.every !== undefined)
    expect(action === "add" || action === "remove").toBe(
      targets.length > 0 || (action === "remove" && flags.vantage !== undefined),
    )
    if (action === "worker") expect(flags.vantage).toBeDefined()
    storeOf(flags)
    audits(flags)
  },
  report: judges,
  history: judges,
  diff: diffOptions,
  merge: judges,
  dht: (flags, [name]) => {
    expect(["announce", "put"].includes(name ?? "")).toBe(flags.yes === true)
    return dhtOptions(flags)
  },
}

/** The fewest and the most; `--last` stands for half a one. */
const targetsOf: Record<string, readonly [number, number]> = {
  audit: [0, Infinity],
  demo: [0, 0],
  doctor: [0, 0],
  history: [0, 1],
  report: [0.5, 1],
  diff: [1.5, 2],
  merge: [0.5, Infinity],
  schema: [0, 1],
  inspect: [1, 1],
  completion: [1, 1],
}

async function mistakesIn(lines: readonly string[]): Promise<{ calls: number; mistakes: string[] }> {
  const mistakes: string[] = []
  const calls = shellWords(lines)
  for (const words of calls)
    try {
      await check(await parse(words, ["audit", ...commandNames]))
    } catch (error) {
      const why = error instanceof InputError ? `${error.message}; ${error.hint}` : String(error)
      mistakes.push(`torrent-audit ${words.join(" ")}: ${why}`)
    }
  return { calls: calls.length, mistakes }
}

const callsIn = (text: string) => text.match(/^(?:.*[|&(] )?torrent-audit /gm)?.length ?? 0

describe("command lines that we print", () => {
  it("README.md's", async () => {
    const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8")
    const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block)
    const { calls, mistakes } = await mistakesIn(blocks)
    expect(mistakes).toEqual([])
    expect(calls).toBe(callsIn(blocks.join("")))
    expect(calls).toBeGreaterThan(30)
  })

  it("README.md names only topics of help that there are", async () => {
    const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8")
    const named = [...readme.matchAll(/torrent-audit help ([a-z-]+)/g)].map(([, topic = ""]) => topic)
    const pages = await Promise.all(named.map(helpPage))
    expect(named.filter((_, at) => pages[at] === null)).toEqual([])
  })

  const topics = [...Object.keys(commandTopics), ...Object.keys(subjectTopics)]

  it.each(["--help", ...topics])("help %s", async (topic) => {
    const page = topic === "--help" ? firstScreen : await helpPage(topic)
    const examples = (page ?? "")
      .replaceAll("--tracker URL", "--tracker udp://tracker.example:6969")
      .replaceAll("HOST:PORT", "127.0.0.1:1080")
      .split("\n")
      .filter((line) => /^ {2}(\S.*[|&] )?torrent-audit /.test(line))
      // What it does stands behind two spaces.
      .map((line) => line.trim().replace(/ {2,}.*/, ""))
      .map((line) => line.replace(/ \\$/, ""))
    const { calls, mistakes } = await mistakesIn(examples)
    expect(mistakes).toEqual([])
    expect(calls).toBe(examples.length)
  })
})
