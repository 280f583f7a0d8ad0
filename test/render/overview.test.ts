import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { renderOverview } from "../../src/render/overview.ts"
import { sparkline } from "../../src/render/overview/sparkline.ts"
import { worstFirst } from "../../src/report/standing.ts"
import type { FleetStatus } from "../../src/report.ts"
import {
  at,
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

const draw = (status: FleetStatus): string => renderOverview(status, { version: "0.1.0" })

const scriptOf = (page: string): string =>
  page.slice(page.indexOf("<script>") + 8, page.lastIndexOf("</script>"))
/** Without style sheet and script. */
const shown = (page: string): string => page.replace(/<style>[^]*?<\/style>/, "").replace(scriptOf(page), "")
/** A page as lines of text, a row in one. */
const text = (page: string): string =>
  shown(page)
    .replace(/\s+/g, " ")
    .replace(/<\/(tr|li|h1|h2|p)>/g, "\n")
    .replace(/<[^>]*>/g, " ")
    .replace(/ +/g, " ")
    .replace(/^ +| +$/gm, "")

const evil = `"><img src=x onerror=alert(1)></script><script>document.title='owned'</script>\u202e\u0000&amp;`

/** Everything that somebody else may have written. */
function hostileFleet(): FleetStatus {
  const strange = problem(evil, "fail", `tracker:${evil}`)
  const status = { status: "critical", name: evil, problems: [strange] } as const
  return fleetStatus({
    torrents: [
      torrent(evil, [view({ vantage: evil, newest: audited(1, status) })]),
      torrent("x".repeat(100_000), [
        view({ failed: { dueAt: before(1), attempts: 1, code: evil, message: evil } }),
      ]),
    ],
    vantages: [vantage(evil, { workers: [worker({ host: evil, version: evil, alive: false })] })],
  })
}

const manyPlaces = Array.from({ length: 9 }, (_, n) => `place-${n}`)
const cases: Record<string, () => FleetStatus> = {
  "one of each kind": smallFleet,
  many: () => largeFleet(60),
  "many places": () => largeFleet(30, manyPlaces),
  nothing: () => fleetStatus({ vantages: [] }),
  strangers: hostileFleet,
}

/** Tags with their attributes, as a browser takes them: what stands in quotes is no tag. */
const tags = (page: string): string[] => page.match(/<[a-z!](?:[^<>"]|"[^"]*")*>/gi) ?? []

describe.each(Object.entries(cases))("the page of %s", (_, make) => {
  const page = draw(make())

  it("has one script, no handler, no style attribute, and refers to nothing outside", () => {
    for (const tag of tags(shown(page))) {
      expect(tag).not.toMatch(/^<(iframe|img|object|embed|link|form|base|a\s+href="(?!#))/i)
      expect(tag.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/[\s"/](on\w+|style|src|srcdoc|action)\s*=/i)
    }
    expect(page.match(/<script/gi)).toHaveLength(1)
    expect(page.match(/<\/script/gi)).toHaveLength(1)
    expect(scriptOf(page)).not.toContain("<!--")
  })

  it("allows its own style sheet and its own script by their hashes, and nothing else", () => {
    const hash = (of: string) => `'sha256-${createHash("sha256").update(of).digest("base64")}'`
    const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? ""
    expect(page).toContain(
      `content="default-src 'none'; style-src ${hash(style)}; script-src ${hash(scriptOf(page))}; base-uri 'none'; form-action 'none'"`,
    )
    expect(style).not.toMatch(/@import|url\(/)
  })

  it("closes what it opens", () => {
    const open: string[] = []
    const empty = new Set(["meta", "path", "input"])
    for (const [, close, name = "", end] of shown(page).matchAll(
      /<(\/?)([a-z][a-z0-9]*)(?:[^<>"]|"[^"]*")*?(\/?)>/gi,
    )) {
      if (empty.has(name) || end === "/") continue
      if (close !== "/") open.push(name)
      else if (open.pop() !== name) open.push(`wrongly closed ${name}`)
    }
    expect(open).toEqual([])
  })

  it("names each part once, and links only to parts that are there", () => {
    const ids = [...shown(page).matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, to] of shown(page).matchAll(/\shref="#([^"]+)"/g)) expect(ids).toContain(to)
    for (const [, to] of shown(page).matchAll(/\sfor="([^"]+)"/g)) expect(ids).toContain(to)
  })

  it("has as many cells in each row as there are columns", () => {
    const table = shown(page).slice(shown(page).indexOf('<table class="fleet'))
    const rows = table.split("<tr").slice(1)
    const cells = rows.map((row) => row.match(/<t[dh][\s>]/g)?.length)
    expect(new Set(cells).size).toBe(1)
    expect(rows).toHaveLength(make().torrents.length + 1)
  })

  it("prints no control and no direction character", () => {
    expect(shown(page)).not.toMatch(/[\p{Bidi_Control}\u2028\u2029]|(?!\n)\p{Cc}/u)
  })

  it("is the same each time", () => {
    expect(draw(make())).toBe(page)
  })
})

describe("an overview", () => {
  it("answers first, says who is missing, then what changed, then every torrent worst first", () => {
    const page = text(draw(smallFleet()))
    const places = [
      "✗ CRITICAL 4 of 6 torrents need attention.",
      "✗ nyc has no living worker: nothing is audited from there; the last was seen 9 h ago.",
      "▲ Audits are late: the oldest was due 2 h ago.",
      "Need attention 4 of 6 torrents, 1 not audited yet 1 critical, 1 failed, 1 unknown, 1 warning",
      "Since yesterday: 2 worse, 1 new",
      "↓ dataset-2019.tar worse: ok → critical; new: no-seeder; seeders reached 8 → 0",
      "+ magazine-scans new: first audited",
      "✗ nyc, no worker 0 0 41 9 h 9 h",
      "✗ critical dataset-2019.tar worse no-seeder 12 0 0.98 ↓ ✗ critical 0 ✗ critical 0 ✗ critical 0 2 h 64617461",
      "✗ failed films-1931 no-metadata, tried 3 times – – – ✗ failed",
      "? unknown magazine-scans new can&#39;t tell 3 0 –",
      "▲ warning example-os-13.1-amd64.iso worse dead-tracker udp://old.example.net:1337 48 19 20.83 ▲ warning 19 ✓ 19",
      "– not yet brand-new due – – –",
      "✓ ok fine.iso 48 5 5.50 ✓ 5 ✓ 5 ✓ 5",
    ].map((line) => [line, page.indexOf(line)] as const)
    expect(places.filter(([, index]) => index < 0)).toEqual([])
    expect(places.map(([, index]) => index)).toEqual(
      places.map(([, index]) => index).toSorted((a, b) => a - b),
    )
  })

  it("lists all of a thousand without a script, worst first, in less than 1.5 MB", () => {
    const status = largeFleet(1_000)
    const page = draw(status)
    const named = [...page.matchAll(/<tr role="row" class[^]*?<b>(.*?)<\/b>/g)].map(([, name]) => name)
    expect(named).toEqual(worstFirst(status).map((each) => each.torrent.name))
    expect(page.length).toBeLessThan(1_500_000)
  })

  it("tells the script each torrent's standing, each place's, and whether something changed", () => {
    const rows = [...draw(smallFleet()).matchAll(/<tr role="row" class="(\w+)" data-s="([^"]+)"([^>]*)>/g)]
    expect(
      rows.map(([, kind, told, flags]) => [
        kind,
        told,
        /data-c/.test(flags ?? ""),
        /data-d/.test(flags ?? ""),
      ]),
    ).toEqual([
      ["critical", "cccc", true, false],
      ["failed", "ff--", false, false],
      ["unknown", "uu--", true, false],
      ["warning", "wwo-", true, true],
      ["awaited", "aa--", false, false],
      ["ok", "oooo", false, false],
    ])
  })

  it("has a column for each of a few places; of many it counts those that see it so", () => {
    const heads = (page: string) =>
      [...page.matchAll(/data-by="[^"]*"><span>(.*?)<\/span>/g)].map(([, head]) => head)
    expect(heads(draw(largeFleet(5)))).toEqual([
      "verdict",
      "torrent",
      "claimed",
      "reached",
      "copies",
      "7 days",
      "ber",
      "fra",
      "nyc",
      "audited",
      "hash",
    ])
    const page = draw(largeFleet(5, manyPlaces))
    expect(heads(page)[6]).toBe("so from")
    expect(page).toContain('<td role="cell">9 of 9</td>')
  })

  it("shows what was not measured as a dash, and not as zero", () => {
    const scraped = view({ newest: audited(1, { depth: "scrape", seedersReached: 0, copies: null }) })
    const page = text(draw(fleetStatus({ torrents: [torrent("x", [scraped])] })))
    expect(page).toMatch(/✓ ok x 48 – – ✓ 60 min/)
  })

  it("sorts by what a number is, however it is written", () => {
    const vast = view({ newest: audited(1, { seedersClaimed: 4_294_967_295 }) })
    expect(draw(fleetStatus({ torrents: [torrent("x", [vast])] }))).toContain('data-n="4294970000">4.29G<')
  })
})

describe("a sparkline", () => {
  const path = (of: Parameters<typeof sparkline>[0]) =>
    /<path d="([^"]*)"/.exec(sparkline(of, at).markup)?.[1]
  const newest = audited(1, { seedersReached: 5 })

  it("runs from nobody at the bottom to the most of the week at the top", () => {
    expect(
      path(
        view({
          newest,
          recent: points([
            [49, 0],
            [25, 10],
          ]),
        }),
      ),
    ).toBe("M59 18L70 2L82 10")
  })

  it("has no line where nobody looked for long: a dot stands alone", () => {
    expect(
      path(
        view({
          newest,
          recent: points([
            [160, 10],
            [25, 10],
          ]),
        }),
      ),
    ).toBe("M5 2h2M70 2L82 10")
  })

  it("leaves out what can't be held against the newest, and what is older or unknown", () => {
    const others = [
      ...points([[200, 9]]),
      ...points([[60, 9]], { depth: "handshake" }),
      ...points([[50, 9]], { complete: false }),
      ...points([[40, 0]], { status: "unknown" }),
    ]
    expect(path(view({ newest, recent: others }))).toBe("M81 2h2")
    expect(path(view({ newest: null, recent: others }))).toBeUndefined()
    expect(path(view({ newest: audited(1, { status: "unknown" }) }))).toBeUndefined()
  })

  it("counts the newest once, though it is among the recent", () => {
    expect(path(view({ newest, recent: points([[1, 5]]) }))).toBe("M81 2h2")
  })
})
