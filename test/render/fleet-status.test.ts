import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { renderFleetStatus } from "../../src/render/fleet-status.ts"
import { countsWords, headWords } from "../../src/render/fleet-status/words.ts"
import { trendOfView } from "../../src/render/fleet/trend.ts"
import { width } from "../../src/render/text.ts"
import type { FleetStatus } from "../../src/report.ts"
import {
  audited,
  before,
  fleetStatus,
  largeFleet,
  points,
  smallFleet,
  torrent,
  vantage,
  view,
  worker,
} from "./fleet-statuses.ts"
import { problem } from "./rows.ts"

const options = { columns: 80, color: false, ascii: false, top: 20, verbose: false }
const draw = (status: FleetStatus, overrides: Partial<typeof options> = {}) =>
  renderFleetStatus(status, { ...options, ...overrides })

describe("a fleet's status", () => {
  it("answers first, says loudly who is missing, then all of them worst first and what changed", () => {
    expect(draw(smallFleet())).toBe(`\
✗ CRITICAL  4 of 6 torrents need attention.
  1 critical  1 failed  1 unknown  1 warning  1 not audited yet  1 OK
  2026-03-15 09:15 UTC
  ✗ nyc has no living worker: nothing is audited from there; the last was seen 9
  h ago.

QUEUE     12 waiting (1 tried before)  3 running  369 done in a day  3 failed
          ▲ LATE: the oldest was due 2 h ago
VANTAGE                   WORKERS    RUNNING   IN A DAY LAST AUDIT       SEEN
✗ nyc                        none          0         41        9 h        9 h
✓ ber                           1          2        164      3 min       12 s
✓ fra                           1          1        164      3 min       12 s

VERDICT     CLAIMED  REACHED  AVAIL  7d  NAME                WHY
✗ CRITICAL       12        0   0.98  ↓   dataset-2019.tar    no-seeder
✗ ERROR           –        –      –  –   films-1931          no-metadata, tried…
? UNKNOWN         3        0      –  –   magazine-scans      can't tell
▲ WARNING        48       19  20.83  –   example-os-1…4.iso  ber: dead-tracker
– NOT YET         –        –      –  –   brand-new           due
✓ OK             48        5   5.50  –   fine.iso

SINCE YESTERDAY  2 worse, 1 new
  ↓ dataset-2019.tar: ok → critical; new: no-seeder; seeders reached 8 → 0
  ↓ example-os-13.1-amd64.iso: ok → warning; new: dead-tracker …
  + magazine-scans: first audited
`)
  })

  it("has room for reasons and workers where there is more of it", () => {
    expect(draw(smallFleet(), { columns: 120, verbose: true })).toBe(`\
✗ CRITICAL  4 of 6 torrents need attention.
  1 critical  1 failed  1 unknown  1 warning  1 not audited yet  1 OK  2026-03-15 09:15 UTC
  ✗ nyc has no living worker: nothing is audited from there; the last was seen 9 h ago.

QUEUE     12 waiting (1 tried before)  3 running  369 done in a day  3 failed
          ▲ LATE: the oldest was due 2 h ago
VANTAGE                   WORKERS    RUNNING   IN A DAY LAST AUDIT       SEEN
✗ nyc                        none          0         41        9 h        9 h
✓ ber                           1          2        164      3 min       12 s
✓ fra                           1          1        164      3 min       12 s
  ber: audit-1, pid 4711, version 0.1.0, since 2026-03-11 05:15 UTC, 2 audits running
  ber: audit-1, pid 4711, version 0.1.0, since 2026-03-11 05:15 UTC, gone, seen 9 h ago
  fra: audit-1, pid 4711, version 0.1.0, since 2026-03-11 05:15 UTC, 1 audit running
  nyc: audit-9, pid 4711, version 0.1.0, since 2026-03-11 05:15 UTC, gone, seen 9 h ago

VERDICT     CLAIMED  REACHED  AVAIL  7d  NAME                                                 WHY
✗ CRITICAL       12        0   0.98  ↓   dataset-2019.tar                                     no-seeder
✗ ERROR           –        –      –  –   films-1931                                           no-metadata, tried 3 times
? UNKNOWN         3        0      –  –   magazine-scans                                       can't tell
▲ WARNING        48       19  20.83  –   example-os-13.1-amd64.iso                            ber: dead-tracker
– NOT YET         –        –      –  –   brand-new                                            due
✓ OK             48        5   5.50  –   fine.iso

  ✗ dataset-2019.tar: no-seeder
  ✗ films-1931: no peer sent metadata in 3m
  ▲ example-os-13.1-amd64.iso: dead-tracker udp://old.example.net:1337

SINCE YESTERDAY  2 worse, 1 new
  ↓ dataset-2019.tar: ok → critical; new: no-seeder; seeders reached 8 → 0
  ↓ example-os-13.1-amd64.iso: ok → warning; new: dead-tracker udp://old.example.net:1337 from ber
  + magazine-scans: first audited
`)
  })

  it("is a list on a narrow screen, and plain in ASCII", () => {
    expect(draw(smallFleet(), { columns: 40, ascii: true })).toBe(`\
XX CRITICAL  4 of 6 torrents need
  attention.
  1 critical  1 failed  1 unknown
  1 warning  1 not audited yet  1 OK
  2026-03-15 09:15 UTC
  XX nyc has no living worker: nothing
  is audited from there; the last was
  seen 9 h ago.

QUEUE     12 waiting (1 tried before)
          3 running  369 done in a day
          3 failed
          ! LATE: the oldest was due 2 h ago
VANTAGE
XX nyc
    workers: none  running: 0
    in a day: 41  last audit: 9 h
    seen: 9 h
ok ber
    workers: 1  running: 2
    in a day: 164  last audit: 3 min
    seen: 12 s
ok fra
    workers: 1  running: 1
    in a day: 164  last audit: 3 min
    seen: 12 s

XX CRITICAL  dataset-2019.tar
    claimed: 12  reached: 0  avail: 0.98
    7d: dn  no-seeder
XX ERROR  films-1931
    no-metadata, tried 3 times
? UNKNOWN  magazine-scans
    claimed: 3  reached: 0  can't tell
! WARNING  example-os-13.1-amd64.iso
    claimed: 48  reached: 19
    avail: 20.83  ber: dead-tracker
- NOT YET  brand-new
    due
OK  fine.iso
    claimed: 48  reached: 5  avail: 5.50

SINCE YESTERDAY  2 worse, 1 new
  dn dataset-2019.tar
    ok -> critical; new: no-seeder;
    seeders reached 8 -> 0
  dn example-os-13.1-amd64.iso
    ok -> warning; new: dead-tracker
    udp://old.example.net:1337 from ber
  + magazine-scans
    first audited
`)
  })

  it("leaves out of many what is well, and says how many more there are", () => {
    const text = draw(largeFleet(300), { top: 3 })
    expect(text).toMatch(/^✗ CRITICAL {2}\d+ of 300 torrents need attention\.$/m)
    expect(text.match(/^(✗|\?|▲|–|✓) [A-Z]+ .*\d/gm)).toHaveLength(4)
    expect(text.match(/^ {2}and \d+ more: --top \d+$/gm)).toHaveLength(2)
    expect(draw(largeFleet(300), { verbose: true, top: 999 })).toMatch(/^✓ OK /m)
  })

  it("says little of a fleet that is well", () => {
    const torrents = Array.from({ length: 12 }, (_, n) => torrent(`fine-${n}`, [view()]))
    expect(draw(fleetStatus({ torrents, vantages: [vantage("ber")] }))).toBe(`\
✓ OK  All 12 torrents are well.
  12 OK  2026-03-15 09:15 UTC

QUEUE     0 waiting  3 running  492 done in a day
VANTAGE                   WORKERS    RUNNING   IN A DAY LAST AUDIT       SEEN
✓ ber                           1          1        164      3 min       12 s

SINCE YESTERDAY  nothing changed
`)
  })

  it("says that there is nothing yet", () => {
    const nothing = {
      waiting: 0,
      running: 0,
      retrying: 0,
      oldestDueAt: null,
      doneLastDay: 0,
      failedLastDay: 0,
    }
    expect(draw(fleetStatus({ vantages: [], queue: nothing }))).toBe(`\
The fleet has no torrents yet.
  2026-03-15 09:15 UTC

QUEUE     0 waiting  0 running  0 done in a day
No vantage point yet: no worker has come.
`)
  })

  it("tells blind places, and what they see is no change for the worse", () => {
    const lost = (name: string) =>
      torrent(name, [
        view({ vantage: "ber" }),
        view({ vantage: "fra", newest: audited(1, { status: "unknown", seedersReached: 0 }) }),
      ])
    const text = draw(
      fleetStatus({ torrents: ["a", "b", "c"].map(lost), vantages: [vantage("ber"), vantage("fra")] }),
    )
    expect(text).toContain(
      "  ▲ fra is blind: it can tell nothing of any torrent; its own network may be at\n",
    )
    expect(text).toContain("SINCE YESTERDAY  3 unclear\n  → a: ok → unknown from fra\n")
    expect(text).toMatch(/^✓ OK /)
    expect(text).not.toMatch(/^\? UNKNOWN/m)
  })

  it("shows no zero where nobody was visited", () => {
    const scraped = view({ newest: audited(1, { depth: "scrape", seedersReached: 0, copies: null }) })
    expect(draw(fleetStatus({ torrents: [torrent("x", [scraped])] }))).toMatch(/^✓ OK +48 +– +– {2}– +x$/m)
  })

  it("says so where the audit before is older than yesterday's", () => {
    const views = [view({ newest: audited(1, { status: "critical" }), dayBefore: audited(100) })]
    expect(draw(fleetStatus({ torrents: [torrent("x", views)] }))).toContain(
      "  ↓ x: ok → critical; since 2026-03-11\n",
    )
  })
})

