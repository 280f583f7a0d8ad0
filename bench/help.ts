/** `--help`, warm: the median of 20 runs of the built command line, beside an empty Node in the same run. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { record } from "./record.ts"

const cli = join(import.meta.dirname, "..", "bin", "torrent-audit.js")
const runs = 20

const timeOf = (args: readonly string[]): number => {
  const before = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" })
  if (status !== 0) throw new Error(`${args.join(" ")} exited ${status}`)
  return performance.now() - before
}
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

timeOf([cli, "--help"])
const help: number[] = []
const empty: number[] = []
for (let run = 0; run < runs; run++) {
  help.push(timeOf([cli, "--help"]))
  empty.push(timeOf(["-e", ""]))
}
record("help", {
  runs,
  helpMedianMs: median(help),
  emptyNodeMedianMs: median(empty),
  ratio: median(help) / median(empty),
})
