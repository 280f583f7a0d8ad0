/** A terminal in little: rows that wrap and wrap anew when its width changes, cursor up and down, and erasing a row. */
export interface FakeScreen {
  write: (text: string) => void
  resize: (columns: number) => void
  /** Rows as shown now, without blank ones at the end. */
  rows: () => string[]
  /** Everything written. */
  readonly raw: string[]
}

interface Row {
  text: string
  /** The next row continues this one. */
  wrapped: boolean
}

const csi = new RegExp(`^${String.fromCodePoint(27)}\\[(\\d*)([A-Za-z])`)

export function fakeScreen(initialColumns: number): FakeScreen {
  let columns = initialColumns
  let rows: Row[] = [{ text: "", wrapped: false }]
  // The cursor; in a full row it waits behind the last column.
  let y = 0
  let x = 0
  const raw: string[] = []

  const row = (): Row => (rows[y] ??= { text: "", wrapped: false })

  function put(character: string) {
    if (x === columns) {
      row().wrapped = true
      y += 1
      x = 0
    }
    const { text } = row()
    row().text = text.slice(0, x).padEnd(x) + character + text.slice(x + 1)
    x += 1
  }

  function control(argument: string, command: string) {
    const count = Number(argument || 1)
    if (command === "A") y = Math.max(0, y - count)
    else if (command === "B") y = Math.min(rows.length - 1, y + count)
    else if (command === "K" && argument === "2") rows[y] = { text: "", wrapped: false }
    else if (command !== "m") throw new Error(`unexpected control ${argument}${command}`)
  }

  function resize(width: number) {
    const lines: string[] = []
    let cursor = { line: 0, offset: 0 }
    for (const [index, { text }] of rows.entries()) {
      const continues = rows[index - 1]?.wrapped === true
      if (!continues) lines.push("")
      const before = lines.at(-1) ?? ""
      if (index === y) cursor = { line: lines.length - 1, offset: before.length + x }
      lines[lines.length - 1] = before + text
    }
    columns = width
    rows = []
    for (const [index, line] of lines.entries()) {
      const taken = Math.max(1, Math.ceil(line.length / columns))
      if (index === cursor.line) {
        const down = Math.min(taken - 1, Math.floor(cursor.offset / columns))
        y = rows.length + down
        x = cursor.offset - down * columns
      }
      for (let part = 0; part < taken; part++)
        rows.push({ text: line.slice(part * columns, (part + 1) * columns), wrapped: part < taken - 1 })
    }
  }

  return {
    raw,
    resize,
    write: (text) => {
      raw.push(text)
      let rest = text
      while (rest !== "") {
        const match = csi.exec(rest)
        if (match) control(match[1] ?? "", match[2] ?? "")
        else if (rest.startsWith("\r")) x = 0
        else if (rest.startsWith("\n")) {
          y += 1
          x = 0
          row()
        } else put(rest.charAt(0))
        rest = rest.slice(match ? match[0].length : 1)
      }
    },
    rows: () => {
      const shown = rows.map(({ text }) => text.trimEnd())
      while (shown.at(-1) === "") shown.pop()
      return shown
    },
  }
}
