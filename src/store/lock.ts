/**
 * A lock that ends with its holder, whatever ends it: the operating system's own on a file (through SQLite, as Node has
 * no other way to it). No pid has to be judged dead or reused, nothing stale is ever taken away, and so nobody can take
 * away another's; it holds between containers that share the directory too.
 */
import { join } from "node:path"
import { makeDirectory } from "./directory.ts"
import { quietly } from "./quietly.ts"
import { readSmallFile, writeSmallFile } from "./small-file.ts"

/** `free` gives it back. `heldBy` is null in the moment before its holder has said its pid. */
export type Lock = { held: true; free: () => void } | { held: false; heldBy: number | null }

const sqliteBusy = 5
const maxPidBytes = 20

/** Held in `directory` under a name that is fit for a file. Where no lock can be written, it is as if nobody else were there. */
export async function holdLock(directory: string, name: string): Promise<Lock> {
  const { DatabaseSync } = await import("node:sqlite")
  const pidFile = join(directory, "locks", `${name}.pid`)
  let file: InstanceType<typeof DatabaseSync> | null = null
  try {
    makeDirectory(join(directory, "locks"))
    file = new DatabaseSync(join(directory, "locks", `${name}.lock`), { timeout: 0 })
    file.exec("BEGIN IMMEDIATE")
    quietly(() => writeSmallFile(pidFile, `${process.pid}\n`, "whole"))
  } catch (error) {
    quietly(() => file?.close())
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy)
      return { held: false, heldBy: pidIn(pidFile) }
    return { held: true, free: () => {} }
  }
  const held = file
  return { held: true, free: () => void quietly(() => held.close()) }
}

const pidIn = (path: string): number | null => {
  const text = quietly(() => readSmallFile(path, maxPidBytes).toString("latin1").trim())
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null
}
