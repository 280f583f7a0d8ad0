/** The command line built as for the package, once for a whole run of tests: it starts in a third of the time, and is what users get. */
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { build } from "rolldown"
import type { TestProject } from "vitest/node"
import config from "../../rolldown.config.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** The program's path. */
    cli: string
  }
}

const root = join(import.meta.dirname, "..", "..")

export default async function built(project: TestProject): Promise<() => void> {
  // Inside the checkout: what the bundle leaves out must still be found.
  const folder = mkdtempSync(join(root, "node_modules", ".torrent-audit-"))
  const [options] = [config].flat()
  const [output] = [options?.output ?? []].flat()
  await build({ ...options, output: { ...output, dir: join(folder, "dist") } })
  for (const name of ["bin", "package.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  project.provide("cli", join(folder, "bin", "torrent-audit.js"))
  return () => rmSync(folder, { recursive: true, force: true })
}
