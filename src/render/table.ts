/** A table before it is drawn: the sections say what stands where, terminal.ts draws it, list.ts does without columns. */
import type { Page, Paint } from "./page.ts"
import { fit, fitMiddle, width } from "./text.ts"

export interface Column {
  head: string
  align: "left" | "right"
  /** As drawn, the gap to the column before it included. */
  width: number
  /** Spaces at the left of a left-aligned column. */
  gap?: number
  /** May become narrower, down to this, when another column needs the room. */
  atLeast?: number
}

export interface Cell {
  text: string
  paint?: Paint
  /** Stands before the text and is never cut; painted already. */
  mark?: string
  /** What gives way when it doesn't fit. */
  cut?: "end" | "middle"
}

export interface Table {
  kind: "table"
  /** Its first heading is the section's name. */
  named: boolean
  columns: readonly Column[]
  rows: readonly (readonly Cell[])[]
}

export type Block = Table | readonly string[]

export const isTable = (block: Block): block is Table => "kind" in block

/** Right-aligned text, and left-aligned text before a column that has no gap of its own, keep one space. */
function spare(columns: readonly Column[], index: number): number {
  if (columns[index]?.align === "right") return 1
  const next = columns[index + 1]
  return next?.align === "left" && !next.gap ? 1 : 0
}

/** What a column needs so that nothing in it is cut. */
function needed({ columns, rows }: Table, index: number): number {
  const column = columns[index]
  const widest = rows.reduce(
    (most, row) => {
      const cell = row[index]
      return cell ? Math.max(most, width(cell.mark ?? "") + width(cell.text)) : most
    },
    width(column?.head ?? ""),
  )
  return widest + (column?.gap ?? 0) + spare(columns, index)
}

/** Widths as drawn; a left-aligned last column takes what it needs, and others may give way or grow into what is left. */
export function columnWidths(table: Table, available: number): number[] {
  const { columns } = table
  const last = columns.length - 1
  const widths = columns.map(({ width, align }, index) =>
    index === last && align === "left" ? needed(table, index) : width,
  )
  let slack = available - widths.reduce((total, each) => total + each, 0)
  for (const [index, { atLeast, width }] of columns.entries()) {
    if (slack >= 0 || atLeast === undefined) continue
    const given = Math.min(-slack, width - atLeast)
    widths[index] = width - given
    slack += given
  }
  for (const [index, width] of widths.entries()) {
    const taken = Math.max(0, Math.min(slack, needed(table, index) - width))
    widths[index] = width + taken
    slack -= taken
  }
  return widths
}

/** The cell's text within its column, gap included, ready to be padded. */
export function cellText(table: Table, index: number, cell: Cell, columns: number, page: Page): string {
  const mark = cell.mark ?? ""
  const gap = table.columns[index]?.gap ?? 0
  const room = columns - width(mark) - gap - spare(table.columns, index)
  const text = (cell.cut === "middle" ? fitMiddle : fit)(cell.text, Math.max(1, room), page.symbols.ellipsis)
  return " ".repeat(gap) + mark + (cell.paint ? cell.paint(text) : text)
}
