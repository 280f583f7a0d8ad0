/** What an honest run takes: the memory that a hostile one is held against. */
import type { HostileCase, Stage, Staged } from "./case.ts"
import { stageSwarm } from "./swarm.ts"

/** A tracker, one seed, and nobody else: for cases that name no run of their own shape. */
export async function oneHonestSeed(stage: Stage): Promise<Staged> {
  const swarm = await stageSwarm(stage)
  return swarm.staged({ check: () => "the seed was verified" })
}

export const honestStageOf = ({ honest }: HostileCase): NonNullable<HostileCase["honest"]> =>
  honest ?? oneHonestSeed

/** Each honest run once, whoever shares it, under one case that has it. */
export function honestRuns(
  cases: readonly HostileCase[],
): Map<NonNullable<HostileCase["honest"]>, HostileCase> {
  const runs = new Map<NonNullable<HostileCase["honest"]>, HostileCase>()
  for (const each of cases) if (!runs.has(honestStageOf(each))) runs.set(honestStageOf(each), each)
  return runs
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}
