/**
 * Hostile strangers against the built program, one behaviour at a time: does it stay up, end in time, keep its memory, and still tell the
 * truth about whoever is honest?
 *
 *   node bench/hostile/run.ts [--only ID,ID] [--merge] [--list] [--jobs N] [--no-build]
 *
 * The whole of it rewrites RESULTS.md and results.json. `--only` takes beginnings of ids too (`peer-have`), and saves nothing; with `--merge`
 * its rows replace those of the last run. Exits with 1 on a crash, a hang, a wrong end, or more than 64 MiB above an honest run.
 */
import { fork, type ChildProcess } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { buildProgram, type Program } from "../../test/support/build-program.ts"
import type { HostileCase } from "./case.ts"
import { cases } from "./cases.ts"
import { honestRuns, honestStageOf, median } from "./honest.ts"
import type { Played } from "./play.ts"
import { isGood, lineOf, resultsText, rowOf, totalsOf, type Row } from "./table.ts"

const honestTries = 3
/** By `npm run build`. */
const builtBefore: Program = {
  path: join(import.meta.dirname, "..", "..", "bin", "torrent-audit.js"),
  remove() {},
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    merge: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    jobs: { type: "string", default: "2" },
    "no-build": { type: "boolean", default: false },
  },
})

function chosen(): readonly HostileCase[] {
  const wanted = values.only.split(",").filter((id) => id !== "")
  if (wanted.length === 0) return cases
  const unknown = wanted.filter((id) => !cases.some((each) => each.id.startsWith(id)))
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(", ")}`)
  return cases.filter(({ id }) => wanted.some((begin) => id.startsWith(begin)))
}

const players = new Set<ChildProcess>()

function playerOf(program: string, compileCache: string) {
  const player = join(import.meta.dirname, "player.ts")
  return (id: string, how: "hostile" | "honest"): Promise<Played> =>
    new Promise((resolve) => {
      const child = fork(player, [id, how, program, compileCache])
      players.add(child)
      let played: Played | null = null
      child.once("message", (message) => (played = message as Played))
      child.once("exit", (code, signal) => {
        players.delete(child)
        const happened = `the stranger's own process ended: ${signal ?? `exit ${code}`}`
        resolve(played ?? { verdict: "broken", happened, wallMs: 0, peakRssBytes: 0 })
      })
    })
}

/** Several at a time, in order. */
async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const line = async () => {
    for (const item of waiting) await act(item)
  }
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, line))
}

async function playAll(
  wanted: readonly HostileCase[],
  program: string,
  compileCache: string,
): Promise<number> {
  const began = performance.now()
  const play = playerOf(program, compileCache)
  // Compiled and kept by Node the first time, which costs memory of its own.
  await play(wanted[0]?.id ?? "", "honest")

  const peaks = new Map<unknown, number[]>()
  const shapes = [...honestRuns(wanted)]
  await each(
    shapes.flatMap((shape) => Array.from({ length: honestTries }, () => shape)),
    async ([shape, { id }]) => {
      const { verdict, happened, peakRssBytes } = await play(id, "honest")
      if (verdict !== "survived") console.log(`FAIL honest run of ${id}: ${verdict}: ${happened}`)
      peaks.set(shape, [...(peaks.get(shape) ?? []), peakRssBytes])
    },
  )

  const rowById = new Map<string, Row>()
  await each(wanted, async (one) => {
    const row = rowOf(one, await play(one.id, "hostile"), median(peaks.get(honestStageOf(one)) ?? []))
    rowById.set(one.id, row)
    console.log(lineOf(row))
  })
  const rows = wanted.flatMap(({ id }) => rowById.get(id) ?? [])
  const wallMs = performance.now() - began
  console.log(totalsOf(rows, wallMs))
  if (wanted === cases) save(rows, wallMs)
  else if (values.merge) save(merged(rowById), wallMs)
  return rows.every(isGood) ? 0 : 1
}

const [textFile, jsonFile] = ["RESULTS.md", "results.json"].map((name) =>
  join(import.meta.dirname, name),
) as [string, string]

/** Those of the last run, as far as these cases are still there, with the new ones in their place. */
function merged(fresh: ReadonlyMap<string, Row>): Row[] {
  const { rows } = existsSync(jsonFile)
    ? (JSON.parse(readFileSync(jsonFile, "utf8")) as { rows: Row[] })
    : { rows: [] }
  const last = new Map(rows.map((row) => [row.id, row]))
  return cases.flatMap((each) => {
    const row = fresh.get(each.id) ?? last.get(each.id)
    const { id, stranger, does, bound } = each
    return row ? [{ ...row, id, stranger, does, bound }] : []
  })
}

function save(rows: readonly Row[], wallMs: number): void {
  const on = `${cpus().length} cores, Node ${process.versions.node}, ${values.jobs} cases at a time${values.merge ? ", in parts" : ""}`
  const at = new Date().toISOString().slice(0, 10)
  const totals = totalsOf(rows, wallMs)
  const honestShapes = honestRuns(cases).size
  writeFileSync(textFile, resultsText(rows, totals, { on, at, honestShapes }))
  writeFileSync(jsonFile, `${JSON.stringify({ at, on, totals, rows }, null, 2)}\n`)
}

async function main(): Promise<number> {
  const wanted = chosen()
  if (values.list) {
    for (const { id, stranger, does } of wanted)
      console.log(`${id.padEnd(36)} ${stranger.padEnd(16)} ${does}`)
    return 0
  }
  const program = values["no-build"] ? builtBefore : await buildProgram()
  const compileCache = mkdtempSync(join(tmpdir(), "torrent-audit-hostile-cache-"))
  const cleanUp = () => {
    for (const player of players) player.kill()
    program.remove()
    rmSync(compileCache, { recursive: true, force: true })
  }
  process.once("SIGINT", () => process.exit(130))
  process.once("SIGTERM", () => process.exit(143))
  process.once("exit", cleanUp)
  return playAll(wanted, program.path, compileCache)
}

process.exitCode = await main()
