/** All targets: whatever looks like one among the exports of targets/ and sessions/. */
import { readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type { FuzzTarget } from "../target.ts"

export const fuzzFolder = join(dirname(fileURLToPath(import.meta.url)), "..")

export interface Found {
  target: FuzzTarget
  file: string
}

const isTarget = (value: unknown): value is FuzzTarget =>
  typeof value === "object" &&
  value !== null &&
  ["name", "group", "run", "seeds"].every((key) => key in value) &&
  typeof (value as FuzzTarget).run === "function"

export async function targetsIn(file: string): Promise<FuzzTarget[]> {
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  return Object.values(module)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isTarget)
}

/** In order of their files' names. */
export async function findTargets(): Promise<Found[]> {
  const found = new Map<string, Found>()
  for (const folder of ["targets", "sessions"]) {
    const names = readdirSync(join(fuzzFolder, folder)).filter((name) => /(?<!\.test|\.d)\.ts$/.test(name))
    for (const name of names.toSorted()) {
      const file = join(fuzzFolder, folder, name)
      for (const target of await targetsIn(file)) found.set(target.name, { target, file })
    }
  }
  return [...found.values()]
}
