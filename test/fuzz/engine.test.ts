/** The fuzzer itself: what it counts, what it changes, and that it finds what was hidden for it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { foundOf } from "./engine/corpus.ts"
import { shrink, signature } from "./engine/crash.ts"
import { countersName, instrument } from "./engine/instrument.ts"
import { mutate } from "./engine/mutate.ts"
import { seeded } from "./engine/random.ts"
import { fuzzOne } from "./engine/start.ts"
import { parseHTML } from "./markup.ts"

const folder = mkdtempSync(join(tmpdir(), "torrent-audit-engine-"))
afterAll(() => {
  for (const path of [folder, foundOf("planted")]) rmSync(path, { recursive: true, force: true })
})

describe("instrumentation", () => {
  const source = `
    const small = (n) => n < 3
    function told(n) { if (n < 0) return "below"; for (let i = 0; i < n; i++) if (i > 7) break
      switch (n) { case 1: return "one"; case 2: { return "two" } default: }
      return small(n) ? n ?? "none" : n > 5 && "many" || ({ n }).n }
    class Box { #kept; constructor(kept) { this.#kept = kept } get kept() { return this.#kept } }
    return [-1, 0, 1, 2, 3, 9].map(told).concat(new Box("kept").kept)`
  const run = (code: string, counters: Uint8Array): unknown =>
    // oxlint-disable-next-line typescript/no-implied-eval -- code of this test
    (new Function(countersName, code) as (counters: Uint8Array) => unknown)(counters)

  it("changes nothing of what a program does, counts its branches, and keeps its lines", () => {
    const wrapped = instrument(`(() => {${source}})()`, "x.js", 10)
    const counters = new Uint8Array(200)
    expect(run(`return ${wrapped.code}`, counters)).toEqual(run(source, new Uint8Array(0)))
    expect(wrapped.blocks).toBeGreaterThan(15)
    expect(counters.slice(0, 10)).toEqual(new Uint8Array(10))
    expect(counters.slice(10, 10 + wrapped.blocks).filter((count) => count > 0).length).toBeGreaterThan(15)
    expect(wrapped.code.split("\n")).toHaveLength(source.split("\n").length)
  })

  it("notes what the code compares with", () => {
    const { words } = instrument(`switch (x) { case "ab": } y === "cd"; z.get("ef"); f("gh")`, "x.js", 0)
    expect(words).toEqual(["ab", "cd", "ef"])
  })
})

describe("mutation", () => {
  it("stays within the length, and is the same from the same seed", () => {
    const words = [Buffer.from("word")]
    const inputs = ["", "4:spami12e", "9".repeat(400), "0"]
    const all = [1, 1, 2].map((seed) => {
      const random = seeded(seed)
      return Array.from({ length: 2_000 }, (_, at) =>
        mutate(Buffer.from(inputs[at % 4] ?? ""), {
          random,
          maxBytes: 40,
          words,
          other: () => Buffer.from("xyz"),
        }),
      )
    })
    expect(Math.max(...all.flat().map(({ length }) => length))).toBeLessThanOrEqual(40)
    expect(all[1]).toEqual(all[0])
    expect(all[2]).not.toEqual(all[0])
  })

  it("crashes are told apart by what broke and where, not by their numbers", () => {
    const errors = [1, 2].map((n) => new Error(`bad piece ${n}`))
    expect(signature(errors[1])).toBe(signature(errors[0]))
    expect(signature(new Error("other"))).not.toBe(signature(errors[0]))
  })

  it("shrinks to what matters", async () => {
    const breaks = (bytes: Uint8Array) => Promise.resolve(Buffer.from(bytes).includes("!"))
    expect(Buffer.from(await shrink(Buffer.from("a long line! and more"), 200, breaks)).toString()).toBe("!")
  })
})

async function fuzzed(source: string) {
  mkdirSync(join(folder, "src"), { recursive: true })
  writeFileSync(join(folder, "src/hidden.ts"), source)
  const file = join(folder, "target.ts")
  writeFileSync(
    file,
    `import { read } from "./src/hidden.ts"
     export const planted = { name: "planted", group: "torrent", run: read, *seeds() { yield Uint8Array.of(1, 2, 3, 4) } }`,
  )
  const crashFolder = mkdtempSync(join(folder, "crashes-"))
  const resultFile = join(folder, "planted.json")
  const order = { file, name: "planted", seed: 1, crashFolder, resultFile, minimise: false }
  return fuzzOne({ ...order, seconds: 100, runs: 20_000 }, 0, () => {})
}

describe("a run", () => {
  it("finds a hidden exception, byte by byte", { timeout: 120_000 }, async () => {
    const found = await fuzzed(`export const read = (bytes) => {
      if (bytes[0] !== 0x66) return
      if (bytes[1] === 0x75) throw new Error("found it")
    }`)
    expect(found.lost).toEqual([])
    expect(found.executions).toBeGreaterThan(100)
    expect(found.files["src/hidden.ts"]?.taken.length).toBeGreaterThan(1)
    expect(found.crashes.map((file) => readFileSync(file, "latin1"))).toEqual(["fu"])
  })

  it("ends what hangs, and keeps what it hung on", { timeout: 120_000 }, async () => {
    const found = await fuzzed("export const read = (bytes) => { for (;;) bytes[0]++ }")
    expect(found.crashes.map((file) => basename(file).replace(/-.*/, ""))).toEqual(["hang"])
    expect([...readFileSync(found.crashes[0] ?? "")]).toEqual([1, 2, 3, 4])
  })
})

it.each(["<p>a<b></p>", "<p>", '<p onclick="x">', "a < b", "<p>a & b</p>", '<a href="javascript:x">y</a>'])(
  "sees what is no markup of ours: %s",
  (page) => {
    expect(() => parseHTML(page)).toThrow("broken")
  },
)
