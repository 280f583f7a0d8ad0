/** A line for each torrent: as a table, or on narrow screens as a list. */
import { statusMark, type Mark, type Page } from "../page.ts"
import { fit, fitMiddle, flow, padEnd, padStart, width } from "../text.ts"
import { count } from "../units.ts"
import type { AuditedLine, FleetLine } from "./line.ts"
import type { Trend } from "./trend.ts"

const columns = { verdict: 11, claimed: 8, reached: 9, copies: 7, trend: 4, gap: 2 } as const
const nameAt = 41

/** `heading`: above the notes at the right; a list has it first. */
export const tableOf = (lines: readonly FleetLine[], heading: string, page: Page): string[] =>
  (page.layout === "list" ? listed : tabled)(lines, heading, page)

export function markOf(line: FleetLine, page: Page): Mark & { label: string } {
  if (line.kind === "awaited") {
    const { none } = page.symbols
    return { symbol: none, paint: page.paint.dim, label: `${none} NOT YET` }
  }
  const failed = line.kind === "failed"
  const mark = statusMark(failed ? "critical" : line.status, page.symbols, page.paint)
  const word = failed ? "ERROR" : line.status.toUpperCase()
  // In ASCII the symbol of OK is the word itself.
  return { ...mark, label: mark.symbol.toUpperCase() === word ? word : `${mark.symbol} ${word}` }
}

const arrows: Record<Trend, { unicode: string; ascii: string }> = {
  up: { unicode: "↑", ascii: "up" },
  level: { unicode: "→", ascii: "=" },
  down: { unicode: "↓", ascii: "dn" },
}

interface Figures {
  claimed: string
  reached: string
  copies: string
  trend: string
  note: string
}

function figures(line: FleetLine, page: Page): Figures {
  const { none } = page.symbols
  if (line.kind !== "audited") {
    const note = page.cell(line.kind === "failed" ? line.code : line.note)
    return { claimed: none, reached: none, copies: none, trend: none, note }
  }
  const number = (value: number | null) => (value === null ? none : count(value))
  const trend = line.trend === null ? none : arrows[line.trend][page.ascii ? "ascii" : "unicode"]
  return {
    claimed: number(line.claimed),
    reached: number(line.reached),
    copies: copiesOf(line, none),
    trend,
    note: page.cell(line.note),
  }
}

const copiesOf = ({ copies }: AuditedLine, none: string): string =>
  copies === null ? none : copies < 1_000 ? copies.toFixed(2) : count(Math.round(copies))

export const nameOf = (line: FleetLine, page: Page): string => page.cell(line.name).trim() || "(no name)"

function tabled(lines: readonly FleetLine[], heading: string, page: Page): string[] {
  const total = page.tableColumns
  const notes = lines.map((line) => width(figures(line, page).note))
  const noteColumns = Math.min(Math.max(width(heading), ...notes), Math.floor((total - nameAt) / 2))
  const noteAt = total - noteColumns
  const left = (verdict: string, { claimed, reached, copies, trend }: Omit<Figures, "note">) =>
    padEnd(verdict, columns.verdict) +
    padStart(claimed, columns.claimed) +
    padStart(reached, columns.reached) +
    padStart(copies, columns.copies) +
    " ".repeat(columns.gap) +
    padEnd(trend, columns.trend)
  const heads = { claimed: "CLAIMED", reached: "REACHED", copies: "AVAIL", trend: "7d" }
  const titles = padEnd(left("VERDICT", heads) + "NAME", noteAt) + heading
  const rows = lines.map((line) => {
    const mark = markOf(line, page)
    const values = figures(line, page)
    const room = (values.note === "" ? total : noteAt - columns.gap) - nameAt
    const name = fitMiddle(nameOf(line, page), room, page.symbols.ellipsis)
    const text = left(mark.label, values).replace(mark.label, mark.paint(mark.label)) + name
    if (values.note === "") return text
    return padEnd(text, noteAt) + page.paint.dim(fit(values.note, noteColumns, page.symbols.ellipsis))
  })
  return [page.paint.dim(titles), ...rows]
}

/** For narrow screens. */
function listed(lines: readonly FleetLine[], heading: string, page: Page): string[] {
  return [
    ...(heading === "" ? [] : [heading]),
    ...lines.flatMap((line) => {
      const mark = markOf(line, page)
      const { note, ...values } = figures(line, page)
      const { symbols } = page
      const labels = { claimed: "claimed", reached: "reached", copies: "avail", trend: "7d" } as const
      const pairs = Object.entries(labels).flatMap(([key, label]) => {
        const value = values[key as keyof typeof labels]
        return value === symbols.none ? [] : [`${label}: ${value}`]
      })
      const room = page.columns - width(mark.label) - columns.gap
      return [
        `${mark.paint(mark.label)}  ${fitMiddle(nameOf(line, page), room, symbols.ellipsis)}`,
        ...flow(note === "" ? pairs : [...pairs, note], page.columns - 4).map((each) => `    ${each}`),
      ]
    }),
  ]
}
