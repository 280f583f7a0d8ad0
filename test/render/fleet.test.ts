import { describe, expect, it } from "vitest"
import {
  fleetLine,
  renderFleet,
  type AuditedLine,
  type Fleet,
  type FleetLine,
  type FleetOptions,
} from "../../src/render/fleet.ts"
import { width } from "../../src/render/text.ts"
import type { AuditRow, Snapshot } from "../../src/report.ts"
import { finding, rich } from "./snapshots.ts"

const line = (overrides: Partial<AuditedLine>): AuditedLine => ({
  kind: "audited",
  status: "ok",
  name: "fine.iso",
  claimed: 9,
  reached: 5,
  copies: 5.5,
  trend: null,
  note: "",
  reason: "",
  ...overrides,
})

const warning = line({
  status: "warning",
  name: "example-os-13.1-amd64.iso",
  claimed: 48,
  reached: 19,
  copies: 20.83,
  trend: "level",
})
const unknown = line({
  status: "unknown",
  name: "magazine-scans",
  claimed: 3,
  reached: 0,
  copies: null,
  note: "0 of 4 reached",
})
const critical = line({
  status: "critical",
  name: "dataset-2019.tar",
  claimed: 12,
  reached: 0,
  copies: 0.98,
  trend: "down",
})

const fleet = (lines: readonly FleetLine[], overrides: Partial<Fleet> = {}): Fleet => ({
  lines,
  total: lines.length,
  ok: lines.filter((each) => each.kind === "audited" && each.status === "ok").length,
  notAudited: 0,
  repeated: 0,
  ...overrides,
})

const draw = (of: Fleet, options: Partial<FleetOptions> = {}) =>
  renderFleet(of, { columns: 80, color: false, ascii: false, verbose: false, ...options })

describe("the table", () => {
  it("is what the interface draws: worst first, what is well left out", () => {
    const fine = Array.from({ length: 38 }, (_, i) => line({ name: `fine-${i}` }))
    expect(draw(fleet([warning, ...fine, unknown, critical]))).toBe(
      `VERDICT     CLAIMED  REACHED  AVAIL  7d  NAME                 41 torrents, 38 OK
✗ CRITICAL       12        0   0.98  ↓   dataset-2019.tar
? UNKNOWN         3        0      –  –   magazine-scans       0 of 4 reached
▲ WARNING        48       19  20.83  →   example-os-13.1-amd64.iso
`,
    )
    expect(draw(fleet([warning, ...fine]), { verbose: true }).match(/^✓ OK /gm)).toHaveLength(38)
  })

  it("in ASCII", () => {
    expect(draw(fleet([warning, unknown, critical, line({})]), { ascii: true })).toBe(
      `VERDICT     CLAIMED  REACHED  AVAIL  7d  NAME                   4 torrents, 1 OK
XX CRITICAL      12        0   0.98  dn  dataset-2019.tar
? UNKNOWN         3        0      -  -   magazine-scans         0 of 4 reached
! WARNING        48       19  20.83  =   example-os-13.1-amd64.iso
OK                9        5   5.50  -   fine.iso
`,
    )
  })

  it("has a place for what could not be audited, and the reasons below", () => {
    const broken: FleetLine = {
      kind: "failed",
      name: "/srv/x.torrent",
      code: "not-bencode",
      message: "not a torrent: bad byte at offset 0",
    }
    const reasoned = {
      ...warning,
      reason: "dead-tracker udp://old.example.net:1337, corrupt-data 203.0.113.9:6881",
    }
    expect(draw(fleet([reasoned, broken], { notAudited: 2, total: 4, repeated: 1 }))).toBe(
      `VERDICT     CLAIMED  REACHED  AVAIL  7d  NAME                   4 torrents, 0 OK
✗ ERROR           –        –      –  –   /srv/x.torrent         not-bencode
▲ WARNING        48       19  20.83  →   example-os-13.1-amd64.iso

  ✗ /srv/x.torrent: not a torrent: bad byte at offset 0
  ▲ example-os-13.1-amd64.iso: dead-tracker udp://old.example.net:1337, …

2 torrents not audited: stopped before
1 target named more than once: audited once
`,
    )
  })

  it("as a list below 80 columns", () => {
    expect(draw(fleet([unknown, critical]), { columns: 40 })).toBe(
      `2 torrents, 0 OK
✗ CRITICAL  dataset-2019.tar
    claimed: 12  reached: 0  avail: 0.98
    7d: ↓
? UNKNOWN  magazine-scans
    claimed: 3  reached: 0
    0 of 4 reached
`,
    )
  })

  it("says little when all of many are well", () => {
    const fine = Array.from({ length: 12 }, (_, i) => line({ name: `fine-${i}` }))
    expect(draw(fleet(fine))).toBe("✓ OK  12 torrents, 12 OK\n")
  })

  it.each([32, 60, 80, 81, 120, 200])(
    "at %i columns no line is wider, whatever torrents are called",
    (columns) => {
      const names = [
        "x".repeat(4_000),
        "\u001b[31mred\u202e\n\r",
        "日本語のとても長いなまえ".repeat(9),
        "",
        "é👩‍👩‍👧".repeat(30),
      ]
      const lines = names.flatMap((name): FleetLine[] => [
        {
          ...unknown,
          name,
          reason: `${name} ${name}`,
          claimed: 4_294_967_295,
          note: "4294967295 of 4294967295 reached",
        },
        { kind: "failed", name, code: "not-bencode", message: name },
      ])
      for (const ascii of [false, true]) {
        const text = draw(fleet(lines), { columns, ascii })
        // oxlint-disable-next-line no-control-regex
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
        for (const each of text.split("\n")) expect(width(each)).toBeLessThanOrEqual(columns)
      }
    },
  )
})

