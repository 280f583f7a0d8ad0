/** Where things are kept between runs (XDG base directories), and the key that redaction uses. */
import { randomBytes } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeDirectory } from "./directory.ts"

export { cacheDirectory, stateDirectory } from "./xdg.ts"

/** 32 bytes, made once, readable by the owner alone, so that redacted snapshots of one machine can be compared. */
export function redactionKey(directory: string): Uint8Array {
  const path = join(directory, "redaction.key")
  const read = () => {
    const key = readFileSync(path)
    if (key.length !== 32) throw new Error("short key")
    return key
  }
  try {
    return read()
  } catch {
    const key = randomBytes(32)
    try {
      makeDirectory(directory)
      writeFileSync(path, key, { mode: 0o600, flag: "wx" })
      return key
    } catch {
      // Somebody else made it meanwhile, or the directory can't be written: then the key lives for this run only.
      try {
        return read()
      } catch {
        return key
      }
    }
  }
}
