import { describe, expect, it } from "vitest"
import { audits } from "../../src/audits/index.ts"
import { vantageAudits } from "../../src/merge/audits.ts"
import { firstScreen, helpPage } from "../../src/commands/help.ts"
import { findingIds } from "../../src/commands/help/findings.ts"
import { commandTopics, otherNames, subjectTopics } from "../../src/commands/help/topics.ts"
import { options, type OptionSpec } from "../../src/commands/options.ts"
import { commandsTaking, optionsOf } from "../../src/commands/taken.ts"
import { commandNames } from "../../src/commands/target.ts"

const table: readonly OptionSpec[] = options
const linesOf = (page: string) => page.trimEnd().split("\n")
const tooWide = (page: string) => linesOf(page).filter((line) => line.length > 80)

describe("the first screen", () => {
  it("fits on one, and gives examples first", () => {
    expect(linesOf(firstScreen).length).toBeLessThanOrEqual(24)
    expect(tooWide(firstScreen)).toEqual([])
    expect(linesOf(firstScreen)[2]).toMatch(/^ {2}torrent-audit distro\.torrent /)
  })

  it("names only options and commands that there are", () => {
    const named = [...firstScreen.matchAll(/(?:^|\s)--([a-z-]+)/gm)].map(([, name]) => name)
    expect(named.filter((name) => !table.some((spec) => spec.name === name))).toEqual([])
    const commands = [...firstScreen.matchAll(/^ {2}torrent-audit ([a-z]+) /gm)].map(([, name]) => name)
    expect(commands.filter((name) => !commandNames.some((known) => known === name))).toEqual([])
  })
})

describe("topics", () => {
  it("every command has one", () => {
    const without = commandNames.filter((name) => name !== "help" && !Object.hasOwn(commandTopics, name))
    expect(without).toEqual([])
  })

  it.each([...Object.keys(commandTopics), ...Object.keys(subjectTopics), "topics"])("%s", async (topic) => {
    const page = (await helpPage(topic)) ?? ""
    expect(linesOf(page).length).toBeGreaterThan(topic === "version" ? 0 : 8)
    expect(tooWide(page)).toEqual([])
    expect(page.endsWith("\n") && !page.endsWith("\n\n")).toBe(true)
    // An option that a page names exists: what was renamed is renamed there as well.
    const named = [...page.matchAll(/(?<![\w-])--([a-z][a-z-]*[a-z])/g)].map(([, name]) => name)
    const unknown = named.filter(
      (name) =>
        !table.some((spec) => spec.name === name || `no-${spec.name}` === name || spec.name === `no-${name}`),
    )
    expect(unknown.filter((name) => name !== "help" && name !== "version")).toEqual([])
  })

  it("other names lead to them", async () => {
    for (const [other, topic] of Object.entries(otherNames))
      expect(await helpPage(other)).toBe(await helpPage(topic))
  })

  it("what nobody wrote about is nothing, whatever its name", async () => {
    expect(await Promise.all(["", "nonsense", "constructor", "__proto__"].map(helpPage))).toEqual([
      null,
      null,
      null,
      null,
    ])
  })

  it("options: all of them, and of a command those that it takes", async () => {
    const all = (await helpPage("options")) ?? ""
    const missing = table.filter(({ name }) => !all.includes(name.length === 1 ? `  -${name}` : `--${name}`))
    expect(missing).toEqual([])
    const report = (await helpPage("report")) ?? ""
    expect(report).toContain("--max-age TIME")
    expect(report).not.toContain("--max-download")
  })
})

describe("findings", () => {
  it("every audit has a page", () => {
    expect(findingIds).toEqual([...audits, ...vantageAudits].map(({ id }) => id))
  })

  it.each(findingIds)("%s", async (id) => {
    const page = (await helpPage(id)) ?? ""
    const lines = linesOf(page)
    expect(tooWide(page)).toEqual([])
    expect(lines.length).toBeGreaterThanOrEqual(8)
    expect(lines.length).toBeLessThanOrEqual(20)
    expect(lines[0]).toMatch(new RegExp(`^${id}: .*\\?$|^${id}: `))
    for (const part of ["Means", "Tested", "Spares", "To do"])
      expect(lines.filter((line) => line.startsWith(part.padEnd(10)))).toHaveLength(1)
  })

  it("the list of them has each once", async () => {
    const page = (await helpPage("findings")) ?? ""
    const counts = findingIds.map(
      (id) => page.split("\n").filter((line) => line.startsWith(`  ${id} `)).length,
    )
    expect(counts.filter((count) => count !== 1)).toEqual([])
  })
})

describe("who takes what", () => {
  it("every option is taken by some command, and every taker is one", () => {
    const known = new Set<string>(["audit", ...commandNames])
    for (const spec of table) {
      expect(commandsTaking(spec).length).toBeGreaterThan(0)
      expect(commandsTaking(spec).filter((command) => !known.has(command))).toEqual([])
    }
  })

  it("every command can be asked for JSON, and those that have one for their configuration", () => {
    for (const command of ["audit", ...commandNames]) {
      const names = optionsOf(command).map(({ name }) => name)
      expect(names).toContain("json")
      expect(names.includes("print-config")).toBe(!["help", "completion", "schema"].includes(command))
    }
  })
})
