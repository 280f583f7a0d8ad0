/** What the history knows: every target with its last audit, worst first. */
import { contactsPeers } from "../evidence/words.ts"
import type { AuditRow, Status } from "../report.ts"
import { fewestInEach, strip, type TrendPoint } from "./history/trend.ts"
import { createPage, statusMark, type Page, type PageOptions } from "./page.ts"
import { plainTableLines } from "./plain-table.ts"
import type { Cell, Column } from "./table.ts"
import { fit } from "./text.ts"
import { count, plural } from "./units.ts"

export interface KnownTarget {
  newest: AuditRow
  audits: number
  /** Of the last seven days, oldest first. */
  recent: readonly TrendPoint[]
}

const days = 7
const dayMs = 24 * 3_600_000

const severity: readonly Status[] = ["critical", "unknown", "warning", "ok"]

/** Most recently audited first among equals. */
export const worstFirst = <T extends Pick<KnownTarget, "newest">>(targets: readonly T[]): T[] =>
  targets.toSorted(
    (a, b) =>
      severity.indexOf(a.newest.status) - severity.indexOf(b.newest.status) ||
      (a.newest.startedAt < b.newest.startedAt ? 1 : -1),
  )

/** At most `options.top` lines; what is left out is said. */
export function renderTargets(targets: readonly KnownTarget[], now: Date, options: PageOptions): string {
  const page = createPage(options)
  const shown = worstFirst(targets).slice(0, page.top)
  const well = targets.filter(({ newest }) => newest.status === "ok").length
  const audits = targets.reduce((sum, each) => sum + each.audits, 0)
  const rows = shown.map((target) => rowOf(target, now, page))
  const parts = columnsFor(page)
  const table = {
    kind: "table",
    named: false,
    columns: parts.map(([name]) => columns[name]),
    rows: rows.map((row) => parts.map(([name]) => row[name])),
  } as const
  const lines = [
    titled("HISTORY", `${plural(targets.length, "torrent")}, ${well} OK; ${plural(audits, "audit")}`, page),
    ...plainTableLines(table, page),
    ...moreLines(targets.length - shown.length, targets.length, page),
  ]
  return `${lines.join("\n")}\n`
}

export const titled = (title: string, text: string, page: Page): string =>
  `${page.paint.bold(title)}  ${fit(text, page.columns - title.length - 2, page.symbols.ellipsis)}`

export const moreLines = (left: number, all: number, page: Page): string[] =>
  left > 0 ? [page.paint.dim(`  and ${left} more: --top ${all}`)] : []

const columns = {
  verdict: { head: "VERDICT", align: "left", width: 11 },
  claimed: { head: "CLAIMED", align: "right", width: 8 },
  reached: { head: "REACHED", align: "right", width: 9 },
  copies: { head: "AVAIL", align: "right", width: 7 },
  trend: { head: "7d", align: "left", width: 10, gap: 2 },
  audits: { head: "AUDITS", align: "right", width: 8 },
  hash: { head: "HASH", align: "left", width: 11, gap: 2 },
  name: { head: "NAME", align: "left", width: 26, gap: 1, atLeast: 12 },
  last: { head: "LAST", align: "right", width: 9 },
} as const satisfies Record<string, Column>

type ColumnName = keyof typeof columns

const columnsFor = (page: Page): [ColumnName][] => {
  const names: ColumnName[] =
    page.layout === "list"
      ? ["name", "claimed", "reached", "copies", "trend", "audits", "last"]
      : page.layout === "table"
        ? ["verdict", "claimed", "reached", "copies", "trend", "name", "last"]
        : ["verdict", "claimed", "reached", "copies", "trend", "name", "hash", "audits", "last"]
  return names.map((name) => [name])
}

function rowOf({ newest, audits, recent }: KnownTarget, now: Date, page: Page): Record<ColumnName, Cell> {
  const { symbols } = page
  const untold = !contactsPeers(newest.depth)
  const cells = fewestInEach(recent, now.getTime() - days * dayMs, now.getTime(), days)
  const named = page.cell(newest.name).trim() || newest.infoHash
  const listMark = page.layout === "list" ? { mark: `${markOf(newest.status, page)} ` } : {}
  return {
    verdict: { mark: markOf(newest.status, page), text: ` ${newest.status.toUpperCase()}` },
    claimed: { text: newest.seedersClaimed === null ? symbols.none : count(newest.seedersClaimed) },
    reached: { text: untold ? symbols.none : count(newest.seedersReached) },
    copies: { text: copies(newest.copies, page) },
    trend: { text: untold && recent.length === 0 ? symbols.none : strip(cells, page) },
    audits: { text: count(audits) },
    hash: { text: newest.infoHash.slice(0, 8), paint: page.paint.dim },
    name: { text: named, cut: "middle", ...listMark },
    last: { text: ago(now.getTime() - Date.parse(newest.startedAt)), paint: page.paint.dim },
  }
}

export function markOf(status: Status, page: Page): string {
  const { symbol, paint } = statusMark(status, page.symbols, page.paint)
  return paint(symbol)
}

export const copies = (value: number | null, page: Page): string =>
  value === null ? page.symbols.none : value < 10_000 ? value.toFixed(2) : count(Math.round(value))

/** Whole units, the largest that fits twice; a clock that went back is no reason for a negative age. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const units = [
    ["y", 365 * 86_400],
    ["w", 7 * 86_400],
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
  ] as const
  for (const [unit, length] of units)
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit}`
  return `${seconds} s`
}
