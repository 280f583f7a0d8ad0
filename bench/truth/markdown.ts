/** A table in Markdown. */
export const lined = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n")

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`
