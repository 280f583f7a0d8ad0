/** Scenarios of leechers at work, played or read from what was saved, and scored. */
import type { Lab } from "../../../test/clients/netns.ts"
import type { ProgressPlan } from "./plan.ts"
import { playProgress, type ProgressRecording } from "./play.ts"
import { loadProgress, saveProgress } from "./recording.ts"
import { scoreProgress, type ProgressScore } from "./score.ts"
import { progressText } from "./text.ts"

type Played = (lab: Lab, say: (line: string) => void) => Promise<ProgressRecording>

export interface ProgressOptions {
  readonly cli: string
  /** Whether libtorrent looks as well. */
  readonly compare: boolean
  /** Directories; empty: not. */
  readonly save: string
  readonly rescore: string
  readonly inLab: (play: Played) => Promise<ProgressRecording>
}

export async function progressScore(plan: ProgressPlan, options: ProgressOptions): Promise<ProgressScore> {
  const recording = await recordingOf(plan, options)
  if (options.save !== "") saveProgress(options.save, recording)
  const score = scoreProgress(recording)
  console.log(`\n${progressText(score)}\n`)
  return score
}

async function recordingOf(
  plan: ProgressPlan,
  { cli, compare, rescore, inLab }: ProgressOptions,
): Promise<ProgressRecording> {
  if (rescore === "") return inLab((lab, say) => playProgress(plan, lab, { cli, compare, say }))
  const saved = loadProgress(rescore, plan.name)
  if (saved === null) throw new Error("not saved there")
  return saved
}
