/** A real terminal emulator, without a window. */
import xterm from "@xterm/headless"

export interface Emulator {
  /** What a program writes, and what the terminal's driver echoes. */
  write: (text: string | Uint8Array) => void
  /** What was written before is written at the old size. */
  resize: (columns: number, rows?: number) => Promise<void>
  /** All rows ever written that still are there, those scrolled away first, without blank ones at the end. */
  rows: () => Promise<string[]>
  /** Those on the screen now. */
  screen: () => Promise<string[]>
  cursor: () => Promise<{ x: number; y: number }>
  /** Everything written, write by write. */
  readonly raw: string[]
}

export function emulator(columns = 80, rows = 24): Emulator {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true })
  const raw: string[] = []
  const settled = () => new Promise<void>((resolve) => terminal.write("", resolve))
  const read = (from: number): string[] => {
    const { active } = terminal.buffer
    const lines: string[] = []
    for (let y = from; y < active.length; y++)
      lines.push(active.getLine(y)?.translateToString(true).trimEnd() ?? "")
    while (lines.at(-1) === "") lines.pop()
    return lines
  }
  return {
    raw,
    write(text) {
      raw.push(typeof text === "string" ? text : Buffer.from(text).toString("latin1"))
      terminal.write(text)
    },
    async resize(width, height = terminal.rows) {
      await settled()
      terminal.resize(width, height)
    },
    async rows() {
      await settled()
      return read(0)
    },
    async screen() {
      await settled()
      return read(terminal.buffer.active.baseY)
    },
    async cursor() {
      await settled()
      const { cursorX, cursorY, baseY } = terminal.buffer.active
      return { x: cursorX, y: baseY + cursorY }
    },
  }
}
