/** The last result of each group: bench/fuzz.json, and as a table bench/fuzz.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Group } from "../target.ts"
import type { Fuzzed } from "./start.ts"
import { fuzzFolder } from "./targets.ts"

export interface TargetResult {
  target: string
  seconds: number
  executions: number
  perSecond: number
  /** Branches taken, of those in the files that the target loads. */
  blocks: number
  blocksTotal: number
  features: number
  corpus: number
  crashes: number
}

export interface GroupResult {
  group: Group
  /** ISO 8601. */
  endedAt: string
  node: string
  minutes: number
  cpuMinutes: number
  executions: number
  /** Of all targets together, each branch once. */
  blocks: number
  blocksTotal: number
  crashes: number
  targets: TargetResult[]
}

const bench = join(fuzzFolder, "..", "..", "bench")

export const targetResult = (target: string, of: Fuzzed): TargetResult => ({
  target,
  seconds: Math.round(of.seconds),
  executions: of.executions,
  perSecond: Math.round(of.executions / Math.max(of.seconds, 1e-3)),
  blocks: of.blocks,
  blocksTotal: of.blocksTotal,
  features: of.features,
  corpus: of.corpus,
  crashes: of.crashes.length + of.lost.length,
})

export function groupResult(group: Group, each: readonly (readonly [string, Fuzzed])[]): GroupResult {
  const sum = (of: (fuzzed: Fuzzed) => number) => each.reduce((total, [, fuzzed]) => total + of(fuzzed), 0)
  const taken = new Map<string, Set<number>>()
  const counts = new Map<string, number>()
  for (const [, { files }] of each)
    for (const [file, { taken: branches, count }] of Object.entries(files)) {
      const known = taken.get(file) ?? new Set()
      branches.forEach((branch) => known.add(branch))
      taken.set(file, known)
      counts.set(file, count)
    }
  return {
    group,
    endedAt: new Date().toISOString(),
    node: process.version,
    minutes: round(sum(({ seconds }) => seconds) / 60),
    cpuMinutes: round(sum(({ cpuSeconds }) => cpuSeconds) / 60),
    executions: sum(({ executions }) => executions),
    blocks: [...taken.values()].reduce((total, branches) => total + branches.size, 0),
    blocksTotal: [...counts.values()].reduce((total, count) => total + count, 0),
    crashes: sum(({ crashes, lost }) => crashes.length + lost.length),
    targets: each.map(([name, fuzzed]) => targetResult(name, fuzzed)),
  }
}

const round = (minutes: number): number => Math.round(minutes * 10) / 10

/** Replaces the groups' earlier results, and leaves those of others. */
export function record(results: readonly GroupResult[]): void {
  const file = join(bench, "fuzz.json")
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as GroupResult[]) : []
  const others = before.filter(({ group }) => results.every((result) => result.group !== group))
  const all = [...others, ...results].toSorted((one, other) => one.group.localeCompare(other.group))
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
  writeFileSync(join(bench, "fuzz.md"), tables(all))
}

const grouped = (count: number): string => count.toLocaleString("en-GB")
const covered = (of: { blocks: number; blocksTotal: number }): string =>
  `${grouped(of.blocks)} of ${grouped(of.blocksTotal)}`

export function tables(all: readonly GroupResult[]): string {
  const groups = all.map(
    (of) =>
      `| ${of.group} | ${of.targets.length} | ${of.minutes} | ${grouped(of.executions)} | ${covered(of)} | ${of.crashes} | ${of.endedAt.slice(0, 10)} |`,
  )
  const targets = all.flatMap((of) =>
    of.targets.map(
      (each) =>
        `| ${of.group} | ${each.target} | ${each.seconds} | ${grouped(each.executions)} | ${grouped(each.perSecond)} | ${covered(each)} | ${grouped(each.features)} | ${grouped(each.corpus)} | ${each.crashes} |`,
    ),
  )
  return `# Fuzzing

Coverage-guided, \`npm run fuzz -- --minutes N\`: the last run of each group. Minutes are those that the fuzzing processes ran, corpora and
loading aside. Branches taken are counted over every file of \`src/\` (and of the packages that read strangers' bytes) that a target loads,
whether its input can lead there or not. A crash is an exception, a broken invariant, more than a second of CPU time for one input, or
512 MiB of memory.

| group | targets | minutes | executions | branches taken | crashes | day |
|---|---:|---:|---:|---:|---:|---|
${groups.join("\n")}

| group | target | seconds | executions | per second | branches taken | features | corpus | crashes |
|---|---|---:|---:|---:|---:|---:|---:|---:|
${targets.join("\n")}
`
}
