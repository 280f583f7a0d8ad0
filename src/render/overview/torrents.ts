/** Every torrent, worst first, and what the script needs to sort and filter them: hidden until it runs. */
import type { TorrentMoves } from "../../diff/since-yesterday.ts"
import type { Placed } from "../../report/standing.ts"
import { section, type Section } from "../html/frame.ts"
import { cut, type Html, html, nothing } from "../html/markup.ts"
import { kindOf } from "./changes.ts"
import { mostPlaces, row } from "./row.ts"
import { standingOptions } from "./standing.ts"

interface Column {
  head: string
  /** What the script sorts it by. */
  by: string
}

const longestLabel = 40
/** With more columns of places, others make room for them sooner. */
const fewPlaces = 3

function columnsOf(labels: readonly string[]): Column[] {
  const places =
    labels.length > mostPlaces
      ? [{ head: "so from", by: "number" }]
      : labels.map((label, index) => ({
          head: cut(label, longestLabel),
          kind: "cp",
          by: `place${index + 1}`,
        }))
  return [
    { head: "verdict", by: "rank" },
    { head: "torrent", by: "text" },
    { head: "claimed", by: "number" },
    { head: "reached", by: "number" },
    { head: "copies", by: "number" },
    { head: "7 days", by: "number" },
    ...places,
    { head: "audited", by: "number" },
    { head: "hash", by: "text" },
  ]
}

const option = (value: string, word: string): Html => html`<option value="${value}">${word}</option>`

function filter(labels: readonly string[]): Html {
  const differing =
    labels.length < 2
      ? nothing
      : html`<label class="check"><input type="checkbox" id="differing" /> vantage points differ</label>`
  return html`<div class="filter" id="filter" role="search" aria-label="Filter torrents" hidden>
    <span class="field"
      ><label for="words">name, problem or hash</label
      ><input type="search" id="words" autocomplete="off" spellcheck="false"
    /></span>
    <span class="field"
      ><label for="standing">verdict</label
      ><select id="standing">
        ${option("", "any")}${option("cfuw", "needs attention")}${standingOptions.map(({ value, word }) => option(value, word))}
      </select></span
    >
    <span class="field"
      ><label for="vantage">seen from</label
      ><select id="vantage">
        ${option("", "the worst of all")}${labels.map((label, index) => option(String(index), cut(label, longestLabel)))}
      </select></span
    >
    <label class="check"><input type="checkbox" id="changed" /> changed since yesterday</label>
    ${differing}
    <button type="button" id="clear">Clear</button>
  </div>`
}

export interface Listed {
  placed: readonly Placed[]
  moves: readonly TorrentMoves[]
  labels: readonly string[]
  at: string
}

export function torrents({ placed, moves, labels, at }: Listed): Section {
  const kinds = new Map(moves.map((each) => [each.infoHash, kindOf(each)] as const))
  const columns = columnsOf(labels)
  const rows = placed.map((each) =>
    row({ ...each, change: kinds.get(each.torrent.infoHash) ?? null }, labels, at),
  )
  const several = labels.length > 1 ? "Figures are those of the vantage point that sees it worst. " : ""
  return section(
    "torrents",
    "Torrents",
    [
      filter(labels),
      html`<p class="shown" id="shown" role="status" aria-live="polite"></p>`,
      html`<table class="fleet${labels.length > fewPlaces ? " many" : ""}" role="table">
        <caption>
          Worst first. ${several}The line is how many seeders were reached in seven days, from none to the
          most; – is not measured.
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            ${columns.map(({ head, by }) => html`<th role="columnheader" scope="col" data-by="${by}"><span>${head}</span></th>`)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${rows.map((each) => html`${each} `)}
        </tbody>
      </table>`,
      html`<p class="none" id="none" hidden>No torrent is like that.</p>`,
      placed.length === 0 ? html`<p class="empty">There is none yet.</p>` : nothing,
    ],
    true,
  )
}
