/** What a scenario of leechers gave, as a file: a score can be computed again without the lab. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ProgressRecording } from "./play.ts"

const fileOf = (directory: string, scenario: string): string => join(directory, scenario, "progress.json")

export function saveProgress(directory: string, recording: ProgressRecording): void {
  mkdirSync(join(directory, recording.scenario), { recursive: true })
  writeFileSync(fileOf(directory, recording.scenario), `${JSON.stringify(recording)}\n`)
}

/** null: that scenario wasn't saved there. */
export function loadProgress(directory: string, scenario: string): ProgressRecording | null {
  const file = fileOf(directory, scenario)
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ProgressRecording) : null
}
