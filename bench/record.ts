/** Prints a benchmark's figures and keeps them as its last result. */
import { readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { join } from "node:path"

const path = join(import.meta.dirname, "results.json")

export function record(name: string, figures: Record<string, number>): void {
  const rounded = Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [key, Number(value.toPrecision(4))]),
  )
  console.log(name)
  for (const [key, value] of Object.entries(rounded)) console.log(`  ${key.padEnd(24)} ${value}`)
  let all: Record<string, unknown> = {}
  try {
    all = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>
  } catch {
    // The first run.
  }
  all[name] = { on: `Node ${process.versions.node}, ${cpus().length} cores`, ...rounded }
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`)
}