const row = (overrides: Partial<AuditRow>): AuditRow => ({
  id: "00000000",
  infoHash: "",
  name: "",
  startedAt: "2026-03-13T09:15:00.000Z",
  vantage: null,
  durationMs: 1,
  depth: "sample",
  complete: true,
  status: "ok",
  downloadable: "yes",
  seedersClaimed: 48,
  seedersReached: 19,
  seedersVerified: 1,
  leechersClaimed: 0,
  leechersReached: 0,
  copies: 1,
  reachRatio: 1,
  medianBytesPerSecond: null,
  problems: [],
  ...overrides,
})

describe("a line", () => {
  const snapshot = rich()

  it("has the snapshot's figures and problems", () => {
    expect(fleetLine(snapshot, [])).toMatchObject({
      status: "warning",
      name: "example-os-13.1-amd64.iso",
      claimed: 48,
      reached: 19,
      copies: 20.83,
      trend: null,
      note: "",
      reason: expect.stringMatching(/^dead-tracker udp:\/\/old\.example\.net:1337/),
    })
  })

  it("doesn't show as 0 what a depth does not look at", () => {
    const scraped: Snapshot = { ...snapshot, run: { ...snapshot.run, depth: "scrape" } }
    expect(fleetLine(scraped, [])).toMatchObject({ claimed: 48, reached: null, note: "" })
  })

  const unknown = { ...snapshot.verdict, status: "unknown" as const, because: "Too few were reached." }
  it.each<[string, Partial<Snapshot["run"]>, Partial<Snapshot>, string, string]>([
    ["stopped", { complete: false, stopReason: "interrupted" }, {}, "stopped", "a signal ended it"],
    ["too few reached", {}, { findings: [] }, "27 of 71 reached", "Too few were reached."],
    ["no tracker", { depth: "scrape" }, { findings: [] }, "no answer", "no tracker said how many there are"],
    [
      "a limit that those whom we did not reach may meet",
      {},
      {
        findings: [
          finding({
            audit: "below-threshold",
            verdict: "inconclusive",
            because: "19 to 61, and 30 are wanted",
          }),
        ],
      },
      "27 of 71 reached",
      "19 to 61, and 30 are wanted",
    ],
  ])("why it is unknown: %s", (_, run, overrides, note, reason) => {
    const drawn = { ...snapshot, verdict: unknown, run: { ...snapshot.run, ...run }, ...overrides }
    expect(fleetLine(drawn, [])).toMatchObject({ status: "unknown", note, reason })
  })

  it.each([
    ["fewer than before", [row({ seedersReached: 30 }), row({ seedersReached: 31 })], "down"],
    ["more", [row({ seedersReached: 5 })], "up"],
    ["about as many", [row({ seedersReached: 21 })], "level"],
    [
      "the middle one counts, not an outlier",
      [row({ seedersReached: 20 }), row({ seedersReached: 19 }), row({ seedersReached: 900 })],
      "level",
    ],
    ["another depth", [row({ seedersReached: 90, depth: "handshake" })], null],
    ["too long ago", [row({ seedersReached: 90, startedAt: "2026-03-01T00:00:00.000Z" })], null],
    ["cut short", [row({ seedersReached: 90, complete: false })], null],
    ["itself", [row({ seedersReached: 90, id: snapshot.run.id })], null],
    ["none", [], null],
  ])("trend: %s", (_, rows, trend) => {
    expect(fleetLine(snapshot, rows).trend).toBe(trend)
  })

  it("one seeder more or less is no trend", () => {
    const three = structuredClone(snapshot)
    three.swarm.seeders.reached = 3
    const trends = [1, 2, 4, 5].map((seedersReached) => fleetLine(three, [row({ seedersReached })]).trend)
    expect(trends).toEqual(["up", "level", "level", "down"])
  })
})