describe("the answer", () => {
  const none = { critical: 0, failed: 0, unknown: 0, warning: 0, awaited: 0, ok: 0 }
  it.each([
    [{}, "The fleet has no torrents yet.", []],
    [{ ok: 1 }, "The torrent is well.", ["1 OK"]],
    [{ ok: 41 }, "All 41 torrents are well.", ["41 OK"]],
    [{ ok: 39, awaited: 2 }, "No torrent is known to need attention.", ["2 not audited yet", "39 OK"]],
    [{ critical: 1 }, "1 of 1 torrent needs attention.", ["1 critical"]],
    [
      { failed: 1, warning: 2, ok: 38 },
      "3 of 41 torrents need attention.",
      ["1 failed", "2 warning", "38 OK"],
    ],
  ])("%o", (some, answer, words) => {
    const counts = { ...none, ...some }
    expect(headWords(counts)).toBe(answer)
    expect(countsWords(counts)).toEqual(words)
  })
})

describe("the trend", () => {
  const newest = audited(1, { seedersReached: 10 })
  const of = (recent: ReturnType<typeof points>, now = newest) => trendOfView({ newest: now, recent })

  it.each([
    [
      "fewer than before",
      points([
        [97, 20],
        [49, 21],
        [25, 20],
      ]),
      "down",
    ],
    [
      "more",
      points([
        [97, 5],
        [49, 6],
        [25, 5],
      ]),
      "up",
    ],
    ["about as many", points([[97, 11]]), "level"],
    ["another depth", points([[97, 90]], { depth: "handshake" }), null],
    ["cut short", points([[97, 90]], { complete: false }), null],
    ["could tell nothing", points([[97, 90]], { status: "unknown" }), null],
    ["none", [], null],
  ] as const)("%s", (_, recent, trend) => {
    expect(of([...recent])).toBe(trend)
  })

  it("holds the worst of the last hours against the worst of those before: like with like", () => {
    expect(
      of(
        points([
          [97, 4],
          [49, 4],
          [25, 4],
          [6, 4],
        ]),
      ),
    ).toBe("level")
  })

  it("is of claims where nobody is visited, and of nothing where nothing could be told", () => {
    const scrape = { depth: "scrape", seedersReached: 0 } as const
    const recent = points(
      [
        [49, 0],
        [25, 0],
      ],
      { depth: "scrape", seedersClaimed: 200 },
    )
    expect(of(recent, audited(1, scrape))).toBe("down")
    expect(of(points([[49, 9]]), audited(1, { status: "unknown", seedersReached: 0 }))).toBeNull()
    expect(trendOfView({ newest: null, recent: points([[49, 9]]) })).toBeNull()
  })
})

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constantFrom(
    "x".repeat(4_000),
    "\u001b[31mred\u202e\n\r",
    "日本語のとても長いなまえ".repeat(9),
    "",
    "é👩‍👩‍👧".repeat(30),
  ),
)

