/** The result as drawn for a terminal: one string, no line wider than the columns, nothing but our own colours in it. */
import CliTable from "cli-table3"
import type { Snapshot } from "../report.ts"
import { announceLogLines } from "./announce-log.ts"
import { downloadLines } from "./downloads.ts"
import { findingLines } from "./findings.ts"
import { fullCopyLines } from "./full-copy.ts"
import { headerLines } from "./header.ts"
import { listLines } from "./list.ts"
import { overTimeLines } from "./over-time.ts"
import { createPage, type Page, type PageOptions } from "./page.ts"
import { peerSection, timings } from "./peers.ts"
import { pieceBlocks } from "./pieces.ts"
import { placeLines } from "./places.ts"
import { sourceBlocks } from "./sources.ts"
import { swarmBlocks } from "./swarm-table.ts"
import { type Block, cellText, columnWidths, isTable, type Table } from "./table.ts"
import { padEnd, width, wrap } from "./text.ts"

export interface TerminalOptions extends PageOptions {
  /** The snapshot's short name in the history, once it is there. */
  saved?: string
}

const noFrame = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
}

/** Spaces at the end of a line, before whatever colour ends there. */
const trailing = new RegExp(` +((?:${String.fromCodePoint(27)}\\[\\d+m)*)$`)

function drawTable(table: Table, page: Page): string[] {
  const widths = columnWidths(table, page.tableColumns)
  const drawn = new CliTable({
    chars: noFrame,
    // Its own colours would also go into pipes.
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    colWidths: widths,
    colAligns: table.columns.map(({ align }) => align),
  })
  const heads = table.columns.map(({ head, gap }, index) => {
    const text = " ".repeat(gap ?? 0) + head
    return table.named && index === 0 ? page.paint.bold(text) : page.paint.dim(text)
  })
  drawn.push(heads)
  for (const row of table.rows)
    drawn.push(row.map((cell, index) => cellText(table, index, cell, widths[index] ?? 0, page)))
  return drawn.toString().split("\n")
}

const blockLines = (block: Block, page: Page): readonly string[] => {
  if (!isTable(block)) return block
  return page.layout === "list" ? listLines(block, page) : drawTable(block, page)
}

/** The wide layout heads its four timings with a rule that begins and ends with them. */
function timingRule(table: Table, page: Page, after: string): string {
  const widths = columnWidths(table, page.tableColumns)
  const sum = (count: number) => widths.slice(0, count).reduce((total, each) => total + each, 0)
  const from =
    sum(timings.from) + (widths[timings.from] ?? 0) - width(table.columns[timings.from]?.head ?? "")
  const columns = sum(timings.to) - from - width(timings.title)
  const left = page.symbols.rule.repeat(Math.ceil(columns / 2))
  const right = page.symbols.rule.repeat(Math.floor(columns / 2))
  return padEnd(after, from) + page.paint.dim(left + timings.title + right)
}

function peerLines(snapshot: Snapshot, page: Page): string[] {
  const section = peerSection(snapshot, page)
  if (section === null) return []
  const { title, table, legend } = section
  if (table === null) return [title]
  const heading = page.layout === "wide" ? timingRule(table, page, title) : title
  return [heading, ...blockLines(table, page), ...legend]
}

function savedLines({ torrent }: Snapshot, saved: string | undefined, page: Page): string[] {
  if (saved === undefined) return []
  const hash = (torrent.infoHashV1 ?? torrent.infoHashV2 ?? "").slice(0, 8)
  const next = `next: torrent-audit report --last ${hash} -o report.html`
  return wrap(`Saved ${page.text(saved)} ${page.symbols.dot} ${next}`, page.columns).map(page.paint.dim)
}

export function renderTerminal(snapshot: Snapshot, options: TerminalOptions): string {
  const page = createPage(options)
  const draw = (blocks: readonly Block[]) => blocks.flatMap((block) => blockLines(block, page))
  const sections = [
    headerLines(snapshot, page),
    draw(swarmBlocks(snapshot, page)),
    draw(sourceBlocks(snapshot, page)),
    draw(pieceBlocks(snapshot, page)),
    peerLines(snapshot, page),
    placeLines(snapshot, page),
    overTimeLines(snapshot, page),
    findingLines(snapshot, page),
    [
      ...fullCopyLines(snapshot, page),
      ...downloadLines(snapshot, page),
      ...announceLogLines(snapshot, page),
      ...savedLines(snapshot, options.saved, page),
    ],
  ]
  const lines = sections.flatMap((section) => (section.length > 0 ? ["", ...section] : []))
  return `${lines
    .slice(1)
    .map((line) => line.replace(trailing, "$1"))
    .join("\n")}\n`
}
