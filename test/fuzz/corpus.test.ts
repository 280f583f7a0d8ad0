/** Every input that fuzzing ever found worth keeping, through its target again: what once broke stays mended. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { corpusBounds, corpusOf } from "./engine/corpus.ts"
import { textOf } from "./engine/crash.ts"
import { findTargets, fuzzFolder } from "./engine/targets.ts"

const targets = (await findTargets()).map(({ target }) => target)
const folders = readdirSync(join(fuzzFolder, "corpus"))
const filesOf = (target: string): string[] =>
  folders.includes(target) ? readdirSync(corpusOf(target)).map((name) => join(corpusOf(target), name)) : []

describe("corpus", () => {
  it("belongs to targets that there are, and is small", () => {
    expect(folders.filter((name) => !targets.some((target) => target.name === name))).toEqual([])
    let total = 0
    for (const { name } of targets) {
      const sizes = filesOf(name).map((file) => statSync(file).size)
      expect(sizes.length).toBeLessThanOrEqual(corpusBounds.files)
      expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(corpusBounds.fileBytes)
      total += sizes.reduce((sum, size) => sum + size, 0)
    }
    expect(total).toBeLessThan(2 * 2 ** 20)
  })

  it.each(targets)("$name", async (target) => {
    // A session takes as long as a thousand messages.
    const seeds = Iterator.from(target.seeds()).take(target.group === "sessions" ? 2 : Infinity)
    const inputs = [
      ...filesOf(target.name).map((file) => [file, new Uint8Array(readFileSync(file))] as const),
      ...Array.from(seeds, (seed, at) => [`seed ${at}`, seed] as const),
    ]
    const broken: string[] = []
    for (const [name, bytes] of inputs) {
      try {
        await target.run(bytes)
      } catch (error) {
        broken.push(`${name}: ${textOf(error)}`)
      }
    }
    expect(broken).toEqual([])
  })
})
