/**
 * What earlier runs saw of a swarm: one file for each info hash, on this machine alone. Only a convenience: what can't be read is
 * forgotten, what can't be written is not remembered. Of two runs that end at once one may be missing later; a file is always whole.
 */
import { randomUUID } from "node:crypto"
import { lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { earlier as schema, type Earlier, type Evidence, type InfoHash } from "../evidence.ts"
import { limits } from "../limits.ts"
import { makeDirectory } from "./directory.ts"
import { quietly } from "./quietly.ts"
import { joined } from "./reading-bounds.ts"
import { readingsOf } from "./reading-of.ts"
import { readSmallFile } from "./small-file.ts"

export interface Readings {
  /** Null: none is known. */
  recall(infoHash: InfoHash): Earlier | null
  /** Of a run that reached nobody nothing is kept. */
  remember(infoHash: InfoHash, evidence: Evidence): void
}

const infoHashForm = /^([0-9a-f]{40}|[0-9a-f]{64})$/
const { keepMs, maxFiles, maxFileBytes } = limits.readings
/** The bound counts characters, and a client's name may take more bytes. */
const mostBytes = 2 * maxFileBytes

/** The directory is made when it is first needed. */
export function fileReadings(directory: string, now: () => Date = () => new Date()): Readings {
  const pathOf = (infoHash: InfoHash) => join(directory, `${infoHash}.json`)
  const outdated = (atMs: number) => atMs + keepMs < now().getTime()

  function recall(infoHash: InfoHash): Earlier | null {
    if (!infoHashForm.test(infoHash)) return null
    return quietly(() => {
      const parsed = schema.safeParse(JSON.parse(readSmallFile(pathOf(infoHash), mostBytes).toString()))
      if (!parsed.success) return null
      const kept = joined(parsed.data, { runs: [], peers: [], trackers: [] }, now().getTime())
      return kept.runs.length > 0 ? kept : null
    })
  }

  function prune(): void {
    const files = readdirSync(directory)
      .filter((name) => infoHashForm.test(name.replace(/\.json$/, "")))
      .map((name) => ({ path: join(directory, name), atMs: lstatSync(join(directory, name)).mtimeMs }))
      .sort((a, b) => b.atMs - a.atMs)
    for (const [i, { path, atMs }] of files.entries())
      if (i >= maxFiles || outdated(atMs)) quietly(() => rmSync(path, { force: true }))
  }

  return {
    recall,
    remember(infoHash, evidence) {
      const made = infoHashForm.test(infoHash) ? readingsOf(evidence) : null
      if (made === null) return
      const temporary = join(directory, `${infoHash}.${randomUUID()}.tmp`)
      const written = quietly(() => {
        makeDirectory(directory)
        // Read anew: another run may have ended meanwhile.
        const all = joined(recall(infoHash), made, now().getTime())
        // Peers' addresses are nobody else's business; a reader never sees half a file.
        writeFileSync(temporary, JSON.stringify(all), { mode: 0o600, flag: "wx" })
        renameSync(temporary, pathOf(infoHash))
        prune()
        return true
      })
      if (!written) quietly(() => rmSync(temporary, { force: true }))
    },
  }
}
