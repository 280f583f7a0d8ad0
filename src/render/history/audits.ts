/** One target's audits, newest first, below their trend. */
import { contactsPeers } from "../../evidence/words.ts"
import type { AuditRow } from "../../report.ts"
import { copies, markOf, moreLines, titled } from "../history.ts"
import { createPage, type Page, type PageOptions } from "../page.ts"
import { plainTableLines } from "../plain-table.ts"
import type { Cell, Table } from "../table.ts"
import { fitMiddle, fitWords, flow, width } from "../text.ts"
import { count, percent, plural } from "../units.ts"
import { fewestInEach, strip } from "./trend.ts"

export interface KnownAudits {
  infoHash: string
  name: string
  /** Newest first; ids as short as they may be. */
  rows: readonly AuditRow[]
  /** How many of them can be reported on. */
  whole: number
}

const dateColumns = 10
const widestStrip = 96

export function renderAudits(known: KnownAudits, options: PageOptions): string {
  const page = createPage(options)
  const shown = known.rows.slice(0, page.top)
  const lines = [
    ...headLines(known, page),
    ...trendLines(known.rows, page),
    "",
    ...plainTableLines(tableOf(shown, page), page),
    ...moreLines(known.rows.length - shown.length, known.rows.length, page),
  ]
  return `${lines.join("\n")}\n`
}

function headLines({ infoHash, name, rows, whole }: KnownAudits, page: Page): string[] {
  const room = page.columns - 2
  const title = fitMiddle(page.text(name).trim() || "(no name)", page.columns, page.symbols.ellipsis)
  const since = rows.at(-1)?.startedAt.slice(0, 10)
  const items = [
    infoHash,
    plural(rows.length, "audit") + (since === undefined ? "" : ` since ${since}`),
    `${whole === rows.length ? "all" : whole} with ${rows.length === 1 ? "its snapshot" : "their snapshots"}`,
  ]
  return [page.paint.bold(title), ...flow(items, room).map((line) => page.paint.dim(`  ${line}`))]
}

function trendLines(rows: readonly AuditRow[], page: Page): string[] {
  const counted = rows.filter(({ depth }) => contactsPeers(depth))
  const [newest, oldest] = [counted[0], counted.at(-1)]
  if (newest === undefined || oldest === undefined || counted.length < 2) return []
  const sameDay = newest.startedAt.slice(0, 10) === oldest.startedAt.slice(0, 10)
  const label = ({ startedAt }: AuditRow) =>
    sameDay ? startedAt.slice(11, 16) : startedAt.slice(0, dateColumns)
  const [from, to] = [label(oldest), label(newest)]
  const room = page.columns - width(from) - width(to) - 4
  const cells = fewestInEach(
    counted,
    Date.parse(oldest.startedAt),
    Date.parse(newest.startedAt),
    Math.max(1, Math.min(room, widestStrip, counted.length)),
  )
  const known = cells.filter((cell) => cell !== null)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const span = least === most ? String(least) : `${least}${page.symbols.dash}${most}`
  return [
    "",
    titled(
      "TREND",
      `seeders reached, ${span}${page.layout === "list" ? "" : "; height = fewest in cell"}`,
      page,
    ),
    `  ${page.paint.dim(from)} ${strip(cells, page)} ${page.paint.dim(to)}`,
  ]
}

/** Of the columns before the last one, its gap included. */
const beforeProblems = 66

function tableOf(rows: readonly AuditRow[], page: Page): Table {
  return {
    kind: "table",
    named: true,
    columns: [
      { head: "AUDITS (UTC)", align: "left", width: 17 },
      { head: "VERDICT", align: "left", width: 11 },
      { head: "CLAIMED", align: "right", width: 8 },
      { head: "REACHED", align: "right", width: 8 },
      { head: "AVAIL", align: "right", width: 7 },
      { head: "REACH", align: "right", width: 6 },
      { head: "ID", align: "left", width: 6, gap: 1 },
      { head: "PROBLEMS", align: "left", width: 9, gap: 1 },
    ],
    rows: rows.map((row) => cellsOf(row, page)),
  }
}

function cellsOf(row: AuditRow, page: Page): Cell[] {
  const { none } = page.symbols
  const untold = !contactsPeers(row.depth)
  return [
    { text: `${row.startedAt.slice(0, 10)} ${row.startedAt.slice(11, 16)}` },
    { mark: markOf(row.status, page), text: ` ${row.status.toUpperCase()}` },
    { text: row.seedersClaimed === null ? none : count(row.seedersClaimed) },
    { text: untold ? none : count(row.seedersReached) },
    { text: copies(row.copies, page) },
    { text: untold || row.reachRatio === null ? none : percent(row.reachRatio) },
    { text: page.cell(row.id), paint: page.paint.dim },
    { text: problems(row, page) },
  ]
}

/** Each by its name, once; what broke off first. */
function problems(row: AuditRow, page: Page): string {
  const counts = new Map<string, number>()
  for (const { audit } of row.problems) counts.set(audit, (counts.get(audit) ?? 0) + 1)
  const named = [...counts].map(([audit, times]) =>
    times === 1 ? page.cell(audit) : `${page.cell(audit)} ${page.symbols.times}${times}`,
  )
  const stopped = row.complete ? [] : ["stopped early"]
  const text = [...stopped, ...named].join(", ")
  const room = page.layout === "list" ? page.columns : page.tableColumns - beforeProblems
  return fitWords(text, room, page.symbols.ellipsis)
}
