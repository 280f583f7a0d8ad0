/** What stands under a heading: fields, and tables of the page's own width. */
import { listLines } from "../list.ts"
import type { Page } from "../page.ts"
import { cellText, columnWidths, type Table } from "../table.ts"
import { padEnd, padStart, wrap } from "../text.ts"

export function tableLines(table: Table, page: Page): string[] {
  if (page.layout === "list") return listLines(table, page)
  const widths = columnWidths(table, page.tableColumns)
  const pad = (text: string, index: number) =>
    (table.columns[index]?.align === "right" ? padStart : padEnd)(text, widths[index] ?? 0)
  const heads = table.columns.map(({ head, gap }, index) => {
    const text = pad(" ".repeat(gap ?? 0) + head, index)
    return table.named && index === 0 ? page.paint.bold(text) : page.paint.dim(text)
  })
  const rows = table.rows.map((row) =>
    row.map((cell, index) => pad(cellText(table, index, cell, widths[index] ?? 0, page), index)),
  )
  return [heads, ...rows].map((cells) => cells.join(""))
}

/** Two columns in: a label, and its value below itself where it needs more than a line. */
export function field(label: string, value: string, page: Page): string[] {
  const start = `  ${padEnd(label, 11)}`
  return wrap(value, page.columns - start.length).map(
    (line, index) => (index === 0 ? start : " ".repeat(start.length)) + line,
  )
}
