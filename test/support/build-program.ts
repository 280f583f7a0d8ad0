/** The program as it ships, built aside: a run of minutes must not meet somebody else's build. */
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { build } from "rolldown"
import config from "../../rolldown.config.ts"

const root = join(import.meta.dirname, "..", "..")

export interface Program {
  /** The file that Node is told to run. */
  readonly path: string
  remove(): void
}

export async function buildProgram(): Promise<Program> {
  // Inside the checkout: what the bundle leaves out must still be found.
  const folder = mkdtempSync(join(root, "node_modules", ".torrent-audit-"))
  const [options] = [config].flat()
  const [output] = [options?.output ?? []].flat()
  await build({ ...options, output: { ...output, dir: join(folder, "dist") } })
  for (const name of ["bin", "package.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  return {
    path: join(folder, "bin", "torrent-audit.js"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
