/** The bundle puts our width in place of the package `string-width`: for `import`, for `require`, and for the tables. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { rolldown } from "rolldown"
import { afterAll, beforeAll, expect, test } from "vitest"
import { renderTerminal } from "../../src/render/terminal.ts"
import { hostile } from "./cases.ts"
import { rich } from "./snapshots.ts"

const source = join(import.meta.dirname, "../../src/render")

let directory = ""
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "torrent-audit-"))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

async function bundled<T>(name: string, code: string): Promise<T> {
  const entry = join(directory, `${name}.mjs`)
  await writeFile(entry, code)
  const build = await rolldown({
    input: entry,
    platform: "node",
    resolve: { alias: { "string-width": join(source, "string-width.cjs") } },
  })
  const file = join(directory, `${name}-bundled.mjs`)
  await build.write({ file, format: "esm" })
  await build.close()
  return (await import(pathToFileURL(file).href)) as T
}

test("import and require give the same function", async () => {
  await writeFile(join(directory, "old.cjs"), `module.exports = require("string-width")\n`)
  const { imported, required } = await bundled<Record<string, (text: string) => number>>(
    "both",
    `import imported from "string-width"\nimport required from "./old.cjs"\nexport { imported, required }\n`,
  )
  expect(imported).toBe(required)
  expect(imported?.("漢字 ok")).toBe(7)
})

test("tables are drawn the same with it", async () => {
  const { renderTerminal: packed } = await bundled<{ renderTerminal: typeof renderTerminal }>(
    "terminal",
    `export { renderTerminal } from ${JSON.stringify(join(source, "terminal.ts"))}\n`,
  )
  const options = { columns: 80, color: true, ascii: false, top: 5, verbose: true }
  for (const snapshot of [rich(), hostile()])
    expect(packed(snapshot, options)).toBe(renderTerminal(snapshot, options))
})
