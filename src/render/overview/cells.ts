/**
 * Cells of the long table. There may be a hundred thousand: what a column is follows from its place, not from a class of each cell.
 * The roles are those that the elements have, said again, as some browsers forget them where a row is not laid out as a table's.
 */
import { reachedOf, standingOfView } from "../../report/standing.ts"
import type { FleetView } from "../../report.ts"
import { trendOfView, type Trend } from "../fleet/trend.ts"
import { type Html, html, nothing } from "../html/markup.ts"
import { count } from "../units.ts"
import { sparkline } from "./sparkline.ts"
import { letters, symbols, words } from "./standing.ts"

export const cell = (content: Html | string): Html => html`<td role="cell">${content}</td>`

/** With what it is sorted by, where that is not what is written. */
const sortable = (by: number, content: Html | string): Html =>
  html`<td role="cell" data-n="${by}">${content}</td>`

export function numberCell(value: number | null, text: (value: number) => string): Html {
  if (value === null) return cell("–")
  const written = text(value)
  return written === String(value) ? cell(written) : sortable(Number(value.toPrecision(6)), written)
}

const arrows: Record<Trend, { symbol: string; word: string; order: number }> = {
  down: { symbol: "↓", word: "fewer", order: 0 },
  level: { symbol: "→", word: "as many", order: 1 },
  up: { symbol: "↑", word: "more", order: 2 },
}

export function trendCell(view: FleetView | null, at: string): Html {
  if (view === null) return cell(nothing)
  const trend = trendOfView(view)
  if (trend === null) return cell(sparkline(view, at))
  const { symbol, word, order } = arrows[trend]
  return sortable(order, html`${sparkline(view, at)}<span role="img" aria-label="${word}">${symbol}</span>`)
}

/** What one vantage point says, and whom it reached. */
export function placeCell(view: FleetView | undefined): Html {
  if (view === undefined) return cell(nothing)
  const standing = standingOfView(view)
  const reached = view.newest === null || standing === "failed" ? null : reachedOf(view.newest)
  const word = standing === "ok" ? nothing : html`<span class="unseen"> ${words[standing]}</span>`
  const number = reached === null ? "" : ` ${count(reached)}`
  return html`<td role="cell" class="${letters[standing]}">${symbols[standing]}${word}${number}</td>`
}
