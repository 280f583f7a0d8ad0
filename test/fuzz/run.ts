/** `npm run fuzz -- --minutes N`: every group for N minutes, its targets sharing them. Exits 1 where anything broke. */
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { textOf } from "./engine/crash.ts"
import type { Progress } from "./engine/process.ts"
import { groupResult, record, targetResult } from "./engine/results.ts"
import { fuzzOne, type Fuzzed } from "./engine/start.ts"
import { findTargets, fuzzFolder, type Found } from "./engine/targets.ts"

const usage = `npm run fuzz -- [options]
  --minutes N       of fuzzing for each group (default 1)
  --group a,b       torrent, discovery, wire, files, sessions (default: all)
  --target a,b      only these, N minutes for all of them together; nothing is recorded in bench/
  --jobs N          processes at once (default 1)
  --nice N          0 to 19 (default 10)
  --seed N          of chance (default: the clock)
  --minimise        write what is best of the inputs to test/fuzz/corpus
  --fresh           forget what earlier runs found (test/fuzz/found)
  --list            targets and their groups
  --replay FILE     run one input through the one --target`

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    group: { type: "string" },
    target: { type: "string" },
    jobs: { type: "string", default: "1" },
    nice: { type: "string", default: "10" },
    seed: { type: "string" },
    minimise: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    replay: { type: "string" },
    help: { type: "boolean", default: false },
  },
})

const crashFolder = join(fuzzFolder, "crashes")
const say = (line: string) => process.stdout.write(`${line}\n`)
const wanted = (list: string | undefined, name: string) =>
  list === undefined || list.split(",").includes(name)

async function main(): Promise<number> {
  if (values.help) {
    say(usage)
    return 0
  }
  const all = await findTargets()
  const unknown = (values.target ?? "")
    .split(",")
    .filter((name) => name && !all.some(({ target }) => target.name === name))
  if (unknown.length > 0) throw new Error(`no target ${unknown.join(", ")}: see --list`)
  const found = all.filter(
    ({ target }) => wanted(values.target, target.name) && wanted(values.group, target.group),
  )
  if (values.list) {
    const groups = Map.groupBy(found, ({ target }) => target.group)
    for (const [group, members] of groups)
      say(`${group}:\n${members.map(({ target }) => `  ${target.name}`).join("\n")}`)
    return 0
  }
  if (values.replay !== undefined) return await replay(found, values.replay)
  if (found.length === 0) throw new Error("no such target")
  for (const name of ["minutes", "jobs"] as const)
    if (!(Number(values[name]) > 0)) throw new Error(`--${name} ${values[name]}: not a number above 0`)
  if (values.fresh) rmSync(join(fuzzFolder, "found"), { recursive: true, force: true })

  mkdirSync(join(fuzzFolder, "found"), { recursive: true })

  const groups =
    values.target === undefined ? [...new Set(found.map(({ target }) => target.group))] : ["chosen"]
  let broken = 0
  for (const group of groups) {
    const members = found.filter(({ target }) => group === "chosen" || target.group === group)
    const results = await fuzzAll(members, (Number(values.minutes) * 60) / members.length)
    const [first] = members
    if (!first) continue
    const result = groupResult(first.target.group, results)
    broken += result.crashes
    say(
      `${group}: ${result.minutes} minutes, ${result.executions} executions, ${result.blocks} of ${result.blocksTotal} branches, ${result.crashes} crashes`,
    )
    if (group !== "chosen") record([result])
  }
  return broken > 0 ? 1 : 0
}

async function fuzzAll(members: readonly Found[], seconds: number): Promise<[string, Fuzzed][]> {
  const queue = [...members]
  const results = new Map<string, Fuzzed>()
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { target, file } = next
      const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
      const { minimise } = values
      const resultFile = join(fuzzFolder, "found", `${target.name}.json`)
      const order = { file, name: target.name, seconds, seed, crashFolder, resultFile, minimise }
      const fuzzed = await fuzzOne(order, Number(values.nice), (progress) => show(target.name, progress))
      results.set(target.name, fuzzed)
      report(target.name, fuzzed)
    }
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker))
  return members.flatMap(({ target }) => {
    const fuzzed = results.get(target.name)
    return fuzzed ? [[target.name, fuzzed] as [string, Fuzzed]] : []
  })
}

function show(name: string, { seconds, executions, blocks, crashes }: Progress): void {
  if (process.stderr.isTTY)
    process.stderr.write(
      `\r\x1b[K${name} ${Math.round(seconds)} s, ${executions} executions, ${blocks} branches, ${crashes.length} crashes\r`,
    )
}

function report(name: string, fuzzed: Fuzzed): void {
  const of = targetResult(name, fuzzed)
  say(
    [
      of.target.padEnd(24),
      `${of.seconds} s`.padStart(7),
      `${of.executions} runs`.padStart(15),
      `${of.perSecond}/s`.padStart(9),
      `${of.blocks} of ${of.blocksTotal} branches`.padStart(24),
      `${of.features} features`.padStart(15),
      `corpus ${of.corpus}`.padStart(12),
      `${of.crashes} crashes`.padStart(11),
    ].join(" "),
  )
  for (const file of fuzzed.crashes) say(`  ${file}\n    ${firstLines(`${file}.txt`)}`)
  for (const ended of fuzzed.lost) say(`  ended early: ${ended}`)
}

const firstLines = (file: string): string => readFileSync(file, "utf8").split("\n").slice(0, 4).join("\n    ")

async function replay(found: readonly Found[], file: string): Promise<number> {
  const [only] = found
  if (!only || found.length > 1) throw new Error("--replay needs one --target")
  try {
    await only.target.run(new Uint8Array(readFileSync(file)))
    say("nothing broke")
    return 0
  } catch (error) {
    say(textOf(error))
    return 1
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
  process.exitCode = 2
}
