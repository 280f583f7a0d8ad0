/** Where things are kept between runs (XDG base directories), and the key that redaction uses. */
import { randomBytes } from "node:crypto"
import { linkSync, renameSync, unlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeDirectory } from "./directory.ts"
import { quietly } from "./quietly.ts"
import { readSmallFile } from "./small-file.ts"

export { cacheDirectory, stateDirectory } from "./xdg.ts"

const keyBytes = 32

/** 32 bytes, made once, readable by the owner alone, so that redacted snapshots of one machine can be compared. */
export function redactionKey(directory: string): Uint8Array {
  const path = join(directory, "redaction.key")
  const read = () => {
    const key = readSmallFile(path, keyBytes)
    if (key.length !== keyBytes) throw new Error("short key")
    return key
  }
  const known = quietly(read)
  if (known !== null) return known
  const key = randomBytes(keyBytes)
  const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`
  try {
    makeDirectory(directory)
    // Whole before it has its name: one that a full disk cut short would stand in every later one's way.
    writeFileSync(temporary, key, { mode: 0o600, flag: "wx" })
    try {
      linkSync(temporary, path)
    } catch {
      // Somebody else made it meanwhile; or what stands there is no key, or the file system has no links.
      const theirs = quietly(read)
      if (theirs !== null) return theirs
      renameSync(temporary, path)
    }
  } catch {
    // The directory can't be written: then the key lives for this run only.
  } finally {
    quietly(() => unlinkSync(temporary))
  }
  return key
}
