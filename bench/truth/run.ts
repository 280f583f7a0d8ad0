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
import type { ProgressPlan } from "./progress/plan.ts"
import { progressScore } from "./progress/run.ts"
import { progressBounds, type ProgressScore } from "./progress/score.ts"
import { progressResults } from "./progress/text.ts"
import { load, save, type Recording } from "./recording.ts"
import { rejudged } from "./rejudge.ts"
import { resultOf, type Result } from "./result.ts"
import { resultsText } from "./results.ts"
import type { TruthScenario } from "./scenario.ts"
import { scenarios } from "./scenarios/index.ts"
import { progress } from "./scenarios/progress.ts"
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

function chosen(): { wanted: readonly TruthScenario[]; progressing: readonly ProgressPlan[] } {
  const names = values.only.split(",").filter((name) => name !== "")
  const known = new Set([...scenarios, ...progress].map(({ name }) => name))
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(", ")}`)
  const isChosen = ({ name, short }: { name: string; short: boolean }) =>
    names.length > 0 ? names.includes(name) : short || !values.short
  return { wanted: scenarios.filter(isChosen), progressing: progress.filter(isChosen) }
}

const open = new Set<Lab>()

const compare = !values.short && values.record === ""
/** The short form has one scenario with a copy, and now and then a client waits long for its last piece. */
const copies = values.short ? 3 : 1

async function inLab<T>(playIn: (lab: Lab, say: (line: string) => void) => Promise<T>): Promise<T> {
  const began = performance.now()
  const lab = await openLab({ keep: false })
  open.add(lab)
  try {
    return await playIn(lab, (line) =>
      console.log(`  ${((performance.now() - began) / 1_000).toFixed(1)} s: ${line}`),
    )
  } finally {
    await lab.close()
    open.delete(lab)
  }
}

const played = (scenario: TruthScenario): Promise<Recording> =>
  inLab((lab, say) => play(scenario, lab, { cli: values.cli, compare, copies, say }))

async function recordingOf(scenario: TruthScenario): Promise<Recording> {
  if (values.rescore === "") return played(scenario)
  const saved = load(values.rescore, scenario.name)
  if (saved === null) throw new Error("not saved there")
  return values.rejudge ? { ...saved, snapshot: rejudged(saved.snapshot) } : saved
}

async function main(): Promise<number> {
  if (values.list) {
    for (const { name, title, short } of [...scenarios, ...progress])
      console.log(`${name.padEnd(18)} ${short ? "short" : "     "}  ${title}`)
    return 0
  }
  if (values.rescore === "" && values.cli === ownCli && !existsSync(built))
    throw new Error("dist/cli.js is missing: npm run build")
  const { wanted, progressing } = chosen()
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
  const leechers: ProgressScore[] = []
  for (const plan of progressing) {
    console.log(`${plan.name}: ${plan.title}`)
    try {
      const { cli, save: keep, rescore } = values
      leechers.push(await progressScore(plan, { cli, compare, save: keep, rescore, inLab }))
    } catch (error) {
      console.log(`  FAILED: ${error instanceof Error ? error.message : String(error)}\n`)
      failed++
    }
  }
  return Math.max(concluded(results, leechers), failed > 0 ? 1 : 0)
}

async function resultFor(scenario: TruthScenario): Promise<Result> {
  const recording = await recordingOf(scenario)
  if (values.save !== "") save(values.save, recording)
  if (values.record !== "")
    console.log(writeFixture(values.record, `Real clients: ${scenario.title}.`, recording))
  return resultOf(recording, scenario.title)
}

function concluded(results: readonly Result[], leechers: readonly ProgressScore[]): number {
  const form = values.short ? "short" : "long"
  const scores = results.map(({ ours }) => ours)
  const bounds = [
    ...(results.length > 0 ? boundsOf(scores, form) : []),
    ...(leechers.length > 0 ? progressBounds(leechers, form) : []),
  ]
  const rows = bounds.map(({ what, measured, bound, ok }) => [what, measured, bound, ok ? "pass" : "FAIL"])
  console.log(table([["over these scenarios", "measured", "bound", ""], ...rows]))
  const whole = results.length === scenarios.length && leechers.length === progress.length
  if (values.results && !whole) throw new Error("RESULTS.md is about all scenarios: some are not there")
  if (whole && (values.rescore === "" || values.results))
    writeFileSync(resultsFile, resultsText(results, bounds, "npm run bench:truth") + leechersText(leechers))
  return values.only !== "" || bounds.every(({ ok }) => ok) ? 0 : 1
}

const leechersText = (scores: readonly ProgressScore[]): string =>
  `\n${progressResults(scores, new Map(progress.map(({ name, title }) => [name, title])))}\n`

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
