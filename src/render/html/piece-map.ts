/** Cells of a map, row by row: a tone for the fewest copies, marks for what was sampled and where files begin. */
import { scaleQuantize } from "d3-scale"
import type { Snapshot } from "../../report.ts"
import type { gatherCells } from "../pieces.ts"
import type { Key } from "./legend.ts"
import { type Html, trusted } from "./markup.ts"

export type Cells = ReturnType<typeof gatherCells>

const unit = 14
const gap = 0.5
const size = unit - 2 * gap
const mostColumns = 64

/** As many as make rows of about the same length. */
const columnsOf = (cells: number): number => Math.max(1, Math.ceil(cells / Math.ceil(cells / mostColumns)))

/** The cells in which a file begins, the first file's aside. */
export function startsOf({ torrent }: Snapshot, cells: Cells): Set<number> {
  const files = torrent.files.filter(({ pad, sizeBytes }) => !pad && sizeBytes > 0)
  return new Set(
    files.slice(1).map(({ firstPiece }) => cells.of(Math.min(firstPiece, torrent.pieceCount - 1))),
  )
}

/** Marks above cells. */
const order = (kind: string): number => (kind.startsWith("cell") ? 0 : kind === "start" ? 1 : 2)

/** Five tones between none and the most. */
const levels = (fewest: readonly number[]) =>
  scaleQuantize()
    .domain([0, Math.max(1, ...fewest)])
    .range([1, 2, 3, 4, 5])

export function drawing(snapshot: Snapshot, cells: Cells, starts: Set<number>): Html {
  const { fewest } = cells
  const columns = columnsOf(fewest.length)
  const lines = Math.ceil(fewest.length / columns)
  const level = levels(fewest)
  const verified = new Set(snapshot.swarm.sampledPieces.verified.map(cells.of))
  const failed = new Set(snapshot.swarm.sampledPieces.failed.map(cells.of))
  // A path for each tone and mark, not an element for each cell: a thousand of them would slow every reader down.
  const paths = new Map<string, string>()
  const draw = (kind: string, path: string) => paths.set(kind, (paths.get(kind) ?? "") + path)
  fewest.forEach((copies, index) => {
    const tone = copies === 0 ? 0 : level(copies)
    const on = tone > 2 ? " on" : ""
    const [x, y] = [(index % columns) * unit, Math.floor(index / columns) * unit]
    const middle = unit / 2
    draw(`cell ${tone === 0 ? "none" : `l${tone}`}`, `M${x + gap} ${y + gap}h${size}v${size}h${-size}z`)
    if (failed.has(index)) draw(`cross${on}`, `M${x + 3} ${y + 3}l8 8M${x + 11} ${y + 3}l-8 8`)
    else if (verified.has(index))
      draw(`ring${on}`, `M${x + middle - 3.2} ${y + middle}a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0`)
    if (starts.has(index)) draw("start", `M${x} ${y}v${unit}`)
  })
  const drawn = [...paths]
    .toSorted(([one], [other]) => order(one) - order(other))
    .map(([kind, path]) => `<path class="${kind}" d="${path}"/>`)
  const [width, height] = [columns * unit, lines * unit]
  // As wide as there is room for, but a single piece is no wall.
  const widest = Math.min(1180, columns * 26)
  return trusted(
    `<svg class="map" viewBox="0 0 ${width} ${height}" width="${widest}" height="${Math.round((widest * height) / width)}" aria-hidden="true"><defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V4"/></pattern></defs>${drawn.join("")}</svg>`,
  )
}

/** `7–12`, for each tone that the map has. */
function tones({ fewest }: Cells): Key[] {
  const level = levels(fewest)
  const there = Map.groupBy(
    fewest.filter((copies) => copies > 0),
    (copies) => level(copies),
  )
  return [...there]
    .toSorted(([one], [other]) => one - other)
    .map(([tone, all], index, { length }) => {
      const [least, most] = [Math.min(...all), Math.max(...all)]
      const range = least === most ? String(most) : `${least}–${most}`
      return {
        mark: `cell l${tone}`,
        word: index === length - 1 ? `${range} ${most === 1 ? "copy" : "copies"}` : range,
      }
    })
}

/** Of what this map shows. */
export function keysOf(snapshot: Snapshot, cells: Cells, starts: Set<number>): Key[] {
  const { verified, failed } = snapshot.swarm.sampledPieces
  return [
    ...tones(cells),
    ...(cells.fewest.includes(0) ? [{ mark: "none", word: "no copy reached" }] : []),
    ...(verified.length > 0 ? [{ mark: "ring", word: "sampled, right" }] : []),
    ...(failed.length > 0 ? [{ mark: "bad", word: "sampled, never right" }] : []),
    ...(starts.size > 0 ? [{ mark: "start", word: "a file begins" }] : []),
  ]
}
