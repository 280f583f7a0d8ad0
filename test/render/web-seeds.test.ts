import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { judge } from "../../src/audit.ts"
import { evidence as schema, type WebSeed } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import type { Snapshot } from "../../src/report.ts"
import { renderTerminal, type TerminalOptions } from "../../src/render/terminal.ts"
import { aSample, aWrongSample } from "../support/builders.ts"
import { anAttemptAt, aWebSeed, failedBy, refusedWith } from "../support/web-seeds.ts"
import { snapshot } from "./snapshots.ts"

const draw = (drawn: Snapshot, options: Partial<TerminalOptions> = {}): string =>
  renderTerminal(drawn, { columns: 80, color: false, ascii: false, top: 5, verbose: false, ...options })

const recorded = (name: string): Snapshot => {
  const file = new URL(`../../fixtures/swarms/${name}/evidence.json`, import.meta.url)
  const evidence = schema.parse(JSON.parse(readFileSync(file, "utf8")))
  return { ...snapshot(), ...evidence, ...judge(evidence) }
}

test.for([
  ["webseed-only-80", recorded("webseed-only"), {}],
  ["moved-webseed-80", recorded("moved-webseed"), {}],
  ["stale-webseed-40-ascii", recorded("stale-webseed"), { columns: 40, ascii: true }],
] satisfies [string, Snapshot, Partial<TerminalOptions>][])("%s", async ([name, drawn, options]) => {
  await expect(draw(drawn, options)).toMatchFileSnapshot(`golden/${name}.txt`)
})

const rowOf = (seed: WebSeed): string =>
  draw({ ...snapshot(), webSeeds: [seed] })
    .split("\n")
    .find((line) => line.includes("web seed files.example.org")) ?? ""

test.each<[string, WebSeed, RegExp]>([
  ["answered", aWebSeed(), /^ {2}✓ web seed files\.example\.org\/pub\/ +40 ms +– +– +–/],
  ["gone", aWebSeed({ attempts: [refusedWith(404)] }), /^ {2}✗ .* http 404 /],
  ["wrong bytes", aWebSeed({ samples: [aSample(1), aWrongSample(2)] }), /^ {2}✗ .* wrong data /],
  ["without ranges", aWebSeed({ attempts: [failedBy(failure("no-range"), 200)] }), /^ {2}✗ .* no ranges /],
  [
    "another length",
    aWebSeed({ attempts: [anAttemptAt(), failedBy(failure("wrong-length"), 206)] }),
    /^ {2}✗ .* other size /,
  ],
  ["astray", aWebSeed({ attempts: [failedBy(failure("bad-redirect"), 302)] }), /^ {2}✗ .* redirect /],
  ["silent", aWebSeed({ attempts: [failedBy(failure("timeout"), null)] }), /^ {2}✗ .* timeout /],
  ["forbidden by us", aWebSeed({ attempts: [], failure: failure("filtered") }), /^ {2}– .* forbidden /],
  ["not asked", { url: "http://files.example.org/pub/" }, /^ {2}– .* not asked /],
])("%s", (_, seed, line) => {
  expect(rowOf(seed)).toMatch(line)
})

test("a torrent without any says so where they were wanted", () => {
  const { run } = snapshot()
  const asked = (webSeeds: "on" | "off", depth: "sample" | "discover" = "sample") =>
    draw({
      ...snapshot(),
      webSeeds: [],
      run: { ...run, depth, discovery: { dht: "on", pex: "on", lsd: "off", webSeeds } },
    })
  expect(asked("on")).toMatch(/^ {2}– web seeds +none +– +– +–$/m)
  expect(asked("off")).not.toContain("web seeds")
  expect(asked("on", "discover")).not.toContain("web seeds")
})

test("more than ten are counted, and a forged one draws no more than a line", () => {
  const many = Array.from({ length: 13 }, (_, i) => aWebSeed({ url: `http://m${i}.example.org/` }))
  expect(draw({ ...snapshot(), webSeeds: many })).toMatch(/^ {2}✓ 3 more web seeds +3 ok /m)
  const forged = aWebSeed({ url: `http://\u001b[2J${"x".repeat(5_000)}/`, server: "\u001b[31m" })
  const drawn = draw({ ...snapshot(), webSeeds: [forged] })
  expect(drawn).not.toContain("\u001b")
  expect(Math.max(...drawn.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80)
})
