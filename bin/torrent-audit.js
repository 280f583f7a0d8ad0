#!/usr/bin/env node
import module from "node:module"
import { setFlagsFromString } from "node:v8"

const wanted = 24
const [major, minor] = process.versions.node.split(".")
if (Number(major) < wanted) {
  console.error(`error[old-node]: Node ${major}.${minor} is too old: ${wanted} or newer is needed`)
  console.error(
    "  hint: install it from nodejs.org or your distribution, or run `npx -p node@24 torrent-audit …`",
  )
  process.exitCode = 3
} else {
  // Names are looked up in half of these threads, which a name server that doesn't answer holds for seconds: with Node's four, two such
  // names would keep all others waiting. Each thread keeps memory that it once took: not many more, then.
  process.env.UV_THREADPOOL_SIZE ??= "8"
  // Left alone, the heap of an audit of thousands of peers grows to six times of what is alive in it; so, at a tenth more work, to twice.
  // A V8 that doesn't know a flag says so on standard error, hence only those that do.
  if (Number(process.versions.v8.split(".")[0]) < 15)
    for (const flag of ["--semi-space-growth-factor=1", "--heap-growing-percent=70"]) setFlagsFromString(flag)
  module.enableCompileCache?.()
  await import("../dist/cli.js")
}
