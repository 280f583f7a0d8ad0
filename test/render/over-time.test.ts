import { describe, expect, test } from "vitest"
import type { Snapshot, SwarmProgress } from "../../src/report.ts"
import { width } from "../../src/render/text.ts"
import { renderTerminal, type TerminalOptions } from "../../src/render/terminal.ts"
import { rich, withSources } from "./snapshots.ts"

const from = "2026-03-14T08:00:00.000Z"
const to = "2026-03-14T09:15:00.000Z"
const change = (host: number) => ({
  address: `203.0.113.${host}:6881`,
  client: "qBittorrent 5.1.2",
  from: "2026-03-14T09:00:00.000Z",
  to: "2026-03-14T09:10:00.000Z",
  fromCount: 7_552,
  toCount: 15_104,
})
const rewind = { ...change(9), lost: 12, samePeerId: true, regainedAt: to }
const tracker = {
  url: "https://tracker.example.org/announce",
  from,
  to,
  fromDownloads: 3,
  toDownloads: 6,
  rise: 3,
}
const nothing: SwarmProgress = {
  from,
  to,
  runs: 6,
  confirmedCompletions: [],
  downloadsRise: [],
  rewinds: [],
  stalled: [],
}

const sectionOf = (progress: SwarmProgress | undefined, options: Partial<TerminalOptions> = {}): string => {
  const base = rich()
  const drawn: Snapshot = { ...base, swarm: { ...base.swarm, ...(progress && { progress }) } }
  const text = renderTerminal(withSources(drawn), {
    columns: 80,
    color: false,
    ascii: false,
    top: 5,
    verbose: false,
    ...options,
  })
  return text.split("\n\n").find((section) => section.startsWith("PROGRESS")) ?? ""
}

const full: SwarmProgress = {
  ...nothing,
  confirmedCompletions: [1, 2, 3, 4, 5].map(change),
  downloadsRise: [tracker],
  rewinds: [rewind, { ...rewind, lost: 1, regainedAt: null }],
  stalled: [{ ...change(4), haveCount: 6_000, runs: 4 }],
}

describe("PROGRESS", () => {
  test("no section when no earlier run is known", () => {
    expect(sectionOf(undefined)).toBe("")
  })

  test("nothing happened", () => {
    expect(sectionOf(nothing)).toBe("PROGRESS  6 runs in 1h15m\n  nobody was seen to complete")
  })

  test("all of it", () => {
    expect(sectionOf(full).split("\n")).toEqual([
      "PROGRESS  6 runs in 1h15m",
      "  5 peers were seen to complete; https://tracker.example.org/announce counts 3",
      "  more downloads",
      "    203.0.113.3:6881 from 50% in 10m00s",
      "    203.0.113.4:6881 from 50% in 10m00s",
      "    203.0.113.5:6881 from 50% in 10m00s",
      "    and 2 more",
      "  2 times somebody lost pieces",
      "    203.0.113.9:6881 lost 12 pieces, since regained",
      "    203.0.113.9:6881 lost 1 piece",
      "  1 leecher stands still",
      "    203.0.113.4:6881 at 40% for 10m00s",
    ])
  })

  test.each([
    [0, "counts no more downloads"],
    [1, "counts 1 more download"],
    [-4, "counts anew"],
  ])("a rise of %d", (rise, words) => {
    expect(sectionOf({ ...nothing, downloadsRise: [{ ...tracker, rise }] }).replaceAll("\n ", "")).toContain(
      words,
    )
  })

  test("everybody with -v", () => {
    expect(sectionOf(full, { verbose: true })).toContain("203.0.113.1:6881 from 50%")
  })

  test.each([40, 80, 120])("fits %d columns, in ASCII too, whatever others wrote", (columns) => {
    const hostile = `[2001:db8::${"1".repeat(60)}]:6881\u202e\u0007`
    const text = sectionOf(
      { ...full, stalled: [{ ...change(1), address: hostile, haveCount: 1, runs: 3 }] },
      { columns, ascii: true },
    )
    for (const line of text.split("\n")) expect(width(line)).toBeLessThanOrEqual(columns)
    expect(text).toMatch(/^[\x20-\x7e\n]+$/)
  })
})
