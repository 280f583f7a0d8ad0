/** Many torrents, a line each, worst first; below the table the reasons. */
import type { FleetLine } from "./fleet/line.ts"
import { markOf, nameOf, tableOf } from "./fleet/table.ts"
import { createPage, type Page } from "./page.ts"
import { fitMiddle, fitWords, says, width, wrap } from "./text.ts"
import { plural } from "./units.ts"

export {
  fleetLine,
  type AuditedLine,
  type AwaitedLine,
  type FailedLine,
  type FleetLine,
  type Trend,
} from "./fleet/line.ts"

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
export const few = 10
/** Reasons, unless `verbose`. */
const mostReasons = 20

const rank = (line: FleetLine): number =>
  line.kind === "failed"
    ? 1
    : line.kind === "awaited"
      ? 4
      : { critical: 0, unknown: 2, warning: 3, ok: 5 }[line.status]

/** Worst first; of the same status whom fewer peers serve. */
export function inOrder(lines: readonly FleetLine[]): FleetLine[] {
  const reached = (line: FleetLine) => (line.kind === "audited" ? (line.reached ?? line.claimed ?? 0) : 0)
  const byName = (a: FleetLine, b: FleetLine) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  return lines.toSorted((a, b) => rank(a) - rank(b) || reached(a) - reached(b) || byName(a, b))
}

export function renderFleet(fleet: Fleet, options: FleetOptions): string {
  const page = createPage({ ...options, top: 0 })
  const whole = options.verbose || fleet.total <= few
  const shown = inOrder(fleet.lines).filter(
    (line) => whole || line.kind !== "audited" || line.status !== "ok" || line.note !== "",
  )
  const counts = `${plural(fleet.total, "torrent")}, ${fleet.ok} OK`
  const table = shown.length > 0 ? tableOf(shown, counts, page) : [allWell(fleet, counts, page)]
  const lines = [...table, ...reasons(shown, page), ...remarks(fleet, page)]
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`
}

/** Nobody needs a table without rows. */
function allWell({ total, ok }: Fleet, counts: string, { symbols, paint }: Page): string {
  if (ok < total || ok === 0) return counts
  const label = symbols.ok === "ok" ? "OK" : `${symbols.ok} OK`
  return `${paint.green(label)}  ${counts}`
}

/** Below the table, for lines that have one. */
export function reasons(lines: readonly FleetLine[], page: Page): string[] {
  const { symbols } = page
  const told = lines.flatMap((line) => {
    const reason = page.text(reasonOf(line))
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

const reasonOf = (line: FleetLine): string =>
  line.kind === "failed" ? line.message : line.kind === "awaited" ? "" : line.reason

function remarks({ notAudited, repeated }: Fleet, page: Page): string[] {
  const said = [
    ...(notAudited > 0 ? [`${plural(notAudited, "torrent")} not audited: stopped before`] : []),
    ...(repeated > 0 ? [`${plural(repeated, "target")} named more than once: audited once`] : []),
  ]
  if (said.length === 0) return []
  return ["", ...said.flatMap((each) => wrap(each, page.columns)).map(page.paint.dim)]
}
