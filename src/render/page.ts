/** What every part of the drawing shares: the width, the symbols, the colours, and the escaping of foreign text. */
import { styleText } from "node:util"
import type { Status, Verdict } from "../report.ts"
import { escape, escapeCell } from "./text.ts"

const unicode = {
  ok: "✓",
  bad: "✗",
  warning: "▲",
  unknown: "?",
  none: "–",
  dash: "–",
  arrow: "→",
  times: "×",
  atLeast: "≥",
  ellipsis: "…",
  dot: "·",
  rule: "─",
  levels: "▁▂▃▄▅▆▇█",
  verified: "✓",
  failed: "×",
  notSampled: "·",
}
export type Symbols = { readonly [name in keyof typeof unicode]: string }

const ascii: Symbols = {
  ok: "ok",
  bad: "XX",
  warning: "!",
  unknown: "?",
  none: "-",
  dash: "-",
  arrow: "->",
  times: "x",
  atLeast: ">=",
  ellipsis: "...",
  dot: "-",
  rule: "-",
  levels: "123456789",
  verified: "+",
  failed: "x",
  notSampled: ".",
}

export type Paint = (text: string) => string

type Colour = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>

const painter =
  (enabled: boolean, colour: Colour): Paint =>
  (text) =>
    enabled && text !== "" ? styleText(colour, text, { validateStream: false }) : text

/** Only the sixteen colours that the user's own theme defines. */
export const palette = (enabled: boolean) => ({
  bold: painter(enabled, "bold"),
  dim: painter(enabled, "dim"),
  red: painter(enabled, "red"),
  green: painter(enabled, "green"),
  yellow: painter(enabled, "yellow"),
})
export type Palette = ReturnType<typeof palette>

export const symbolsFor = (isAscii: boolean): Symbols => (isAscii ? ascii : unicode)

export interface PageOptions {
  columns: number
  color: boolean
  ascii: boolean
  top: number
  verbose: boolean
}

export interface Page {
  /** Of text and strips. */
  columns: number
  /** Of tables: a long address may use more of a wide terminal than a sentence should. */
  tableColumns: number
  layout: "list" | "table" | "wide"
  ascii: boolean
  top: number
  verbose: boolean
  symbols: Symbols
  paint: Palette
  /** Foreign text for a sentence, and for a table cell. */
  text(foreign: string): string
  cell(foreign: string): string
}

/** Narrower screens get lines of this many columns. */
const fewestColumns = 32
const tableFrom = 80
const wideFrom = 120
const widestTable = 160

export function createPage(options: PageOptions): Page {
  const columns = Math.max(fewestColumns, Math.floor(options.columns) || tableFrom)
  return {
    columns: Math.min(columns, wideFrom),
    tableColumns: Math.min(columns, widestTable),
    layout: columns < tableFrom ? "list" : columns < wideFrom ? "table" : "wide",
    ascii: options.ascii,
    top: options.top,
    verbose: options.verbose,
    symbols: symbolsFor(options.ascii),
    paint: palette(options.color),
    text: (foreign) => escape(foreign, options.ascii),
    cell: (foreign) => escapeCell(foreign, options.ascii),
  }
}

export interface Mark {
  symbol: string
  paint: Paint
}

export const statusMark = (status: Status, symbols: Symbols, paint: Palette): Mark =>
  ({
    ok: { symbol: symbols.ok, paint: paint.green },
    warning: { symbol: symbols.warning, paint: paint.yellow },
    critical: { symbol: symbols.bad, paint: paint.red },
    unknown: { symbol: symbols.unknown, paint: paint.bold },
  })[status]

export const verdictMark = (verdict: Verdict, { symbols, paint }: Page): Mark =>
  ({
    pass: { symbol: symbols.ok, paint: paint.green },
    warn: { symbol: symbols.warning, paint: paint.yellow },
    fail: { symbol: symbols.bad, paint: paint.red },
    inconclusive: { symbol: symbols.unknown, paint: paint.dim },
    skipped: { symbol: symbols.none, paint: paint.dim },
    error: { symbol: symbols.unknown, paint: paint.red },
  })[verdict]
