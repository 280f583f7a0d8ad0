/** What a scenario is given and what it returns. One file per scenario, in scenarios/. */
import type { Host, Lab } from "./netns.ts"
import { createPayload, type Payload } from "./payload.ts"
import { KiB, MiB } from "./swarm.ts"
import type { Check } from "./table.ts"

export interface Stage {
  lab: Lab
  tracker: Host
  auditor: Host
  /** The command under test. */
  cli: string
}

export interface Outcome {
  checks: Check[]
  /** Already laid out, printed above the checks. */
  tables: string[]
}

export interface Scenario {
  name: string
  title: string
  /** Needs the built command. */
  audits: boolean
  /** How many others may run meanwhile: one where rates are measured, six of those that wait, none where a delay is a loss. */
  beside: 0 | 1 | 6
  run(stage: Stage): Promise<Outcome>
}

export const payloadFor = (
  stage: Stage,
  name: string,
  trackers: string[][],
  sizeBytes = 64 * MiB + 12_345,
  options: { private?: boolean; pieceBytes?: number } = {},
): Payload =>
  createPayload({
    directory: stage.lab.directory,
    name,
    sizeBytes,
    pieceBytes: 256 * KiB,
    trackers,
    ...options,
  })
