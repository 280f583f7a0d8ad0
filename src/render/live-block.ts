/**
 * Lines at the foot of a terminal, drawn over themselves at most four times a second. The cursor waits at the beginning of the row
 * beneath them: what is typed is echoed there and not into them, and whatever ends the program leaves the prompt a row of its own.
 */
import { escape, width } from "./text.ts"

export interface Screen {
  write: (text: string) => void
  columns: () => number
  /** Null or absent: unknown, and taken as enough. */
  rows?: () => number | null
  ascii: boolean
  color: boolean
  /** Absent: always. False in a background job, whose terminal others write to. */
  ours?: () => boolean
  /** Monotonic, ms; wall clock; and a repetition that its result ends. Replaced in tests. */
  now?: () => number
  date?: () => Date
  every?: (ms: number, act: () => void) => () => void
}

export interface LiveBlock {
  /** There is something to draw: at once the first time, then with the next turn. */
  changed(): void
  /** A line that stays, above the block. */
  message(text: string): void
  /** The terminal echoed so many line ends beneath the block. */
  lowered(rows: number): void
  /** Takes the block away until it is shown again. */
  hide(): void
  /** Beneath whatever others have written meanwhile. */
  show(): void
  done(): void
}

const redrawMs = 250

/** After what was typed meanwhile is read: it may have moved the cursor. Progress must not keep the process alive. */
export const realEvery = (ms: number, act: () => void): (() => void) => {
  const timer = setInterval(() => setImmediate(act), ms).unref()
  return () => clearInterval(timer)
}

export const messageLine = (text: string, ascii: boolean): string =>
  `${text
    .split("\n")
    .map((line) => escape(line, ascii))
    .join("\n")}\n`

const clearRow = "\u001b[2K"
const clearRest = "\u001b[K"
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : "")
/** DEC 2026: a terminal that knows it shows all of it at once, and the others skip both. */
const atOnce = (text: string): string => `\u001b[?2026h${text}\u001b[?2026l`

/** `lines`: as they are to be drawn now in so many columns, none wider. */
export function liveBlock(screen: Screen, lines: (columns: number) => readonly string[]): LiveBlock {
  const clock = screen.now ?? (() => performance.now())
  const ours = screen.ours ?? (() => true)
  const size = () => ({
    columns: Math.max(2, screen.columns()),
    rows: screen.rows?.() ?? Number.POSITIVE_INFINITY,
  })
  /** The columns that each line took, and the size of the screen then; null: nothing is there. */
  let drawn: { widths: number[]; columns: number; rows: number } | null = null
  let below = 0
  let drawnAt = Number.NEGATIVE_INFINITY
  let [begun, hidden, over] = [false, false, false]

  // A terminal that became narrower has wrapped what was drawn: count the rows that it takes now.
  const rowsTaken = (columns: number): number =>
    below + (drawn?.widths.reduce((sum, taken) => sum + Math.max(1, Math.ceil(taken / columns)), 0) ?? 0)

  /** Row by row: erasing from the top of the screen down would push a copy into tmux's history each time. */
  const erased = (): string => {
    if (drawn === null) return ""
    const rows = rowsTaken(size().columns)
    forget()
    return `\r${clearRow}${`${up(1)}${clearRow}`.repeat(rows)}`
  }
  const forget = () => {
    drawn = null
    below = 0
  }
  const fresh = (): string => {
    const { columns, rows } = size()
    // The row beneath is the cursor's.
    const now = lines(columns).slice(0, Math.max(1, rows - 1))
    drawn = { widths: now.map(width), columns, rows }
    below = 0
    return now.map((line) => `${line}\n`).join("")
  }
  /** Over the block as it stands: no row is blank in between. */
  const redrawn = (): string => {
    const { columns, rows } = size()
    if (drawn === null || drawn.columns !== columns || drawn.rows !== rows || below > 0)
      return erased() + fresh()
    const before = drawn.widths.length
    const text = fresh()
    const now = drawn.widths
    const spare = Math.max(0, before - now.length)
    // In a full row the cursor stands on the last column, and clearing would take that one.
    const over = text
      .split("\n")
      .slice(0, -1)
      .map((line, index) => `${line}${(now[index] ?? 0) < columns ? clearRest : ""}\n`)
    return `\r${clearRow}${up(before)}${over.join("")}${`${clearRow}\n`.repeat(spare)}${up(spare)}`
  }
  const put = (text: string) => {
    if (text !== "") screen.write(atOnce(text))
  }
  const isShown = (): boolean => begun && !hidden && !over
  const draw = () => {
    if (!isShown()) return
    if (!ours()) return forget()
    drawnAt = clock()
    put(redrawn())
  }
  // A little more than the interval, so that a timer that fires early loses no turn.
  const stop = (screen.every ?? realEvery)(redrawMs + 10, () => {
    if (clock() - drawnAt >= redrawMs) draw()
  })

  return {
    changed() {
      if (begun) return
      begun = true
      draw()
    },
    message(text) {
      if (!ours()) forget()
      const above = erased() + messageLine(text, screen.ascii)
      put(above + (isShown() && ours() ? fresh() : ""))
    },
    lowered(rows) {
      if (drawn !== null) below += rows
    },
    hide() {
      if (ours()) put(erased())
      hidden = true
      forget()
    },
    show() {
      hidden = false
      forget()
      draw()
    },
    done() {
      if (over) return
      stop()
      if (ours()) put(erased())
      over = true
      forget()
    },
  }
}
