/** Audits from several places as drawn for a terminal: the answer, each place beside the others, who was told what, what follows. */
import type { Merged } from "../report/merged.ts"
import { findingLines } from "./findings.ts"
import { answerLines, torrentItems } from "./header.ts"
import {
  namedPlaces,
  placeColumns,
  placeRows,
  reachableLine,
  toldColumns,
  toldRows,
  whenItems,
} from "./merged/tables.ts"
import { createPage, type Page, type PageOptions } from "./page.ts"
import { plainTableLines } from "./plain-table.ts"
import { fitMiddle, flow, wrap } from "./text.ts"
import { plural } from "./units.ts"

export function renderMerged(merged: Merged, options: PageOptions): string {
  const page = createPage(options)
  const sections = [
    headLines(merged, page),
    [
      ...plainTableLines(
        { kind: "table", named: true, columns: placeColumns, rows: placeRows(merged, page) },
        page,
      ),
      ...wrap(reachableLine(merged, page), page.columns - 2).map((line) => `  ${line}`),
    ],
    toldLines(merged, page),
    findingLines({ findings: namedPlaces(merged) }, page),
  ]
  const lines = sections.flatMap((section) => (section.length > 0 ? ["", ...section] : []))
  return `${lines
    .slice(1)
    .map((line) => line.trimEnd())
    .join("\n")}\n`
}

function headLines(merged: Merged, page: Page): string[] {
  const { torrent, notes } = merged
  const room = page.columns - 2
  const name = page.text(torrent.name).trim() || "(no name)"
  const hash = torrent.infoHashV1 ?? torrent.infoHashV2
  const items = [
    ...(hash !== null && hash !== torrent.name ? [hash] : []),
    ...whenItems(merged),
    plural(merged.vantages.length, "place"),
  ]
  return [
    ...answerLines(merged, page),
    ...flow([fitMiddle(name, room, page.symbols.ellipsis), ...torrentItems(merged, page)], room).map(
      indented,
    ),
    ...flow(items, room).map((line) => page.paint.dim(indented(line))),
    ...notes.slice(0, mostNotes).flatMap((note) => wrap(page.text(note), room).map(indented)),
  ]
}

const mostNotes = 10
const indented = (line: string): string => `  ${line}`

const mostTrackers = 20
const mostTrackersVerbose = 200

function toldLines(merged: Merged, page: Page): string[] {
  const most = page.verbose ? mostTrackersVerbose : mostTrackers
  const rows = toldRows({ ...merged, trackers: merged.trackers.slice(0, most) }, page)
  if (rows.length === 0) return []
  const rest = merged.trackers.length - most
  return [
    ...plainTableLines({ kind: "table", named: true, columns: toldColumns, rows }, page),
    ...(rest > 0 ? [`  and ${plural(rest, "more tracker")}`] : []),
  ]
}
