/** Many torrents, a line each, worst first; below the table the reasons. */
import type { AuditedLine, FleetLine, Trend } from "./fleet/line.ts"
import { createPage, statusMark, type Mark, type Page } from "./page.ts"
import { fit, fitMiddle, fitWords, flow, padEnd, padStart, says, width, wrap } from "./text.ts"
import { count, plural } from "./units.ts"

export { fleetLine, type AuditedLine, type FailedLine, type FleetLine, type Trend } from "./fleet/line.ts"

export interface FleetOptions {
  columns: number
  color: boolean
  ascii: boolean
  verbose: boolean
}

export interface Fleet {
  lines: readonly FleetLine[]
  /** Of all targets, which may be more than there are lines. */
  total: number
  ok: number
  /** A signal came first. */
  notAudited: number
  /** Named again by other words. */
  repeated: number
}

/** A fleet of so few is shown whole; of a larger one, what is well only with `verbose`. */
const few = 10
/** Reasons, unless `verbose`. */
const mostReasons = 20

const rank = (line: FleetLine): number =>
  line.kind === "failed" ? 1 : { critical: 0, unknown: 2, warning: 3, ok: 4 }[line.status]

/** Worst first; of the same status whom fewer peers serve. */
export function inOrder(lines: readonly FleetLine[]): FleetLine[] {
  const reached = (line: FleetLine) => (line.kind === "audited" ? (line.reached ?? line.claimed ?? 0) : 0)
  const byName = (a: FleetLine, b: FleetLine) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  return lines.toSorted((a, b) => rank(a) - rank(b) || reached(a) - reached(b) || byName(a, b))
}

const columns = { verdict: 11, claimed: 8, reached: 9, copies: 7, trend: 4, gap: 2 } as const
const nameAt = 41

export function renderFleet(fleet: Fleet, options: FleetOptions): string {
  const page = createPage({ ...options, top: 0 })
  const whole = options.verbose || fleet.total <= few
  const shown = inOrder(fleet.lines).filter(
    (line) => whole || line.kind === "failed" || line.status !== "ok" || line.note !== "",
  )
  const counts = `${plural(fleet.total, "torrent")}, ${fleet.ok} OK`
  const draw = page.layout === "list" ? listed : tabled
  const table = shown.length > 0 ? draw(shown, counts, page) : [allWell(fleet, counts, page)]
  const lines = [...table, ...reasons(shown, page), ...remarks(fleet, page)]
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`
}

/** Nobody needs a table without rows. */
function allWell({ total, ok }: Fleet, counts: string, { symbols, paint }: Page): string {
  if (ok < total || ok === 0) return counts
  const label = symbols.ok === "ok" ? "OK" : `${symbols.ok} OK`
  return `${paint.green(label)}  ${counts}`
}

function markOf(line: FleetLine, page: Page): Mark & { label: string } {
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
  if (line.kind === "failed")
    return { claimed: none, reached: none, copies: none, trend: none, note: page.cell(line.code) }
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

const nameOf = (line: FleetLine, page: Page): string => page.cell(line.name).trim() || "(no name)"

function tabled(lines: readonly FleetLine[], counts: string, page: Page): string[] {
  const total = page.tableColumns
  const notes = lines.map((line) => width(figures(line, page).note))
  const noteColumns = Math.min(Math.max(width(counts), ...notes), Math.floor(total / 3))
  const noteAt = total - noteColumns
  const left = (verdict: string, { claimed, reached, copies, trend }: Omit<Figures, "note">) =>
    padEnd(verdict, columns.verdict) +
    padStart(claimed, columns.claimed) +
    padStart(reached, columns.reached) +
    padStart(copies, columns.copies) +
    " ".repeat(columns.gap) +
    padEnd(trend, columns.trend)
  const heads = { claimed: "CLAIMED", reached: "REACHED", copies: "AVAIL", trend: "7d" }
  const heading = padEnd(left("VERDICT", heads) + "NAME", noteAt) + counts
  const rows = lines.map((line) => {
    const mark = markOf(line, page)
    const values = figures(line, page)
    const room = (values.note === "" ? total : noteAt - columns.gap) - nameAt
    const name = fitMiddle(nameOf(line, page), room, page.symbols.ellipsis)
    const text = left(mark.label, values).replace(mark.label, mark.paint(mark.label)) + name
    if (values.note === "") return text
    return padEnd(text, noteAt) + page.paint.dim(fit(values.note, noteColumns, page.symbols.ellipsis))
  })
  return [page.paint.dim(heading), ...rows]
}

/** For narrow screens. */
function listed(lines: readonly FleetLine[], counts: string, page: Page): string[] {
  return [
    counts,
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

function reasons(lines: readonly FleetLine[], page: Page): string[] {
  const { symbols } = page
  const told = lines.flatMap((line) => {
    const reason = page.text(line.kind === "failed" ? line.message : line.reason)
    return reason === "" ? [] : [{ line, reason }]
  })
  const some = page.verbose ? told : told.slice(0, mostReasons)
  if (some.length === 0) return []
  const rows = some.map(({ line, reason }) => {
    const { symbol, paint } = markOf(line, page)
    const start = `  ${paint(symbol)} `
    if (says(nameOf(line, page), reason))
      return start + fitWords(reason, page.columns - width(symbol) - 3, symbols.ellipsis)
    const name = fitMiddle(nameOf(line, page), Math.floor(page.columns / 2), symbols.ellipsis)
    const room = page.columns - width(symbol) - width(name) - 5
    return `${start}${name}: ${fitWords(reason, room, symbols.ellipsis)}`
  })
  const more = told.length - some.length
  return ["", ...rows, ...(more > 0 ? [`  ${symbols.ellipsis} and ${more} more: -v tells all`] : [])]
}

function remarks({ notAudited, repeated }: Fleet, page: Page): string[] {
  const said = [
    ...(notAudited > 0 ? [`${plural(notAudited, "torrent")} not audited: stopped before`] : []),
    ...(repeated > 0 ? [`${plural(repeated, "target")} named more than once: audited once`] : []),
  ]
  if (said.length === 0) return []
  return ["", ...said.flatMap((each) => wrap(each, page.columns)).map(page.paint.dim)]
}
