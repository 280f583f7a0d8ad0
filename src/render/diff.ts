/** What changed between two audits, as ndiff writes it: `-` was, `+` is; and above it whether they can be compared. */
import type { Change, Diff } from "../diff.ts"
import { createPage, statusMark, verdictMark, type Page, type PageOptions } from "./page.ts"
import { fit, fitMiddle, padEnd, width, wrap } from "./text.ts"
import { plural } from "./units.ts"

export interface DiffSides {
  /** ISO 8601, of both runs. */
  from: string
  to: string
}

/** A flood of accused peers, or of lost files, must not push the rest off the screen. */
const mostOfAKind = 10
const mostOfAKindVerbose = 200
const mostLabelColumns = 28

interface Row {
  sign: "-" | "+"
  kind: string
  label: string
  value: string
  /** Its end matters too: a port, an extension. */
  middle: boolean
}

export function renderDiff(diff: Diff, sides: DiffSides, options: Omit<PageOptions, "top">): string {
  const page = createPage({ ...options, top: 0 })
  const lines = [...headLines(diff, sides, page), ...changeLines(diff, page)]
  return `${lines.join("\n")}\n`
}

function headLines({ comparable, because, changes }: Diff, sides: DiffSides, page: Page): string[] {
  const dates = ` ${datesOf(sides, page)}  `
  const reason = page.text(because)
  const text = comparable ? `${reason}: comparable` : `not comparable: ${reason}`
  const lines = hanging(dates, text, page)
  if (changes.length === 0) lines.push(" nothing changed")
  else if (!comparable)
    lines.push(...hanging(" ", "what differs below may be how it was looked at, and no change", page))
  return lines
}

const hanging = (start: string, text: string, page: Page): string[] => {
  const room = page.columns - width(start)
  // On a narrow screen the dates would leave no room beside them.
  if (room < 24) return [start.trimEnd(), ...wrap(text, page.columns - 1).map((line) => ` ${line}`)]
  return wrap(text, room).map((line, index) => (index === 0 ? start : " ".repeat(width(start))) + line)
}

/** `03-13 → 03-14`; of one day `03-14 09:15 → 21:15`; of two years with the years; UTC. */
function datesOf({ from, to }: DiffSides, page: Page): string {
  const day = (iso: string) => iso.slice(5, 10)
  const time = (iso: string) => iso.slice(11, 16)
  const sides =
    from.slice(0, 10) === to.slice(0, 10)
      ? [`${day(from)} ${time(from)}`, time(to)]
      : from.slice(0, 4) === to.slice(0, 4)
        ? [day(from), day(to)]
        : [from.slice(0, 10), to.slice(0, 10)]
  return sides.map((each) => page.text(each)).join(` ${page.symbols.arrow} `)
}

function changeLines({ changes, changesLeftOut, peers }: Diff, page: Page): string[] {
  const most = page.verbose ? mostOfAKindVerbose : mostOfAKind
  const shown = new Map<string, number>()
  const rows: Row[] = []
  let hidden = changesLeftOut
  for (const change of changes) {
    const kind = `${change.audit ?? change.what} ${change.direction}`
    const before = shown.get(kind) ?? 0
    shown.set(kind, before + 1)
    if (before < most) rows.push(...rowsOf(change, page))
    else hidden++
  }
  const label = Math.min(mostLabelColumns, Math.max(0, ...rows.map((row) => width(row.label)))) + 2
  const lines = rows.map((row) => rowLine(row, label, page))
  if (hidden > 0) lines.push(` and ${plural(hidden, "more change")}`)
  if (page.verbose && peers !== null)
    lines.push(` peers reached: ${peers.again} again, ${peers.gone} gone, ${peers.new} new`)
  return lines
}

function rowsOf(change: Change, page: Page): Row[] {
  const side = (sign: Row["sign"], value: string | null): Row[] =>
    value === null ? [] : [{ sign, kind: change.kind, ...shownAs(change, value, page) }]
  return [...side("-", change.before), ...side("+", change.after)]
}

function shownAs(change: Change, value: string, page: Page): Pick<Row, "label" | "value" | "middle"> {
  const { symbols, paint } = page
  if (change.kind === "finding") {
    const { symbol } = verdictMark(value === "fail" ? "fail" : "warn", page)
    const subject = change.subject ?? ""
    return {
      label: `${symbol} ${page.cell(change.audit ?? change.what)}`,
      value: page.cell(subject === "" ? (change.because ?? "") : subject),
      middle: subject !== "",
    }
  }
  const status = (["ok", "warning", "critical", "unknown"] as const).find((each) => each === value)
  if (change.what === "verdict" && status !== undefined) {
    const { symbol } = statusMark(status, symbols, paint)
    return { label: change.what, value: `${symbol} ${status.toUpperCase()}`, middle: false }
  }
  return { label: page.cell(change.what), value: page.cell(value), middle: change.kind === "torrent" }
}

function rowLine({ sign, label, value, middle }: Row, labelColumns: number, page: Page): string {
  const { ellipsis } = page.symbols
  const start = `${sign}${padEnd(fit(label, labelColumns - 2, ellipsis), labelColumns)}`
  const shown = (middle ? fitMiddle : fit)(value, page.columns - width(start), ellipsis)
  const tone = sign === "-" ? page.paint.red : page.paint.green
  return tone(`${start}${shown}`.trimEnd())
}
