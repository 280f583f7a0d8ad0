/** What a scenario gave, as files: a score can be computed again without the lab. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Snapshot } from "../../src/report.ts"
import type { Observed } from "./observer.ts"
import type { Truth } from "./truth.ts"

export interface Recording {
  readonly truth: Truth
  readonly snapshot: Snapshot
  readonly observed: Observed | null
}

export function save(directory: string, recording: Recording): void {
  const folder = join(directory, recording.truth.scenario)
  mkdirSync(folder, { recursive: true })
  for (const [name, value] of Object.entries(recording))
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(value)}\n`)
}

/** null: that scenario wasn't saved there. */
export function load(directory: string, scenario: string): Recording | null {
  const folder = join(directory, scenario)
  if (!existsSync(folder)) return null
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"))
  return {
    truth: read("truth") as Truth,
    snapshot: read("snapshot") as Snapshot,
    observed: read("observed") as Observed | null,
  }
}
