/** Directories made as they are needed. */
import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

/**
 * As `mkdirSync` with `recursive`, which never returns where an existing directory denies that it is there: below /proc, the home
 * of some services (nodejs/node: ENOENT is taken for a missing parent for ever). Throws what the system says.
 */
export function makeDirectory(path: string, mode = 0o700): void {
  const missing: string[] = []
  for (let at = path; statSync(at, { throwIfNoEntry: false }) === undefined; at = dirname(at))
    missing.unshift(at)
  for (const each of missing) {
    try {
      mkdirSync(each, { mode })
    } catch (error) {
      // Another run may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
  }
  if (!statSync(path).isDirectory()) throw Object.assign(new Error("not a directory"), { code: "ENOTDIR" })
}
