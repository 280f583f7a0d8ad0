/**
 * Is the tool right? Swarms of real clients whose truth is known, audited and scored; beside it what plain libtorrent shows.
 * Linux, root, and the clients of test/clients are needed.
 *
 *   node bench/truth/run.ts [--short] [--only NAME,NAME] [--list] [--cli FILE] [--save DIR]
 *   node bench/truth/run.ts --rescore DIR [--rejudge] [--only NAME,NAME] [--results]
 *   node bench/truth/run.ts --record CASE --only NAME
 *
 * The whole of it rewrites RESULTS.md; `--short` doesn't look with libtorrent. `--rescore` reads what `--save` kept, and
 * `--rejudge` then asks this tree what it makes of that evidence; `--results` rewrites RESULTS.md from it. `--record` makes
 * a case of fixtures/swarms, from a run or from what was saved. Exits with 1 when a scenario fails or a bound is broken; a
 * choice of scenarios has no bounds.
 */
import { existsSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { openLab, type Lab } from "../../test/clients/netns.ts"
import { table } from "../../test/clients/table.ts"
import { boundsOf } from "./bounds.ts"
import { writeFixture } from "./fixture.ts"
import { play } from "./play.ts"
import { load, save, type Recording } from "./recording.ts"
import { rejudged } from "./rejudge.ts"
import { resultOf, type Result } from "./result.ts"
import { resultsText } from "./results.ts"
import type { TruthScenario } from "./scenario.ts"
import { scenarios } from "./scenarios/index.ts"
import { resultText } from "./text.ts"

const ownCli = fileURLToPath(new URL("../../bin/torrent-audit.js", import.meta.url))
const built = fileURLToPath(new URL("../../dist/cli.js", import.meta.url))
const resultsFile = fileURLToPath(new URL("RESULTS.md", import.meta.url))

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    list: { type: "boolean", default: false },
    cli: { type: "string", default: ownCli },
    save: { type: "string", default: "" },
    rescore: { type: "string", default: "" },
    rejudge: { type: "boolean", default: false },
    results: { type: "boolean", default: false },
    record: { type: "string", default: "" },
  },
})

function chosen(): readonly TruthScenario[] {
  const names = values.only.split(",").filter((name) => name !== "")
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name))
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(", ")}`)
  if (names.length > 0) return scenarios.filter(({ name }) => names.includes(name))
  return scenarios.filter(({ short }) => short || !values.short)
}

const open = new Set<Lab>()

async function played(scenario: TruthScenario): Promise<Recording> {
  const began = performance.now()
  const lab = await openLab({ keep: false })
  open.add(lab)
  try {
    return await play(scenario, lab, {
      cli: values.cli,
      compare: !values.short && values.record === "",
      say: (line) => console.log(`  ${((performance.now() - began) / 1_000).toFixed(1)} s: ${line}`),
    })
  } finally {
    await lab.close()
    open.delete(lab)
  }
}

async function recordingOf(scenario: TruthScenario): Promise<Recording> {
  if (values.rescore === "") return played(scenario)
  const saved = load(values.rescore, scenario.name)
  if (saved === null) throw new Error("not saved there")
  return values.rejudge ? { ...saved, snapshot: rejudged(saved.snapshot) } : saved
}

async function main(): Promise<number> {
  if (values.list) {
    for (const { name, title, short } of scenarios)
      console.log(`${name.padEnd(14)} ${short ? "short" : "     "}  ${title}`)
    return 0
  }
  if (values.rescore === "" && values.cli === ownCli && !existsSync(built))
    throw new Error("dist/cli.js is missing: npm run build")
  const wanted = chosen()
  if (values.record !== "" && wanted.length !== 1) throw new Error("--record wants one scenario: --only NAME")

  const results: Result[] = []
  let failed = 0
  for (const scenario of wanted) {
    console.log(`${scenario.name}: ${scenario.title}`)
    try {
      const result = await resultFor(scenario)
      console.log(`\n${resultText(result)}\n`)
      results.push(result)
    } catch (error) {
      // The others took minutes, or will: one that could not be played must not cost them.
      console.log(`  FAILED: ${error instanceof Error ? error.message : String(error)}\n`)
      failed++
    }
  }
  return Math.max(concluded(results), failed > 0 ? 1 : 0)
}

async function resultFor(scenario: TruthScenario): Promise<Result> {
  const recording = await recordingOf(scenario)
  if (values.save !== "") save(values.save, recording)
  if (values.record !== "")
    console.log(writeFixture(values.record, `Real clients: ${scenario.title}.`, recording))
  return resultOf(recording, scenario.title)
}

function concluded(results: readonly Result[]): number {
  const bounds = boundsOf(
    results.map(({ ours }) => ours),
    values.short ? "short" : "long",
  )
  const rows = bounds.map(({ what, measured, bound, ok }) => [what, measured, bound, ok ? "pass" : "FAIL"])
  console.log(table([["over these scenarios", "measured", "bound", ""], ...rows]))
  const whole = results.length === scenarios.length
  if (values.results && !whole) throw new Error("RESULTS.md is about all scenarios: some are not there")
  if (whole && (values.rescore === "" || values.results))
    writeFileSync(resultsFile, resultsText(results, bounds, "npm run bench:truth"))
  return values.only !== "" || bounds.every(({ ok }) => ok) ? 0 : 1
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.once(signal, () => {
    void Promise.allSettled([...open].map((lab) => lab.close())).then(() => process.exit(code))
  })

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
