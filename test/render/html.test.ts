import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { renderHtml } from "../../src/render/html.ts"
import type { Snapshot } from "../../src/report.ts"
import { huge, poisoned } from "./html-hostile-snapshots.ts"
import { deadTracker, onePiece, scraped } from "./html-odd-snapshots.ts"
import { auditsBefore, crowd } from "./html-snapshots.ts"
import { finding, rich, snapshot } from "./snapshots.ts"
import { anEvidence } from "../support/builders.ts"

const draw = (drawn: Snapshot, history = auditsBefore(drawn, 0)): string =>
  renderHtml(drawn, { history, commandLine: null })

/** Without the line breaks of the source. */
const flat = (page: string): string => page.replace(/\n(?=<\/?[a-z])|(?<=>)\n/g, "")

const opening = '<script type="application/json" id="snapshot">'

/** The page without the embedded snapshot. */
const visible = (page: string): string => page.slice(0, page.indexOf(opening))

const cases: Record<string, () => Snapshot> = {
  crowd,
  rich,
  "one piece": onePiece,
  scrape: scraped,
  "dead tracker": deadTracker,
  nobody: snapshot,
  poisoned,
}

/** Tags with their attributes, as a browser takes them: what stands in quotes is no tag. */
const tags = (page: string): string[] => page.match(/<[a-z!](?:[^<>"]|"[^"]*")*>/gi) ?? []

describe.each(Object.entries(cases))("the page of %s", (_, make) => {
  const page = draw(make(), auditsBefore(make(), 12))
  const shown = visible(page)

  it("has no script, no handler, no style attribute, and refers to nothing outside", () => {
    for (const tag of tags(shown)) {
      expect(tag).not.toMatch(/^<(script|iframe|img|object|embed|link|form|base|a\s+href="(?!#))/i)
      expect(tag.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/[\s"/](on\w+|style|src|srcdoc|action)\s*=/i)
    }
    expect(page.match(/<script/gi)).toHaveLength(1)
  })

  it("allows its own style sheet by its hash and nothing else", () => {
    const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? ""
    const hash = createHash("sha256").update(style).digest("base64")
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    )
    expect(style).not.toMatch(/@import|url\((?!#)/)
  })

  it("closes what it opens", () => {
    const open: string[] = []
    const empty = new Set(["meta", "line", "rect", "circle", "path"])
    for (const [, close, name = "", end] of shown.matchAll(
      /<(\/?)([a-z][a-z0-9]*)(?:[^<>"]|"[^"]*")*?(\/?)>/gi,
    )) {
      if (empty.has(name) || end === "/") continue
      if (close !== "/") open.push(name)
      else if (open.pop() !== name) open.push(`wrongly closed ${name}`)
    }
    expect(open).toEqual(["html", "body"])
  })

  it("names every picture and pairs it with a table", () => {
    const figures = shown.match(/<figure>[^]*?<\/figure>/g) ?? []
    const ids = [...shown.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const figure of figures) {
      expect(figure).toContain("<table>")
      const [, names = ""] = /role="img" aria-labelledby="([^"]+)"/.exec(figure) ?? []
      expect(names.split(" ")).toHaveLength(2)
      for (const name of names.split(" ")) expect(ids).toContain(name)
    }
  })

  it("carries the snapshot, unchanged", () => {
    const json = page.slice(page.indexOf(opening) + opening.length, page.lastIndexOf("</script>"))
    expect(json).not.toContain("<")
    expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(make()))
  })

  it("prints no control and no direction character", () => {
    expect(shown).not.toMatch(/[\p{Bidi_Control}\u2028\u2029]|(?!\n)\p{Cc}/u)
  })

  it("is the same each time", () => {
    expect(draw(make(), auditsBefore(make(), 12))).toBe(page)
  })
})

describe("a report", () => {
  it("answers first", () => {
    const page = flat(draw(rich()))
    expect(page.indexOf("Downloadable now: yes.")).toBeLessThan(page.indexOf('<section id="findings"'))
    expect(page).toMatch(
      /<dt>Seeders reached<\/dt>\s*<dd><span class="figure">19<\/span>\s*<span class="of">of 48 claimed/,
    )
  })

  it("draws unknown as a dash and not as zero", () => {
    const page = flat(draw(scraped()))
    expect(page).toMatch(/<dt>Seeders reached<\/dt>\s*<dd><span class="figure">–<\/span>/)
    expect(page).toContain("not tested at depth scrape")
    expect(page).not.toContain('<section id="timeline"')
  })

  it("has problems open, the rest folded, and evidence to check", () => {
    const page = draw({
      ...snapshot(),
      findings: [
        finding({
          audit: "corrupt-data",
          evidence: { samples: [{ piece: 812, bytes: 131_072 }], client: "x 1" },
        }),
        finding({ audit: "low-reach", verdict: "inconclusive", because: "too few answered" }),
      ],
    })
    const problems = page.slice(page.indexOf('<div class="problems"'), page.indexOf("too few answered"))
    expect(problems).toContain("corrupt-data")
    expect(problems).toMatch(
      /<summary>\s*Evidence[^]*812[^]*131072[^]*<summary>Open: too little evidence to tell: 1/,
    )
  })

  it("shows the first of each audit before a flood of one", () => {
    const flood = Array.from({ length: 40 }, (_, index) => finding({ because: `flood ${index}` }))
    const page = draw({
      ...snapshot(),
      findings: [...flood, finding({ audit: "one-network", because: "the other one" })],
    })
    expect(page.indexOf("the other one")).toBeLessThan(page.indexOf("flood 3<"))
    expect(page).toContain("More problems: 29")
  })

  it("takes a claim of thousands of millions", () => {
    const base = rich()
    const seeders = { ...base.swarm.seeders, claimed: 2 ** 40 }
    const page = draw({ ...base, swarm: { ...base.swarm, seeders } })
    expect(page).toContain("the axis is logarithmic")
    expect(page).not.toMatch(/NaN|Infinity|undefined/)
  })

  it("says so when there is no history, whether this run is in it or not", () => {
    const only = crowd()
    const own = { ...auditsBefore(only, 1)[0]!, id: only.run.id, startedAt: only.run.startedAt }
    expect(draw(only)).toContain("one run shows no trend")
    expect(draw(only, [own])).toContain("one run shows no trend")
  })

  it("draws the windows that the history fills, and nothing that came later", () => {
    const now = crowd()
    const later = {
      ...auditsBefore(now, 1)[0]!,
      id: "later",
      startedAt: "2027-01-01T00:00:00.000Z",
      seedersClaimed: 987_654,
    }
    const week = draw(now, [later, ...auditsBefore(now, 20)])
    expect(week).toContain("<span>7 days</span><span>21 audits</span>")
    expect(week).not.toContain("<span>30 days</span>")
    expect(visible(week)).not.toContain("988k")
    expect(draw(now, auditsBefore(now, 130))).toContain("<span>30 days</span><span>121 audits</span>")
  })

  it("shows how it was called", () => {
    const page = renderHtml(snapshot(), { history: [], commandLine: "torrent-audit <x>" })
    expect(page).toContain("<code>torrent-audit &lt;x&gt;</code>")
  })

  it("draws evidence that was judged, not only built", () => {
    const page = draw(snapshotOf(anEvidence()))
    expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/)
  })

  it("stays small and quick at every cap", () => {
    const drawn = huge()
    const before = process.cpuUsage()
    const page = draw(drawn, auditsBefore(drawn, 10_000, 3_600_000))
    // Alone it takes 0.35 s; CPU time, because the machine may be busy with other tests.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_500)
    expect(visible(page).length).toBeLessThan(3 * 1024 ** 2)
  })
})

describe("a figure is what its label says", () => {
  it("reach: of those whom our rules let us dial", () => {
    expect(flat(visible(draw(rich())))).toContain("27 of 69 told what they hold")
  })

  it("what a table leaves out is counted", () => {
    const made = rich()
    const [one] = made.peers
    made.peers = Array.from({ length: 520 }, (_, i) => ({ ...one!, address: `203.0.113.7:${1_000 + i}` }))
    const shown = visible(draw(made))
    expect(shown).toContain("and 20 slower peers")
    expect(shown).toContain("and 20 more peers")
  })
})
