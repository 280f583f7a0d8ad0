import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { judge } from "../../src/audit.ts"
import { evidence as schema } from "../../src/evidence.ts"
import type { Snapshot } from "../../src/report.ts"
import { renderTerminal, type TerminalOptions } from "../../src/render/terminal.ts"
import { snapshot } from "./snapshots.ts"

const MiB = 1_048_576
const bytesPerSecond = {
  value: 3.1 * MiB,
  low: 2.9 * MiB,
  high: 3.4 * MiB,
  n: 310,
  confidence: 0.95,
  censored: false,
}
const downloads = { measured: 4, leechers: 6, bytesPerSecond, grantedBytesPerSecond: 5.2 * MiB }
const completions = { value: 18.2, low: 17, high: null, n: 310, confidence: 0.95, censored: true }

function lines(swarm: Partial<Snapshot["swarm"]>, options: Partial<TerminalOptions> = {}): string[] {
  const plain = { columns: 80, color: false, ascii: false, top: 5, verbose: false, ...options }
  const base = snapshot()
  const drawn = renderTerminal({ ...base, swarm: { ...base.swarm, ...swarm } }, plain).split("\n")
  const from = drawn.findIndex((line) => line.startsWith("By their HAVEs"))
  return from < 0
    ? []
    : drawn.slice(
        from,
        drawn.findIndex((line, at) => at > from && /^(Saved.*)?$/.test(line)),
      )
}

test("what leechers download, beside what seeders granted", () => {
  expect(lines({ downloads, completionsPerHour: completions })).toEqual([
    "By their HAVEs 4 of 6 leechers download 3.1 MiB/s together (2.9–3.4), ≥18.2",
    "copies an hour (≥17.0); seeders granted us 5.2 MiB/s",
  ])
})

test("in ASCII and in a narrow window", () => {
  const drawn = lines({ downloads, completionsPerHour: completions }, { ascii: true, columns: 40 })
  expect(drawn.join(" ")).toBe(
    "By their HAVEs 4 of 6 leechers download 3.1 MiB/s together (2.9-3.4), >=18.2 copies an hour (>=17.0); seeders granted us 5.2 MiB/s",
  )
  for (const line of drawn) expect(line.length).toBeLessThanOrEqual(40)
})

test("one leecher, and nobody granted anything", () => {
  const one = { ...downloads, measured: 1, leechers: 1, grantedBytesPerSecond: null }
  expect(
    lines({ downloads: one, completionsPerHour: { ...completions, high: 20, censored: false } }),
  ).toEqual(["By their HAVEs 1 leecher downloads 3.1 MiB/s (2.9–3.4), 18.2 copies an hour", "(17.0–20.0)"])
})

test("nobody downloads", () => {
  const none = { ...downloads, bytesPerSecond: { ...bytesPerSecond, value: 0, low: 0, high: MiB / 32, n: 0 } }
  expect(lines({ downloads: none, completionsPerHour: { ...completions, value: 0, low: 0 } })).toEqual([
    "By their HAVEs 4 of 6 leechers downloaded nothing while we watched (at most 32.0",
    "KiB/s together)",
  ])
})

test("nothing known, nothing said", () => {
  expect(lines({ completionsPerHour: null })).toEqual([])
})

test("four real clients, whose lines carry 1.625 MiB/s together", () => {
  const file = new URL("../../fixtures/swarms/leechers-at-work/evidence.json", import.meta.url)
  const { swarm } = judge(schema.parse(JSON.parse(readFileSync(file, "utf8"))))
  expect(lines(swarm)).toEqual([
    "By their HAVEs 4 leechers download 1.6 MiB/s together (1.3–2.0), 91.6 copies an",
    "hour (75.9–110)",
  ])
})
