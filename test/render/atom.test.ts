import { assert, property, string } from "fast-check"
import { describe, expect, it, test } from "vitest"
import { renderAtom } from "../../src/render/atom.ts"
import type { AuditRow } from "../../src/report.ts"
import { problem, row, warned } from "./rows.ts"

const titles = (xml: string) =>
  [...xml.matchAll(/<entry>\n<id>[^<]+<\/id>\n<title>([^<]*)<\/title>/g)].map(([, title]) => title)
const ids = (xml: string) => [...xml.matchAll(/<id>([^<]+)<\/id>/g)].map(([, id]) => id)
/** As the history gives them. */
const newestFirst = (...rows: AuditRow[]) => rows.toReversed()

test("an entry for each new state, newest first", () => {
  const xml = renderAtom([
    newestFirst(row(1), row(2), warned(3, "dead-tracker"), warned(4, "dead-tracker"), row(5)),
  ])
  expect(titles(xml)).toEqual(["OK: example-os-13.1-amd64.iso", "WARNING: example-os-13.1-amd64.iso"])
  expect(xml).toContain("<updated>2026-03-14T05:01:00.000Z</updated>")
  expect(xml).toContain("WARNING → OK\nseeders reached: 19\n")
})

test("nothing ever changed: a feed without an entry", () => {
  const xml = renderAtom([newestFirst(row(1), row(2))])
  expect(titles(xml)).toEqual([])
  expect(xml).toContain("<updated>2026-03-14T02:01:00.000Z</updated>")
  expect(xml).toContain("<subtitle>OK example-os-13.1-amd64.iso, audited 2026-03-14 02:00 UTC</subtitle>")
  expect(renderAtom([])).toContain("<subtitle>Nothing was audited yet</subtitle>")
})

describe("what is no change", () => {
  it("a problem that comes and goes while another stays", () => {
    const flapping = [1, 2, 3, 4, 5, 6].map((hour) =>
      hour % 2 === 0 ? warned(hour, "dead-tracker", "low-reach") : warned(hour, "dead-tracker"),
    )
    expect(titles(renderAtom([newestFirst(...flapping)]))).toHaveLength(1)
  })

  it("another peer that is caught, and an audit of another depth", () => {
    const of = (hour: number, peer: string) =>
      row(hour, { status: "warning", problems: [problem("corrupt-data", "warn", `peer:${peer}`)] })
    const scraped = row(3, { depth: "scrape" })
    expect(titles(renderAtom([newestFirst(of(1, "a:1"), of(2, "b:2"), scraped, of(4, "c:3"))]))).toEqual([])
  })
})

test("ids stay when the feed is written again, and differ", () => {
  const rows = newestFirst(row(1), warned(2, "dead-tracker"), row(3))
  const before = ids(renderAtom([rows]))
  const after = ids(renderAtom([[warned(9, "no-seeder"), ...rows]]))
  expect(after).toEqual([before[0], after[1], ...before.slice(1)])
  expect(new Set(after).size).toBe(4)
  for (const id of after)
    expect(id).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test("several torrents in one feed", () => {
  const other = { infoHash: "b".repeat(40), name: "other" }
  const xml = renderAtom([
    newestFirst(row(1), warned(4, "dead-tracker")),
    newestFirst(row(2, other), { ...warned(3, "no-seeder"), ...other }),
    [],
  ])
  expect(xml).toContain("<title>2 torrents: swarm audits</title>")
  expect(titles(xml)).toEqual(["WARNING: example-os-13.1-amd64.iso", "WARNING: other"])
})

test("a hundred entries at most", () => {
  const rows = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? row(i) : warned(i, "dead-tracker")))
  expect(titles(renderAtom([newestFirst(...rows)]))).toHaveLength(100)
})

test("hostile names are text, and nothing that XML forbids", () => {
  assert(
    property(string({ unit: "binary", maxLength: 80 }), (word) => {
      const xml = renderAtom([
        newestFirst(
          row(1, { name: word }),
          row(2, { name: word, status: "critical", problems: [problem(word, "fail", word)] }),
        ),
      ])
      expect(xml.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cs}\ufffe\uffff]/u)
      expect(xml.match(/<[^>]*>/g)?.filter((tag) => !/^<[?/]?[a-z]+[^<&]*>$/.test(tag))).toEqual([])
    }),
  )
  expect(renderAtom([[row(1, { name: "</title><script>&" })]])).toContain(
    "<title>&lt;/title&gt;&lt;script&gt;&amp;: swarm audits</title>",
  )
})
