/**
 * DHT nodes that answered, kept between runs so that no bootstrap node need be asked each time. Only a convenience: what can't be
 * read is forgotten, what can't be written is not remembered.
 */
import { randomUUID } from "node:crypto"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as z from "zod"
import type { Family } from "../evidence.ts"
import { makeDirectory } from "./directory.ts"
import { quietly } from "./quietly.ts"
import { readSmallFile } from "./small-file.ts"

const maxNodes = 200
const maxFileBytes = 100 * 1024

const nodes = z
  .array(
    z.object({
      host: z.string().max(45),
      port: z.int().min(1).max(65_535),
      id: z.string().regex(/^[0-9a-f]{40}$/),
    }),
  )
  .max(maxNodes)
type StoredNodes = z.infer<typeof nodes>

export interface FileNodes {
  recall(family: Family): StoredNodes
  remember(family: Family, good: StoredNodes): void
}

/** The directory is made when it is first needed. */
export function fileNodes(directory: string): FileNodes {
  const pathOf = (family: Family) => join(directory, `dht-nodes-${family}.json`)
  return {
    recall(family) {
      const path = pathOf(family)
      const known = quietly(() => {
        const parsed = nodes.safeParse(JSON.parse(readSmallFile(path, maxFileBytes).toString()))
        return parsed.success ? parsed.data : null
      })
      return known ?? []
    },
    remember(family, good) {
      const temporary = join(directory, `${randomUUID()}.tmp`)
      const written = quietly(() => {
        makeDirectory(directory)
        writeFileSync(temporary, JSON.stringify(good.slice(0, maxNodes)), { mode: 0o600, flag: "wx" })
        renameSync(temporary, pathOf(family))
        return true
      })
      if (!written) quietly(() => rmSync(temporary, { force: true }))
    },
  }
}
