/** Every view of a snapshot, and what none of them may let through. */
import { parseHTML } from "./markup.ts"
import type { Snapshot } from "../../src/report.ts"
import type { Merged } from "../../src/report/merged.ts"
import { renderHtml } from "../../src/render/html.ts"
import { renderMerged } from "../../src/render/merged.ts"
import { renderMergedHtml } from "../../src/render/merged-html.ts"
import { renderNagios } from "../../src/render/nagios.ts"
import { renderNdjson } from "../../src/render/ndjson.ts"
import { renderProm } from "../../src/render/prom.ts"
import { renderTerminal } from "../../src/render/terminal.ts"
import { width } from "../../src/render/text.ts"
import { must, unsafeInTerminals } from "./claims.ts"

const columns = 100

export function safeInEveryView(snapshot: Snapshot): void {
  onTerminals((ascii) => renderTerminal(snapshot, { columns, color: false, ascii, top: 20, verbose: true }))
  asPage(renderHtml(snapshot, { history: [], commandLine: null }))
  metricLines(renderProm([snapshot]))
  const nagios = renderNagios([snapshot])
  must(nagios.trimEnd().split("\n").length === 1, "Nagios gets one line")
  must(!unsafeInTerminals.test(nagios) && nagios.split("|").length <= 2, "and its data behind one bar")
  for (const line of renderNdjson([], snapshot).trimEnd().split("\n")) {
    must(!unsafeInTerminals.test(line), "a stream that a terminal may be shown")
    JSON.parse(line)
  }
}

export function safeInMergedViews(merged: Merged): void {
  onTerminals((ascii) => renderMerged(merged, { columns, color: false, ascii, top: 20, verbose: true }))
  asPage(renderMergedHtml(merged, null))
}

function onTerminals(draw: (ascii: boolean) => string): void {
  for (const ascii of [false, true]) {
    const drawn = draw(ascii)
    must(!unsafeInTerminals.test(drawn), "a terminal is told nothing but text")
    // oxlint-disable-next-line no-control-regex -- nothing else is ASCII
    must(!ascii || /^[\n\x20-\x7e]*$/.test(drawn), "plain ASCII where that was asked for")
    for (const line of drawn.split("\n"))
      must(width(line) <= columns, `a line of ${width(line)} columns: ${line}`)
  }
}

function asPage(html: string): void {
  must(!unsafeInTerminals.test(html), "a page without directions and controls")
  parseHTML(html)
}

const sample =
  /^[a-z_]+\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\} (?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/

/** The Prometheus text format. */
export function metricLines(text: string): void {
  must(!unsafeInTerminals.test(text), "metrics are plain text")
  for (const line of text.trimEnd().split("\n"))
    must(line === "" || line.startsWith("# ") || sample.test(line), `a sample: ${line}`)
}
