/** Loaded before a target: every module of the program, and of the packages that read strangers' bytes, counts its branches. */
import { readFileSync } from "node:fs"
import { registerHooks, stripTypeScriptTypes } from "node:module"
import { fileURLToPath } from "node:url"
import { blocks, modules, words } from "./coverage.ts"
import { countersName, instrument } from "./instrument.ts"

const ours = /^file:.*\/src\/[^?]*\.ts$/
const packages = /^file:.*\/node_modules\/(?:bencode|bittorrent-(?:protocol|tracker)|mmdb-lib)\/[^?]*\.js$/

Object.assign(globalThis, { [countersName]: blocks })

registerHooks({
  load(url, context, nextLoad) {
    const isOurs = ours.test(url) && !url.includes("/node_modules/")
    if (!isOurs && !(packages.test(url) && context.format === "module")) return nextLoad(url, context)
    const text = readFileSync(fileURLToPath(url), "utf8")
    const source = isOurs ? stripTypeScriptTypes(text) : text
    const file = url.replace(isOurs ? /^.*\/src\// : /^.*\/node_modules\//, isOurs ? "src/" : "")
    const first = modules.reduce((sum, { count }) => sum + count, 0)
    const made = instrument(source, `${file}.js`, first)
    modules.push({ file, first, count: made.blocks })
    made.words.forEach((word) => words.add(word))
    return { format: "module", source: made.code, shortCircuit: true }
  },
})
