#!/usr/bin/env node
import module from "node:module"

const wanted = 24
const [major, minor] = process.versions.node.split(".")
if (Number(major) < wanted) {
  console.error(`error[old-node]: Node ${major}.${minor} is too old: ${wanted} or newer is needed`)
  console.error(
    "  hint: install it from nodejs.org or your distribution, or run `npx -p node@24 torrent-audit …`",
  )
  process.exitCode = 3
} else {
  module.enableCompileCache?.()
  await import("../dist/cli.js")
}
