/** A table drawn as terminal.ts draws its own, for commands that start too often to load a library for it. */
import { listLines } from "./list.ts"
import type { Page } from "./page.ts"
import { cellText, columnWidths, type Table } from "./table.ts"
import { padEnd, padStart } from "./text.ts"

export function plainTableLines(table: Table, page: Page): string[] {
  if (page.layout === "list") return listLines(table, page)
  const widths = columnWidths(table, page.tableColumns)
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) =>
        (table.columns[index]?.align === "right" ? padStart : padEnd)(cell, widths[index] ?? 0),
      )
      .join("")
      .trimEnd()
  const heads = table.columns.map(({ head, gap }, index) => {
    const text = " ".repeat(gap ?? 0) + head
    return table.named && index === 0 ? page.paint.bold(text) : page.paint.dim(text)
  })
  const rows = table.rows.map((row) =>
    line(row.map((cell, index) => cellText(table, index, cell, widths[index] ?? 0, page))),
  )
  return [line(heads), ...rows]
}
