import { describe, expect, test } from "vitest"
import { diffOf, type Change, type Diff } from "../../src/diff.ts"
import { renderDiff } from "../../src/render/diff.ts"
import { width } from "../../src/render/text.ts"
import { finding, rich } from "./snapshots.ts"

const sides = { from: "2026-03-13T09:15:00.000Z", to: "2026-03-14T09:15:00.000Z" }
const plain = { columns: 80, color: false, ascii: false, verbose: false }

const draw = (diff: Diff, options: Partial<typeof plain> = {}, when = sides) =>
  renderDiff(diff, when, { ...plain, ...options })
    .trimEnd()
    .split("\n")

/** The two audits of the interface's drawing. */
function drawing(): Diff {
  const [before, after] = [structuredClone(rich()), structuredClone(rich())]
  before.findings = []
  after.findings = [finding()]
  before.swarm.seeders = { ...before.swarm.seeders, reached: 24, possible: 71 }
  before.swarm.leechers = { ...before.swarm.leechers, reached: 8, possible: 55 }
  before.swarm.reachRatio = 0.41
  return diffOf(before, after)
}

const change = (overrides: Partial<Change> = {}): Change => ({
  what: "seeders reached",
  kind: "count",
  before: "24",
  after: "19",
  direction: "worse",
  significant: false,
  audit: null,
  subject: null,
  because: null,
  ...overrides,
})

const diff = (overrides: Partial<Diff> = {}): Diff => ({
  comparable: true,
  because: "same depth and vantage, reach 41% → 39%",
  conditions: [],
  changes: [],
  changesLeftOut: 0,
  peers: null,
  regression: false,
  ...overrides,
})

test("the drawing", () => {
  expect(draw(drawing())).toEqual([
    " 03-13 → 03-14  same depth and vantage, reach 41% → 39%: comparable",
    "-seeders reached  24",
    "+seeders reached  19",
    "+▲ dead-tracker   udp://old.example.net:1337",
  ])
})

test("the drawing in ASCII", () => {
  expect(draw(drawing(), { ascii: true })).toEqual([
    " 03-13 -> 03-14  same depth and vantage, reach 41% -> 39%: comparable",
    "-seeders reached  24",
    "+seeders reached  19",
    "+! dead-tracker   udp://old.example.net:1337",
  ])
})

test("what was is red, what is is green; the signs say it too", () => {
  const [, before, after] = draw(drawing(), { color: true })
  expect(before).toBe("\u001b[31m-seeders reached  24\u001b[39m")
  expect(after).toBe("\u001b[32m+seeders reached  19\u001b[39m")
})

test("no change", () => {
  expect(draw(diff())).toEqual([
    " 03-13 → 03-14  same depth and vantage, reach 41% → 39%: comparable",
    " nothing changed",
  ])
})

test("not comparable, and it says why", () => {
  const because = "depth sample → scrape, DHT on → off, trackers of its own 0 → 1, reach 41% → unknown"
  expect(draw(diff({ comparable: false, because, changes: [change()] }))).toEqual([
    " 03-13 → 03-14  not comparable: depth sample → scrape, DHT on → off, trackers of",
    "                its own 0 → 1, reach 41% → unknown",
    " what differs below may be how it was looked at, and no change",
    "-seeders reached  24",
    "+seeders reached  19",
  ])
})

describe("dates", () => {
  const head = (from: string, to: string) => draw(diff(), {}, { from, to })[0]?.split("  ")[0]
  test("of one day", () => {
    expect(head(sides.from, "2026-03-13T21:02:00.000Z")).toBe(" 03-13 09:15 → 21:02")
  })
  test("of two years", () => {
    expect(head("2025-12-31T23:59:00.000Z", "2026-01-01T00:00:00.000Z")).toBe(" 2025-12-31 → 2026-01-01")
  })
})

test("verdicts have their marks, and a problem of the whole swarm its sentence", () => {
  const changes = [
    change({ what: "verdict", kind: "verdict", before: "warning", after: "critical" }),
    change({
      what: "no-seeder",
      kind: "finding",
      before: null,
      after: "fail",
      audit: "no-seeder",
      subject: "",
      because: "none of 27 reached peers holds every piece",
    }),
  ]
  expect(draw(diff({ changes })).slice(1)).toEqual([
    "-verdict      ▲ WARNING",
    "+verdict      ✗ CRITICAL",
    "+✗ no-seeder  none of 27 reached peers holds every piece",
  ])
})

test("a flood of one kind is cut, and the rest stays", () => {
  const accused = Array.from({ length: 40 }, (_, n) =>
    change({
      kind: "finding",
      before: null,
      after: "warn",
      audit: "corrupt-data",
      subject: `203.0.113.${n}:6881`,
    }),
  )
  const lines = draw(diff({ changes: [...accused, change()], changesLeftOut: 7 }))
  expect(lines).toHaveLength(1 + 10 + 2 + 1)
  expect(lines.at(-1)).toBe(" and 37 more changes")
})

test("-v counts who was met again", () => {
  const lines = draw(diff({ changes: [change()], peers: { again: 14, gone: 13, new: 11 } }), {
    verbose: true,
  })
  expect(lines.at(-1)).toBe(" peers reached: 14 again, 13 gone, 11 new")
})

describe.for([32, 60, 80, 120])("%d columns", (columns) => {
  test.for([true, false])("hostile names keep to their lines, ASCII %s", (ascii) => {
    const evil = `\u001b]0;owned\u0007\u202egpj.\n${"long".repeat(900)}漢字:6881`
    const changes = [
      change({ what: evil, before: evil, after: evil }),
      change({ kind: "torrent", what: "tracker", before: null, after: evil }),
      change({ kind: "finding", before: null, after: "warn", audit: evil, subject: evil, because: evil }),
    ]
    const lines = draw(
      diff({ comparable: false, because: evil.slice(0, 300), changes }),
      { columns, ascii },
      { from: "\u001b[2J", to: evil.slice(0, 20) },
    )
    for (const line of lines) {
      expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
      expect(width(line)).toBeLessThanOrEqual(columns)
    }
    expect(lines.filter((line) => /^[-+]/.test(line))).toHaveLength(4)
  })
})
