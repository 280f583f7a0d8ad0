/** Inputs as files: test/fuzz/corpus/<target>/ is kept with the source, test/fuzz/found/<target>/ only here. */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Group } from "../target.ts"
import { fuzzFolder } from "./targets.ts"

/** Of one target: `npm test` replays all of it. */
export const corpusBounds = { files: 40, fileBytes: 4_096, bytes: 24_576 } as const
/** Where a run takes long, as a whole session does. */
export const fewFiles: Record<Group, number> = {
  torrent: 12,
  discovery: 12,
  wire: 12,
  files: 12,
  sessions: 4,
}

export const corpusOf = (target: string): string => join(fuzzFolder, "corpus", target)
export const foundOf = (target: string): string => join(fuzzFolder, "found", target)

/** Shortest first, then by name. */
export function readInputs(folder: string): Uint8Array[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .toSorted()
    .map((name) => new Uint8Array(readFileSync(join(folder, name))))
    .toSorted((one, other) => one.length - other.length)
}

/** Makes the folder hold exactly these; a file's name is the hash of what it holds. */
export function writeInputs(folder: string, inputs: readonly Uint8Array[]): void {
  const byName = new Map(
    inputs.map((bytes) => [createHash("sha1").update(bytes).digest("hex").slice(0, 16), bytes]),
  )
  mkdirSync(folder, { recursive: true })
  const present = new Set(readdirSync(folder))
  for (const name of present) if (!byName.has(name)) rmSync(join(folder, name))
  for (const [name, bytes] of byName) if (!present.has(name)) writeFileSync(join(folder, name), bytes)
}
