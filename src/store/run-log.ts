/** A line for each audit that nobody watches: when it ran, and what came of it. */
import { renameSync, statSync } from "node:fs"
import { join } from "node:path"
import { makeDirectory } from "./directory.ts"
import { quietly } from "./quietly.ts"
import { readSmallFile, writeSmallFile } from "./small-file.ts"

export interface LoggedRun {
  /** ISO 8601, of its start. */
  at: string
  ms: number
  /** Null: it ended in an error. */
  exit: number | null
  /** A stable code. */
  error: string | null
  /** Of the targets as they were said, which `targets` may name without what is secret in them. */
  id: string
  targets: readonly string[]
}

/** Of the log; one older file of that size is kept beside it. */
const maxBytes = 256 * 1_024
/** The last line that went into it may be as long as a hundred targets. */
const maxReadBytes = 2 * 1_024 * 1_024
const maxTargets = 100
const maxTargetLength = 2_000

const fileIn = (directory: string): string => join(directory, "runs.log")

/** What can't be written is left out: no audit ends for it. */
export function logRun(directory: string, run: LoggedRun): void {
  const file = fileIn(directory)
  const targets = run.targets.slice(0, maxTargets).map((target) => target.slice(0, maxTargetLength))
  quietly(() => {
    makeDirectory(directory)
    if ((quietly(() => statSync(file).size) ?? 0) > maxBytes) quietly(() => renameSync(file, `${file}.1`))
    // One write, at the end of the file whoever else writes: no line is torn.
    writeSmallFile(file, `${JSON.stringify({ ...run, targets })}\n`, "end")
  })
}

/** Oldest first. */
export function loggedRuns(directory: string): LoggedRun[] {
  const file = fileIn(directory)
  const text = [`${file}.1`, file]
    .map((each) => quietly(() => readSmallFile(each, maxReadBytes).toString()) ?? "")
    .join("")
  return text.split("\n").flatMap((line) => {
    const run: unknown = line === "" ? null : quietly(() => JSON.parse(line))
    return isRun(run) ? [run] : []
  })
}

const isRun = (value: unknown): value is LoggedRun =>
  typeof value === "object" &&
  value !== null &&
  "at" in value &&
  typeof value.at === "string" &&
  !Number.isNaN(Date.parse(value.at)) &&
  "ms" in value &&
  typeof value.ms === "number" &&
  "exit" in value &&
  (value.exit === null || typeof value.exit === "number") &&
  "error" in value &&
  (value.error === null || typeof value.error === "string") &&
  "id" in value &&
  typeof value.id === "string" &&
  "targets" in value &&
  Array.isArray(value.targets) &&
  value.targets.every((each) => typeof each === "string")
