/** The live block: a line for what is audited and how long at most, and one for each thing that goes on. */
import type { Progress } from "../evidence.ts"
import { type Palette, type Symbols } from "./page.ts"
import { fit, fitMiddle, padEnd, width } from "./text.ts"
import { bytes, clock, plural, steadyBytes } from "./units.ts"

export interface BlockStyle {
  columns: number
  symbols: Symbols
  paint: Palette
  /** The frame of the wheel that turns beside what still goes on. */
  wheel: string
}

export const wheels = { unicode: "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", ascii: "|/-\\" }

type State = "running" | "done" | "failed" | "ended"

interface Row {
  state: State
  label: string
  parts: string[]
  right: string
}

const labelColumns = 11
const firstPartColumns = 16

function trackerRow({ phase, trackers }: Progress): Row {
  const over = phase !== "trackers" || trackers.answered === trackers.total
  return {
    state: !over ? "running" : trackers.answered > 0 ? "done" : "failed",
    label: "trackers",
    parts: [`${trackers.answered} of ${trackers.total} answered`],
    right: plural(trackers.peers, "peer"),
  }
}

function dhtRow({ phase, dht }: Progress): Row | null {
  if (dht === null) return null
  const over = dht.settled || phase === "farewell"
  return {
    state: !over ? "running" : dht.answered > 0 ? "done" : "failed",
    label: "DHT",
    parts: [
      `${plural(dht.asked, "node")} asked`,
      ...(dht.asked > 0 && dht.answered === 0 ? ["none answered"] : []),
    ],
    right: plural(dht.peers, "peer"),
  }
}

function metadataRow({ phase, metadata }: Progress): Row | null {
  if (metadata === null) return null
  return {
    state: phase === "farewell" ? "failed" : "running",
    label: "metadata",
    parts: [`${plural(metadata.asked, "peer")} asked`, `${metadata.asking} being asked`],
    right: "",
  }
}

/** Why a run goes on when everything else is done. */
function pexRow({ phase, pex }: Progress): Row | null {
  if (pex.listening === 0 || phase === "farewell") return null
  return {
    state: "running",
    label: "PEX",
    parts: [`${plural(pex.listening, "peer")} may name others`],
    right: plural(pex.peers, "peer"),
  }
}

function connectRow({ phase, peers }: Progress): Row {
  const parts = [`${peers.dialled} of ${peers.known} dialled`, plural(peers.handshaken, "handshake")]
  if (peers.refused > 0) parts.push(`${peers.refused} refused`)
  if (peers.timedOut > 0) parts.push(`${peers.timedOut} timed out`)
  const over = phase === "farewell"
  return {
    state: !over ? "running" : peers.handshaken > 0 ? "done" : "failed",
    label: "connect",
    parts,
    right: "",
  }
}

function sampleRow({ phase, pieces }: Progress, leftMs: number | null): Row {
  const { verified, wanted } = pieces
  const parts = [`${verified} of ${plural(wanted, "piece")}`]
  if (pieces.bytes > 0) parts.push(`${steadyBytes(pieces.bytes)} at ${steadyBytes(pieces.bytesPerSecond)}/s`)
  const running = phase !== "farewell" && verified < wanted
  return {
    state: running ? "running" : verified >= wanted ? "done" : "ended",
    label: "sample",
    parts,
    // An estimate stands apart from the counts above it, by a column.
    right: running && leftMs !== null ? `about ${clock(leftMs)} ` : "",
  }
}

function rowsOf(progress: Progress, leftMs: number | null): Row[] {
  const rows: Row[] = []
  if (progress.trackers.total > 0) rows.push(trackerRow(progress))
  for (const row of [dhtRow(progress), metadataRow(progress)]) if (row !== null) rows.push(row)
  if (progress.peers.known > 0) rows.push(connectRow(progress))
  if (progress.pieces.wanted > 0 && progress.peers.handshaken > 0) rows.push(sampleRow(progress, leftMs))
  const listening = pexRow(progress)
  if (listening !== null) rows.push(listening)
  if (progress.phase === "farewell")
    rows.push({
      state: "running",
      label: "leaving",
      parts: ["saying goodbye to trackers and peers"],
      right: "",
    })
  return rows
}

/** Left and right apart; the parts that don't fit are left out, the last ones first. */
function spread(left: readonly string[], right: string, columns: number, ellipsis: string): string {
  const ends = right === "" ? 0 : width(right) + 2
  const kept = [...left]
  const joined = () =>
    kept
      .map((part, index) => (index === 0 && kept.length > 1 ? padEnd(part, firstPartColumns) : part))
      .join("   ")
  while (kept.length > 1 && width(joined()) + ends > columns) kept.pop()
  const text = fit(joined(), columns, ellipsis)
  if (ends === 0 || width(text) + ends > columns) return text
  return padEnd(text, columns - width(right)) + right
}

function rowLine(row: Row, style: BlockStyle): string {
  const { symbols, paint } = style
  const mark = {
    running: style.wheel,
    done: paint.green(symbols.ok),
    failed: paint.red(symbols.bad),
    ended: symbols.none,
  }[row.state]
  const markColumns = width(symbols.ok)
  const start = ` ${padEnd(mark, markColumns)} ${padEnd(row.label, labelColumns)}`
  // One column stays free, so that no terminal wraps early.
  const room = style.columns - 1 - width(start)
  if (room < 1) return fit(` ${row.label}`, style.columns - 1, "")
  return (start + spread(row.parts, row.right, room, symbols.ellipsis)).trimEnd()
}

function titleLine(progress: Progress, name: string, { columns, symbols, paint }: BlockStyle): string {
  const time = `${clock(progress.now)} elapsed, ${clock(progress.timeoutMs)} at most`
  if (width(time) + 12 > columns) return fit(time, columns - 1, symbols.ellipsis)
  const size = progress.sizeBytes > 0 ? `   ${bytes(progress.sizeBytes)}` : ""
  const room = columns - width(time) - 2
  const shownSize = room - width(size) >= 12 ? size : ""
  const shown = fitMiddle(name, room - width(shownSize), symbols.ellipsis)
  return padEnd(paint.bold(shown) + shownSize, columns - width(time)) + time
}

/** `name` is escaped already. */
export function progressBlock(
  progress: Progress,
  name: string,
  leftMs: number | null,
  style: BlockStyle,
): string[] {
  return [titleLine(progress, name, style), ...rowsOf(progress, leftMs).map((row) => rowLine(row, style))]
}
