/** Files for readers that take a path: in a folder of this process alone, gone with it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

let folder: string | null = null

export function scratchFolder(): string {
  if (folder !== null) return folder
  const made = mkdtempSync(join(tmpdir(), "torrent-audit-fuzz-"))
  process.on("exit", () => rmSync(made, { recursive: true, force: true }))
  folder = made
  return made
}

/** Its path; `name` may name folders. */
export function scratchFile(name: string, bytes: Uint8Array): string {
  const path = join(scratchFolder(), name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}
