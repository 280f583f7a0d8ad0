/** Schedules: what was installed, and the list of all. */
import { escapeCell, fitMiddle, padEnd } from "./text.ts"

export interface ScheduleRow {
  id: string
  on: string
  expression: string
  /** ISO 8601; null: not known. */
  nextAt: string | null
  /** Null: it has not run yet, so far as we know. */
  last: { at: string; exit: number | null; error: string | null } | null
  targets: readonly string[]
}

interface Screen {
  columns: number
  ascii: boolean
  /** Otherwise nothing is cut to the columns. */
  stdoutIsTty: boolean
}

/** `2026-03-14 09:17`, by the clock that cron goes by. */
export function clockTime(at: Date): string {
  const [month, day, hour, minute] = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes()].map(
    (part) => String(part).padStart(2, "0"),
  )
  return `${at.getFullYear()}-${month}-${day} ${hour}:${minute}`
}

/** `shown`: the block or the units, as they stand now. */
export function renderInstalled(
  { id, on, next, shown }: { id: string; on: string; next: Date | null; shown: string },
  { ascii }: Pick<Screen, "ascii">,
): string {
  const due = next === null ? "" : `, next at ${clockTime(next)}`
  const lines = shown.split("\n").map((line) => escapeCell(line, ascii).trimEnd())
  return `Scheduled ${id} by ${on}${due}\n\n${lines.join("\n")}`
}

const byExit = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]

/** Two lines each: when and what came of it last, and what is audited. */
export function renderSchedule(
  rows: readonly ScheduleRow[],
  { columns, ascii, stdoutIsTty }: Screen,
): string {
  if (rows.length === 0) return "Nothing is scheduled.\n"
  const text = (foreign: string) => escapeCell(foreign, ascii)
  const cells = rows.map(({ id, on, expression, nextAt, last }) => [
    id,
    on,
    text(expression),
    nextAt === null ? "" : `next ${clockTime(new Date(nextAt))}`,
    last === null ? "" : `last ${clockTime(new Date(last.at))} ${text(last.error ?? outcome(last.exit))}`,
  ])
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)) + 2)
  const indent = " ".repeat(widths[0] ?? 0)
  const room = stdoutIsTty ? Math.max(20, columns - indent.length) : Infinity
  return rows
    .map(({ targets }, at) => {
      const head = widths.map((width, column) => padEnd(cells[at]?.[column] ?? "", width)).join("")
      const named = targets.length === 0 ? "(its line was changed by hand)" : text(targets.join(" "))
      return `${head.trimEnd()}\n${indent}${fitMiddle(named, room, ascii ? "..." : "…")}\n`
    })
    .join("")
}

const outcome = (exit: number | null): string => byExit[exit ?? -1] ?? `exit ${exit}`
