/** The terminal's words and tables without its width: HTML wraps and aligns by itself. */
import { createPage, type Page } from "../page.ts"
import { escape } from "../text.ts"

const wide = 1_000_000

export const htmlPage: Page = {
  ...createPage({ columns: 120, color: false, ascii: false, top: 5, verbose: true }),
  columns: wide,
  tableColumns: wide,
  cell: (foreign) => escape(foreign),
}
