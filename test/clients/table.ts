/** Checks and plain tables. */
export interface Check {
  what: string
  ok: boolean
  detail: string
}

export const check = (what: string, ok: boolean, detail = ""): Check => ({ what, ok, detail })

const excerpt = (text: string, from: number): string => {
  const start = Math.max(0, from - 30)
  return `${start > 0 ? "…" : ""}${text.slice(start, start + 160)}${text.length > start + 160 ? "…" : ""}`
}

/** Compares as JSON; the detail starts where they first differ. */
export function equal(what: string, got: unknown, expected: unknown): Check {
  const left = JSON.stringify(got) ?? "nothing"
  const right = JSON.stringify(expected) ?? "nothing"
  if (left === right) return check(what, true)
  let at = 0
  while (left[at] === right[at]) at++
  return check(what, false, `${excerpt(left, at)}, expected ${excerpt(right, at)}`)
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `    ${line}`)
    .join("\n")
}

export const percent = (ratio: number | null): string =>
  ratio === null ? "–" : `${(ratio * 100).toFixed(1)}%`

export const kibPerSecond = (bytesPerSecond: number | null): string =>
  bytesPerSecond === null ? "–" : (bytesPerSecond / 1024).toFixed(1)
