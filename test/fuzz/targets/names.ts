/** Names that strangers choose, in every place where they are shown. */
import { html, safe } from "../../../src/render/html/markup.ts"
import { formatError } from "../../../src/render/errors.ts"
import { renderAtom } from "../../../src/render/atom.ts"
import { nagiosError, renderNagios } from "../../../src/render/nagios.ts"
import { messageLine } from "../../../src/render/live-block.ts"
import { renderProm } from "../../../src/render/prom.ts"
import { streamLine } from "../../../src/render/ndjson.ts"
import { escape, escapeCell, fit, fitMiddle, width, wrap } from "../../../src/render/text.ts"
import { snapshotOf } from "../../../src/commands/snapshot.ts"
import type { AuditRow, Snapshot } from "../../../src/report.ts"
import { anEvidence, startedAt } from "../../support/builders.ts"
import { must, same, textOf, unsafeInTerminals } from "../claims.ts"
import { parseHTML } from "../markup.ts"
import { metricLines } from "../views.ts"
import type { FuzzTarget } from "../target.ts"

let made: Snapshot | null = null
const snapshot = (): Snapshot => (made ??= snapshotOf(anEvidence()))

// oxlint-disable-next-line no-control-regex -- nothing else is ASCII
const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

export const names: FuzzTarget = {
  name: "shown-names",
  group: "files",
  maxBytes: 3_000,
  run(input) {
    const name = textOf(input)
    for (const shown of [escape(name), escapeCell(name)]) {
      must(!unsafeInTerminals.test(shown) && !/[\n\t\u2028\u2029]/.test(shown), "one line of text")
      must(shown.isWellFormed() && shown.length <= 6_010, "well-formed, and bounded")
      same(escape(shown), shown, "escaped twice")
    }
    must(isAscii(escape(name, true)), "ASCII")
    const cell = escapeCell(name)
    for (const columns of [1, 7, 40]) {
      must(
        width(fit(cell, columns, "…")) <= columns && width(fitMiddle(cell, columns, "…")) <= columns,
        "cut to its columns",
      )
      for (const line of wrap(cell, Math.max(2, columns)))
        must(width(line) <= Math.max(2, columns), "wrapped to its columns")
    }
    parseHTML(html`<p title="${name}">${name}</p>`.markup)
    must(!/[<>"]/.test(safe(name)), "no markup")
    inDocuments(name)
  },
  *seeds() {
    const texts = [
      "plain name",
      "<b>\"x\" & 'y'</b>",
      "\u001b[31mred\u001b]8;;http://x\u0007",
      "\u202egpj.exe",
      "e\u0301\u0301\u0301\u0301\u0301",
    ]
    texts.push(
      "👩‍👩‍👧‍👦 漢字",
      "\u0085\u009b2J",
      "a|b\nc;d=1",
      'x"\\\n{}',
      "\ufeff\u200b\u2066",
      "]]>&amp;<!--",
      "\u1160\u1160\u1160\u1160\u1160",
    )
    for (const text of texts) yield new Uint8Array(Buffer.from(text))
  },
  dictionary: [
    "\u001b[",
    "\u009b",
    "\u202e",
    "\u2066",
    "</script>",
    "]]>",
    "&#x0;",
    "\u0000",
    "\u2028",
    "\ufffe",
    "\u{e0001}",
    "\u115f",
  ],
}

function inDocuments(name: string): void {
  const named = { ...snapshot(), torrent: { ...snapshot().torrent, name } }
  metricLines(renderProm([named]))
  const other = { ...named, torrent: { ...named.torrent, infoHashV1: "b".repeat(40) } }
  const nagios = renderNagios([named, other], [{ name, message: name }])
  must(!unsafeInTerminals.test(nagios) && nagios.split("|").length === 2, "Nagios: one bar")
  same(nagios.trimEnd().split("\n").length, 4, "Nagios: a line for each")
  must(!/[|\n]/.test(nagiosError(name).trimEnd()), "an error is one line")
  const feed = renderAtom([[row(name, "ok", 2), row(name, "critical", 1)]])
  must(!unsafeInTerminals.test(feed), "a feed is text")
  parseHTML(feed.replace(/^<\?xml[^>]*\?>/, ""))
  const error = formatError({ code: "x", message: name, hint: name }, { color: false })
  must(!unsafeInTerminals.test(error), "an error is text")
  must(
    !unsafeInTerminals.test(messageLine(name, false)) &&
      isAscii(messageLine(name, true).replaceAll("\n", "")),
    "a message",
  )
  const line = streamLine(1, { type: "error", at: startedAt, code: "x", message: name, hint: "" })
  must(!unsafeInTerminals.test(line.trimEnd()) && !line.trimEnd().includes("\n"), "a line of a stream")
  same((JSON.parse(line) as { message: string }).message, name, "and the name as it is")
}

const row = (name: string, status: AuditRow["status"], hour: number): AuditRow => ({
  id: "01234567",
  infoHash: "a".repeat(40),
  name,
  startedAt: `2026-03-14T0${hour}:00:00.000Z`,
  vantage: null,
  durationMs: 1_000,
  depth: "sample",
  complete: true,
  status,
  downloadable: "yes",
  seedersClaimed: 1,
  seedersReached: 1,
  seedersVerified: 1,
  leechersClaimed: 0,
  leechersReached: 0,
  copies: 1,
  reachRatio: null,
  medianBytesPerSecond: null,
  problems: status === "ok" ? [] : [{ audit: "dead-tracker", subject: `tracker:${name}`, verdict: "fail" }],
})
