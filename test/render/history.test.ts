/** The history as drawn: its lines, its widths, and nothing but our own colours in it. */
import { describe, expect, it } from "vitest"
import { ago, renderTargets, type KnownTarget } from "../../src/render/history.ts"
import { renderAudits } from "../../src/render/history/audits.ts"
import { fewestInEach } from "../../src/render/history/trend.ts"
import { width } from "../../src/render/text.ts"
import type { AuditRow } from "../../src/report.ts"

const now = new Date("2026-03-15T09:15:00.000Z")
const hourMs = 3_600_000
const before = (hours: number) => new Date(now.getTime() - hours * hourMs).toISOString()

const row = (overrides: Partial<AuditRow> = {}): AuditRow => ({
  id: "a1f3",
  infoHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
  name: "example-os-13.1-amd64.iso",
  startedAt: before(24),
  vantage: null,
  durationMs: 171_000,
  depth: "sample",
  complete: true,
  status: "warning",
  downloadable: "yes",
  seedersClaimed: 48,
  seedersReached: 19,
  seedersVerified: 11,
  leechersClaimed: 9,
  leechersReached: 8,
  copies: 20.83,
  reachRatio: 0.39,
  medianBytesPerSecond: 1_258_291,
  problems: [{ audit: "dead-tracker", subject: "tracker:udp://old.example.net:1337", verdict: "warn" }],
  ...overrides,
})

const known = (overrides: Partial<AuditRow> = {}, recent: readonly [number, number][] = []): KnownTarget => ({
  newest: row(overrides),
  audits: 7,
  recent: recent.map(([hours, seedersReached]) => ({ startedAt: before(hours), seedersReached })),
})

const options = { columns: 80, color: false, ascii: false, top: 50, verbose: false }
const drawn = (columns: number, overrides: Partial<typeof options> = {}) => ({
  ...options,
  columns,
  ...overrides,
})

const fleet = [
  known({}, [
    [160, 20],
    [130, 19],
    [100, 18],
    [24, 19],
    [20, 25],
  ]),
  known({ name: "fine.iso", status: "ok", startedAt: before(1), seedersReached: 3, copies: 3 }, [[1, 3]]),
  known(
    {
      name: "dataset-2019.tar",
      status: "critical",
      startedAt: before(200),
      seedersClaimed: 12,
      seedersReached: 0,
      copies: 0.98,
    },
    [],
  ),
  known({ name: "magazine-scans", status: "unknown", depth: "scrape", copies: null, startedAt: before(0.5) }),
]

describe("targets", () => {
  it("are drawn worst first, with their trend", () => {
    expect(renderTargets(fleet, now, options)).toBe(`\
HISTORY  4 torrents, 1 OK; 28 audits
VERDICT     CLAIMED  REACHED  AVAIL  7d       NAME                          LAST
✗ CRITICAL       12        0   0.98  ·······  dataset-2019.tar               8 d
? UNKNOWN        48        –      –  –        magazine-scans              30 min
▲ WARNING        48       19  20.83  ██▇···█  example-os-13.1-amd64.iso     24 h
✓ OK             48        3   3.00  ······█  fine.iso                    60 min
`)
  })

  it("have more columns on a wide screen, and none on a narrow one", () => {
    const wide = renderTargets(fleet, now, drawn(120))
    expect(wide).toContain("HASH")
    expect(wide).toContain("9f86d081")
    expect(renderTargets(fleet.slice(0, 1), now, drawn(60, { ascii: true }))).toBe(
      `\
HISTORY  1 torrent, 0 OK; 7 audits
! example-os-13.1-amd64.iso
    claimed: 48  reached: 19  avail: 20.83  7d: 998...9
    audits: 7  last: 24 h
`,
    )
  })

  it("are no more than asked for, and it is said", () => {
    const lines = renderTargets(fleet, now, drawn(80, { top: 2 })).split("\n")
    expect(lines.slice(2)).toEqual([
      expect.stringContaining("dataset-2019.tar"),
      expect.stringContaining("magazine-scans"),
      "  and 2 more: --top 4",
      "",
    ])
  })
})

