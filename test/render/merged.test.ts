import { describe, expect, test } from "vitest"
import { renderMerged } from "../../src/render/merged.ts"
import { namedPlaces } from "../../src/render/merged/tables.ts"
import { renderMergedHtml } from "../../src/render/merged-html.ts"
import { width } from "../../src/render/text.ts"
import type { Merged } from "../../src/report/merged.ts"
import { merged as schema } from "../../src/report/merged.ts"
import { parseHTML } from "../fuzz/markup.ts"
import { safeInMergedViews } from "../fuzz/views.ts"
import { nobodyAnywhere, poisonedPlaces, threePlaces } from "./merged-documents.ts"

const draw = (merged: Merged, columns = 80, more: Partial<Parameters<typeof renderMerged>[1]> = {}) =>
  renderMerged(merged, { columns, color: false, ascii: false, top: 5, verbose: false, ...more })

const documents: Record<string, () => Merged> = {
  "three places": threePlaces,
  poisoned: poisonedPlaces,
  nobody: nobodyAnywhere,
}

describe.each(Object.entries(documents))("%s", (_, make) => {
  const merged = make()

  test("is a document by its schema", () => {
    expect(schema.safeParse(merged).error).toBeUndefined()
  })

  test.each([40, 80, 100, 120, 200])("no line is wider than %i columns", (columns) => {
    for (const verbose of [false, true])
      for (const line of draw(merged, columns, { verbose }).split("\n"))
        expect(width(line)).toBeLessThanOrEqual(columns)
  })

  test("no view lets through what a stranger wrote", () => {
    expect(() => safeInMergedViews(merged)).not.toThrow()
  })

  test("the page has no script but its data, which is the document, and refers to nothing outside", () => {
    const page = renderMergedHtml(merged, "torrent-audit merge a.json b.json")
    expect(page.match(/<script/gi)).toHaveLength(1)
    expect(page).not.toMatch(/<(iframe|img|object|embed|link|form|base)|<a\s+href="(?!#)/i)
    const json = /id="snapshot">([^<]*)<\/script>/.exec(page)?.[1] ?? ""
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(merged)))
    parseHTML(page)
    expect(renderMergedHtml(merged, "torrent-audit merge a.json b.json")).toBe(page)
  })
})

describe("as text", () => {
  const text = draw(threePlaces())

  test("answers first, then each place beside the others", () => {
    expect(text).toMatch(/^. \w+ {2}Downloadable now: yes\./)
    expect(text).toMatch(/^PLACES +download +seeders +leechers +heard +reach +only here$/m)
    expect(text).toMatch(/^ {2}. ams +yes +23 +0 +\d+ +\d+% +7$/m)
    expect(text).toMatch(/^ {2}. nyc +yes +26 +0 +26 +100% +10$/m)
    expect(text).toMatch(/^ {2}\? a-place-wi\S* +offline +0 +0 +1 +0% +0$/m)
    expect(text).toMatch(/^ {4}all 3 +33 +0 +53 +62%$/m)
    expect(text).toContain("Reachable: about 3")
  })

  test("who was told what, tracker by tracker", () => {
    expect(text).toMatch(/^TRACKERS +told +answer +claims S\/L +peers$/m)
    expect(text).toMatch(/https:\/\/tracker\.example\.org +ams +40 ms +48 \/ 9 +43$/m)
    expect(text).toMatch(/^ {2}. {2,}nyc +40 ms +5 \/ 1 +26$/m)
    expect(text).toMatch(/udp:\/\/tracker-\S+ +ams +timeout +– +–$/m)
  })

  test("counts that differ are no lie, and a tracker that answers elsewhere is not dead", () => {
    const flat = text.replaceAll(/\s+/g, " ")
    expect(flat).toContain("claims 57 peers to ams, and 6 to nyc: its servers may not share what they know")
    expect(text).not.toMatch(/▲ +dead-tracker/)
  })

  test("narrow, every row says whose it is", () => {
    expect(draw(threePlaces(), 50)).toMatch(/https:\/\/tracker\.example\.org\n {4}told: ams/)
  })
})

test("a place is named however short its label, and once", () => {
  const [first, ...others] = threePlaces().findings
  if (!first) throw new Error("no finding")
  const found = (audit: string, because: string) => ({ ...first, audit, because, vantages: ["us"] })
  const findings = [
    found("snubbing-peer", "203.0.113.9:6881 unchoked us and sent nothing"),
    found("answers-by-place", "a tracker claims 57 peers to us"),
  ]
  expect(namedPlaces({ ...threePlaces(), findings: [...findings, ...others] }).slice(0, 2)).toMatchObject([
    { because: "from us: 203.0.113.9:6881 unchoked us and sent nothing" },
    { because: "a tracker claims 57 peers to us" },
  ])
})

test("the page has a table of places, of trackers and of peers", () => {
  const page = renderMergedHtml(threePlaces(), null).replaceAll(/\n/g, "")
  for (const id of ["findings", "places", "trackers", "peers", "method"])
    expect(page).toContain(`<section id="${id}"`)
  expect(page).toMatch(
    /203\.0\.113\.8:6881<\/th>.*?<td[^>]*>reached<\/td><td[^>]*>reached<\/td><td[^>]*>–<\/td>/,
  )
  expect(page).toMatch(/connect timeout<\/td>/)
})
