/** A table for narrow screens: each row a name, and below it `label: value` pairs. */
import type { Page } from "./page.ts"
import type { Table } from "./table.ts"
import { fit, fitMiddle, flow, width } from "./text.ts"

export function listLines({ named, columns, rows }: Table, page: Page): string[] {
  const lines = named ? [page.paint.bold(columns[0]?.head ?? "")] : []
  for (const [first, ...cells] of rows) {
    if (!first) continue
    const room = page.columns - width(first.mark ?? "")
    const name = (first.cut === "middle" ? fitMiddle : fit)(first.text, room, page.symbols.ellipsis)
    lines.push((first.mark ?? "") + name)
    const indented = page.columns - 4
    const pairs = cells.flatMap(({ text, paint }, index) => {
      const value = text.trim()
      if (value === "" || value === page.symbols.none) return []
      const label = `${plain(columns[index + 1]?.head ?? "")}: `
      const fitted = fit(value, indented - width(label), page.symbols.ellipsis)
      return [label + (paint ? paint(fitted) : fitted)]
    })
    lines.push(...flow(pairs, indented).map((line) => `    ${line}`))
  }
  return lines
}

/** A heading in capitals is none beside its value. */
const plain = (head: string): string => (head === head.toUpperCase() ? head.toLowerCase() : head)