describe("audits", () => {
  const rows = [
    row({ startedAt: before(1), status: "critical", seedersReached: 0, complete: false, id: "b2c4" }),
    row({ startedAt: before(24) }),
    row({ startedAt: before(49), status: "ok", seedersReached: 24, problems: [], id: "c3d5" }),
  ]
  const audits = { infoHash: row().infoHash, name: row().name, rows, whole: 2 }

  it("are drawn newest first, below their trend", () => {
    expect(renderAudits(audits, options)).toBe(`\
example-os-13.1-amd64.iso
  9f86d081884c7d659a2feaa0c55ad015a3bf4f1b  3 audits since 2026-03-13
  2 with their snapshots

TREND  seeders reached, 0–24; height = fewest in cell
  2026-03-13 █▆! 2026-03-15

AUDITS (UTC)     VERDICT     CLAIMED REACHED  AVAIL REACH ID    PROBLEMS
2026-03-15 08:15 ✗ CRITICAL       48       0  20.83   39% b2c4  stopped …
2026-03-14 09:15 ▲ WARNING        48      19  20.83   39% a1f3  dead-tracker
2026-03-13 08:15 ✓ OK             48      24  20.83   39% c3d5
`)
  })

  it("of one day have hours at the ends of their trend, and a single one has none", () => {
    const day = [row({ startedAt: before(1) }), row({ startedAt: before(3) })]
    expect(renderAudits({ ...audits, rows: day }, options)).toContain("\n  06:15 ██ 08:15\n")
    expect(renderAudits({ ...audits, rows: day.slice(0, 1) }, options)).not.toContain("TREND")
  })
})

describe("what strangers wrote", () => {
  const hostile = "\u001b[2J\u202e\nевил <b>\u0007".padEnd(3_000, "x名")
  const problems = Array.from({ length: 500 }, (_, n) => ({
    audit: n % 2 ? "corrupt-data" : hostile,
    subject: "swarm",
    verdict: "warn" as const,
  }))
  const bad = row({ name: hostile, id: "\u001b[1m", problems, seedersClaimed: 4_294_967_295, copies: 1e9 })
  it.each([32, 40, 60, 79, 80, 100, 120, 200])("stays within %i columns", (columns) => {
    for (const ascii of [false, true]) {
      const look = drawn(columns, { ascii })
      const texts = [
        renderTargets([{ newest: bad, audits: 1, recent: [] }], now, look),
        renderAudits({ infoHash: bad.infoHash, name: hostile, rows: [bad, bad], whole: 2 }, look),
      ]
      for (const text of texts) {
        // oxlint-disable-next-line no-control-regex -- that none is left is what is tested
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
        // oxlint-disable-next-line no-control-regex
        expect(text).toMatch(ascii ? /^[\u0000-\u007f]*$/ : /^[^]*$/)
        expect(Math.max(...text.split("\n").map(width))).toBeLessThanOrEqual(columns)
      }
    }
  })
})

it("a cell of a trend is the fewest in it; a day without an audit is none", () => {
  const at = (hours: number, seedersReached: number) => ({ startedAt: before(hours), seedersReached })
  const cells = fewestInEach(
    [at(47, 5), at(30, 2), at(500, 0), at(0, 9)],
    now.getTime() - 72 * hourMs,
    now.getTime(),
    3,
  )
  expect(cells).toEqual([null, 2, 9])
})

it.each([
  [-5_000, "0 s"],
  [119_000, "119 s"],
  [121_000, "2 min"],
  [3 * hourMs, "3 h"],
  [72 * hourMs, "3 d"],
  [15 * 24 * hourMs, "2 w"],
  [800 * 24 * hourMs, "2 y"],
])("%i ms ago is %s", (ms, expected) => {
  expect(ago(ms)).toBe(expected)
})
