/** A torrent's row. There may be thousands: every byte of markup counts. */
import { reachedOf, standingOfView, type Placed, type Stand } from "../../report/standing.ts"
import { problemsInFull, whyWords } from "../fleet-status/words.ts"
import { ago } from "../history.ts"
import { cut, type Html, html, middle, nothing, trusted } from "../html/markup.ts"
import { count } from "../units.ts"
import { cell, numberCell, placeCell, trendCell } from "./cells.ts"
import { letters, symbols, words } from "./standing.ts"

const longestName = 160
const longestWhy = 240
/** Each in a column of its own; more are counted in one. */
export const mostPlaces = 6

export const nameOf = ({ name }: { name: string }): string => middle(name.trim(), longestName) || "(no name)"

/** So many digits of a hash are the same of no two torrents, even where somebody tries. */
const idDigits = 32
export const rowId = ({ infoHash }: { infoHash: string }): string => `t${infoHash.slice(0, idDigits)}`

/** What the command line takes for it. */
const shortDigits = 8

export interface Row extends Placed {
  /** Worse, better, unclear or new since yesterday; null: as it was. */
  change: string | null
}

export function row({ torrent, stand, change }: Row, labels: readonly string[], at: string): Html {
  const { standing, view, from, seen } = stand
  const byLabel = new Map(torrent.views.map((each) => [each.vantage, each] as const))
  const newest = view?.newest ?? null
  const figures = standing === "failed" ? null : newest
  const agoSeconds =
    newest === null ? null : Math.max(0, Math.round((Date.parse(at) - Date.parse(newest.startedAt)) / 1_000))
  const cells = [
    numberCell(figures?.seedersClaimed ?? null, count),
    numberCell(figures && reachedOf(figures), count),
    numberCell(figures?.copies ?? null, copiesText),
    trendCell(view, at),
    labels.length > mostPlaces
      ? cell(seen === 0 ? "" : `${from.length} of ${seen}`)
      : labels.map((label) => placeCell(byLabel.get(label))),
    numberCell(agoSeconds, (seconds) => ago(seconds * 1_000)),
    cell(html`<code>${torrent.infoHash.slice(0, shortDigits)}</code>`),
  ]
  const states = labels.map((label) => {
    const found = byLabel.get(label)
    return found === undefined ? "-" : letters[standingOfView(found)]
  })
  const told = letters[standing] + states.join("")
  const flags = trusted(`${change === null ? "" : " data-c"}${from.length < seen ? " data-d" : ""}`)
  // An id only where something links to it.
  const id = change === null ? nothing : html` id="${rowId(torrent)}"`
  return html`<tr role="row" class="${standing}" data-s="${told}" ${id}${flags}>
    ${verdictCell(stand)}${nameCell(torrent.name, change, whyOf(stand, at))}${cells}
  </tr>`
}

const verdictCell = ({ standing }: Stand): Html =>
  html`<td role="cell" class="s">${symbols[standing]} <span>${words[standing]}</span></td>`

function nameCell(name: string, change: string | null, why: string): Html {
  const tag = change === null ? nothing : html`<span class="t ${change}">${change}</span>`
  const told = why === "" ? nothing : html`<i>${cut(why, longestWhy)}</i>`
  return html`<th role="rowheader" scope="row"><b>${nameOf({ name })}</b>${tag}${told}</th>`
}

function whyOf(stand: Stand, at: string): string {
  const { standing, view } = stand
  const isFound = standing === "critical" || standing === "warning"
  const problems = isFound && view?.newest ? problemsInFull(view.newest).join(", ") : ""
  return problems === "" ? whyWords(stand, at) : problems
}

const copiesText = (copies: number): string =>
  copies < 1_000 ? copies.toFixed(2) : count(Math.round(copies))
