/** Copies of every piece as a strip, the samples below it, and what both allow us to say. */
import type { Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import { measured } from "./swarm-table.ts"
import type { Block } from "./table.ts"
import { fit, indent, padStart, width, wrap } from "./text.ts"
import { webSeedFacts } from "./web-seeds.ts"
import { bound, interval, plural, rateUnit, short } from "./units.ts"

/** First index, gap, cells, gap, last index, and air. */
const besideStrip = 16
const labelColumns = 6

interface Cells {
  /** Fewest copies in each. */
  fewest: number[]
  /** The cell that a piece falls in. */
  of: (piece: number) => number
}

/** Bins of the report are gathered into cells by their minimum: a mean would hide the missing piece. */
export function gatherCells(copies: readonly number[], pieceCount: number, most: number): Cells {
  const bins = copies.length
  const cells = Math.min(bins, most)
  const cellOf = (bin: number) => Math.min(cells - 1, Math.floor(((bin + 1) * cells - 1) / bins))
  const fewest = Array.from({ length: cells }, () => Number.POSITIVE_INFINITY)
  copies.forEach((count, bin) => {
    const cell = cellOf(bin)
    fewest[cell] = Math.min(fewest[cell] ?? count, count)
  })
  return { fewest, of: (piece) => cellOf(Math.min(bins - 1, Math.floor((piece * bins) / pieceCount))) }
}

const missing = "!"

function stripLine(cells: Cells, lastPiece: number, page: Page): string {
  const levels = Array.from(page.symbols.levels)
  const most = Math.max(...cells.fewest)
  const drawn = cells.fewest.map((copies) => {
    if (copies === 0) return page.paint.red(missing)
    return levels[Math.max(0, Math.round((copies / most) * levels.length) - 1)]
  })
  return `${padStart("0", labelColumns)} ${drawn.join("")} ${lastPiece}`
}

function hashLine(cells: Cells, { swarm }: Snapshot, page: Page): string {
  const { symbols, paint } = page
  const verified = new Set(swarm.sampledPieces.verified.map(cells.of))
  const failed = new Set(swarm.sampledPieces.failed.map(cells.of))
  const drawn = cells.fewest.map((_, cell) => {
    if (failed.has(cell)) return paint.red(symbols.failed)
    return verified.has(cell) ? paint.green(symbols.verified) : paint.dim(symbols.notSampled)
  })
  return `${padStart("hash", labelColumns)} ${drawn.join("")}`
}

/** 812, 900–912 */
export function ranges(pieces: readonly number[], page: Page): string {
  const parts: string[] = []
  for (let index = 0; index < pieces.length; index++) {
    const first = pieces[index] ?? 0
    while (pieces[index + 1] === (pieces[index] ?? 0) + 1) index++
    const last = pieces[index] ?? 0
    parts.push(first === last ? String(first) : `${first}${page.symbols.dash}${last}`)
  }
  return parts.join(", ")
}

export function missingLines(
  pieces: readonly number[],
  { torrent: { pieceCount }, swarm }: Snapshot,
  page: Page,
): string[] {
  if (pieces.length === 0) return []
  if ((swarm.webSeeds?.onlyThere ?? 0) > 0) {
    const which = pieces.length === pieceCount ? "every piece" : plural(pieces.length, "piece")
    const text = `${which} only from ${plural(swarm.webSeeds?.whole ?? 0, "web seed")}`
    const where = pieces.length === pieceCount ? "" : `: ${ranges(pieces.slice(0, 1000), page)}`
    return [`  ${fit(text + where, page.columns - 2, page.symbols.ellipsis)}`]
  }
  if (pieces.length === pieceCount) return indent("no piece is held by any reached peer", page.columns)
  const text = `${plural(pieces.length, "piece")} held by no reached peer: ${ranges(pieces.slice(0, 1000), page)}`
  return [`  ${fit(text, page.columns - 2, page.symbols.ellipsis)}`]
}

export const sampledCount = ({ swarm }: Snapshot): number =>
  swarm.sampledPieces.verified.length + swarm.sampledPieces.failed.length

export function sampleLines(snapshot: Snapshot): string[] {
  const { swarm } = snapshot
  const { verified, unservableRatioHigh } = swarm.sampledPieces
  const sampled = sampledCount(snapshot)
  if (sampled === 0) {
    const why = swarm.funnel.unchoked === 0 ? "nobody unchoked us" : "no peer sent a whole one"
    return [`no piece was sampled: ${why}`]
  }
  const share =
    unservableRatioHigh === null
      ? "; some pieces are only on peers that choke us"
      : `: at most ${(unservableRatioHigh * 100).toFixed(1)}% unservable (95%)`
  return [`${verified.length} of ${plural(sampled, "sampled piece")} verified${share}`]
}

export function rateLines({ swarm }: Snapshot, page: Page): string[] {
  const { median } = swarm.goodputBytesPerSecond
  if (median === null) return []
  // The interval reads as well in the larger unit; «1023 KiB/s (489–2174)» doesn't read at all.
  const unit = rateUnit(Math.max(median.value, median.high ?? 0))
  // Of few peers the range is all there is to say: no confidence worth a number goes with it.
  const confidence = median.confidence >= 0.9 ? `${Math.round(median.confidence * 100)}% CI ` : ""
  const range = interval(median, unit.bytes, page.symbols)
  const shown = (rate: number) => short(rate / unit.bytes)
  const point = median.high !== null && shown(median.low) === shown(median.high)
  const within = point ? "" : `${confidence}${range}, `
  return [
    `rate per peer: median ${bound(median, unit.bytes, page.symbols)} ${unit.name} (${within}n=${median.n})`,
  ]
}

function titleLines({ swarm }: Snapshot, page: Page): string[] {
  const { availability } = swarm
  const name = `${page.paint.bold("PIECES")}  `
  const hang = " ".repeat(width(name))
  const titled = (text: string) =>
    wrap(text, page.columns - hang.length).map((line, index) => (index === 0 ? name : hang) + line)
  if (availability === null) return titled("availability unknown: no reached peer told what it holds")
  const { distributedCopies, rarest, copies } = availability
  const lines = titled(
    `availability ${distributedCopies.toFixed(2)}, rarest ${plural(rarest, "copy", "copies")}`,
  )
  if (copies.length === 0) return lines
  const meaning = copies.includes(0) ? "height = fewest copies, ! none" : "height = fewest copies in cell"
  const [first = "", ...more] = lines
  const gap = page.columns - width(first) - width(meaning)
  if (gap < 2 || more.length > 0) return [...lines, `  ${page.paint.dim(meaning)}`]
  return [first + " ".repeat(gap) + page.paint.dim(meaning)]
}

export function pieceBlocks(snapshot: Snapshot, page: Page): Block[] {
  const { reached, served } = measured(snapshot)
  if (!reached) return []
  const { availability, funnel } = snapshot.swarm
  const { pieceCount } = snapshot.torrent
  const lines = titleLines(snapshot, page)
  if (availability !== null && availability.copies.length > 0) {
    const most = Math.max(
      1,
      page.columns - Math.max(besideStrip, labelColumns + 3 + String(pieceCount).length),
    )
    const cells = gatherCells(availability.copies, pieceCount, most)
    lines.push(stripLine(cells, pieceCount - 1, page))
    if (served && sampledCount(snapshot) > 0) lines.push(hashLine(cells, snapshot, page))
    lines.push(...missingLines(availability.missingPieces, snapshot, page))
  }
  const facts = served && funnel.claimed > 0 ? [...sampleLines(snapshot), ...rateLines(snapshot, page)] : []
  for (const fact of [...facts, ...webSeedFacts(snapshot, page)]) lines.push(...indent(fact, page.columns))
  return [lines]
}
