/**
 * Trackers' answers between runs: one small file each, named by a hash, so that no tracker is asked again too soon. Only a
 * convenience: what can't be read is forgotten, what can't be written is not remembered.
 */
import { lstatSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { randomUUID } from "node:crypto"
import { join } from "node:path"
import * as z from "zod"
import { announce, endpoint, scrape } from "../evidence.ts"
import { makeDirectory } from "./directory.ts"
import { quietly } from "./quietly.ts"
import { readSmallFile } from "./small-file.ts"

const time = z.iso.datetime({ precision: 3 })
const storedAnswer = z.object({
  announce,
  scrape: scrape.nullable(),
  peers: z.array(endpoint).max(10_000),
  port: z.int().min(1).max(65_535),
  askedAt: time,
  notBefore: time,
})
export type StoredAnswer = z.infer<typeof storedAnswer>

/** Null: it is none. */
export function parsedAnswer(json: string): StoredAnswer | null {
  try {
    const parsed = storedAnswer.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

const keepMs = 24 * 3600 * 1000
const maxFileBytes = 1024 * 1024
const maxFiles = 2_000
const fileName = /^[0-9a-f]{40}\.json$/

export interface FileAnswers {
  recall(key: string): StoredAnswer | null
  remember(key: string, answer: StoredAnswer): void
}

/** Keys are 40 hex digits. The directory is made when it is first needed. */
export function fileAnswers(directory: string, now: () => Date = () => new Date()): FileAnswers {
  const outdated = (notBefore: number) => notBefore + keepMs < now().getTime()

  /** A file's modification time is its `notBefore`, so that pruning reads none. */
  function prune(): void {
    const files = readdirSync(directory)
      .filter((name) => fileName.test(name))
      .map((name) => ({ path: join(directory, name), dueMs: lstatSync(join(directory, name)).mtimeMs }))
      .sort((a, b) => b.dueMs - a.dueMs)
    for (const [i, { path, dueMs }] of files.entries()) {
      if (i >= maxFiles || outdated(dueMs)) quietly(() => rmSync(path, { force: true }))
    }
  }

  return {
    recall(key) {
      if (!fileName.test(`${key}.json`)) return null
      const path = join(directory, `${key}.json`)
      return quietly(() => {
        const parsed = storedAnswer.safeParse(JSON.parse(readSmallFile(path, maxFileBytes).toString()))
        return parsed.success && !outdated(Date.parse(parsed.data.notBefore)) ? parsed.data : null
      })
    },

    remember(key, answer) {
      if (!fileName.test(`${key}.json`)) return
      const temporary = join(directory, `${key}.${randomUUID()}.tmp`)
      const written = quietly(() => {
        makeDirectory(directory)
        // Peers' addresses are nobody else's business; a reader never sees half a file.
        writeFileSync(temporary, JSON.stringify(answer), { mode: 0o600, flag: "wx" })
        const notBefore = new Date(answer.notBefore)
        utimesSync(temporary, notBefore, notBefore)
        renameSync(temporary, join(directory, `${key}.json`))
        prune()
        return true
      })
      if (!written) quietly(() => rmSync(temporary, { force: true }))
    },
  }
}
