/**
 * Simulated swarms seen from several places: how well the number of those who can be reached is told, whether an honest tracker is
 * accused of answering by place, and how often a lying one is. Keeps the figures in places-results.md.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { answersByPlace } from "../src/merge/answers-by-place.ts"
import { honestPlan, simulate } from "../test/measure/vantages/places.ts"
import { reachableOf, reachableRegimes } from "../test/measure/vantages/regimes.ts"
import { lies, timesNamed } from "../test/merge/lies.ts"
import { randomOf } from "./population-regimes.ts"

const runs = 1_000
const honestRuns = 10_000
const lyingRuns = 500

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`

const reachable = Object.entries(reachableRegimes).map(([name, plan]) => {
  const { given, held, values, compared, closer } = reachableOf(plan, runs)
  const error = values.map((value) => Math.abs(value - 1)).sort((a, b) => a - b)[given >> 1] ?? 0
  const nearer = compared === 0 ? "no place came to any" : `${percent(closer / compared)} of ${compared}`
  return `| ${name} | ${given} | ${percent(held / given)} | ${(values[given >> 1] ?? 0).toFixed(2)} | ${percent(error)} | ${nearer} |`
})

const verdicts = new Map<string, number>()
for (let run = 0; run < honestRuns; run++) {
  const random = randomOf((run + 10_000) * 7_919 + 3)
  for (const { verdict } of answersByPlace.judge(simulate(honestPlan(random), random).vantages, true))
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
}

const named = lies.map(({ name, plan, kind }) => {
  const { liar, others } = timesNamed(plan, kind, lyingRuns)
  return `| ${name} | ${percent(liar / lyingRuns)} | ${others} |`
})

const text = `# Several places

- \`node bench/places.ts\`, Node ${process.versions.node}, seeded

## How many can be reached

${runs} swarms each; the truth is who listens and was there in one of the audits.

| swarm and places | estimates | held the truth | median value / truth | median error | nearer than a single place's own |
| --- | --- | --- | --- | --- | --- |
${reachable.join("\n")}

## A tracker that answers by place

${honestRuns} honest swarms: ${verdicts.get("warn") ?? 0} accusations (${verdicts.get("inconclusive") ?? 0} findings were inconclusive, ${verdicts.get("pass") ?? 0} passed, ${verdicts.get("skipped") ?? 0} could not be asked).

${lyingRuns} swarms each, in which the second of three places is told:

| what | named | others accused |
| --- | --- | --- |
${named.join("\n")}
`
writeFileSync(join(import.meta.dirname, "places-results.md"), text)
process.stdout.write(text)