it("no line is wider than the screen, and no foreign control comes through, whatever anything is called", () => {
  const huge = Number.MAX_SAFE_INTEGER
  fc.assert(
    fc.property(
      nasty,
      nasty,
      fc.constantFrom(32, 40, 79, 80, 120, 300),
      fc.boolean(),
      (name, other, columns, ascii) => {
        const strange = problem(other, "fail", `tracker:${name}`)
        const count = { seedersClaimed: huge, seedersReached: huge, copies: 1e15 }
        const views = [
          view({ vantage: other, newest: audited(1, { ...count, status: "critical", problems: [strange] }) }),
          view({ failed: { dueAt: before(1), attempts: huge, code: other, message: name } }),
        ]
        const status = fleetStatus({
          torrents: [
            torrent(name, views),
            torrent(other, views.slice(1)),
            torrent(name, [view({ newest: null })]),
          ],
          vantages: [
            vantage(other, { workers: [worker({ host: name, version: other, pid: huge })] }),
            vantage(name, { workers: [] }),
          ],
        })
        for (const verbose of [false, true]) {
          const text = draw(status, { columns, ascii, verbose })
          expect(text).not.toMatch(/[\p{Bidi_Control}\u2028\u2029]|(?!\n)\p{Cc}/u)
          expect(ascii && !/^[\n\x20-\x7e]*$/.test(text)).toBe(false)
          for (const line of text.split("\n")) expect(width(line)).toBeLessThanOrEqual(columns)
        }
      },
    ),
    { numRuns: 60 },
  )
})
