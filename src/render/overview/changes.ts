/** What changed since yesterday, each with a link to its row. */
import type { TorrentMoves } from "../../diff/since-yesterday.ts"
import { countWords, movesWords, sinceWords } from "../fleet-status/words.ts"
import { details, section, type Section } from "../html/frame.ts"
import { cut, type Html, html, nothing } from "../html/markup.ts"
import { plural } from "../units.ts"
import { nameOf, rowId } from "./row.ts"

/** Before the fold. */
const shownFirst = 6
/** More than anybody reads; each is marked in the table. */
const mostListed = 200
const longestWords = 400

export type Kind = "worse" | "better" | "unclear" | "new"

export const kindOf = ({ direction, since }: TorrentMoves): Kind =>
  since === null ? "new" : direction === "neither" ? "unclear" : direction

const marks: Record<Kind, string> = { worse: "↓", better: "↑", unclear: "→", new: "+" }

function line(torrent: TorrentMoves, at: string): Html {
  const kind = kindOf(torrent)
  const since = sinceWords(torrent, at)
  const words = [...movesWords(torrent, "→"), ...(since === "" ? [] : [since])].join("; ")
  return html`<li class="${kind}">
    <b aria-hidden="true">${marks[kind]}</b
    ><span
      ><a href="#${rowId(torrent)}">${nameOf(torrent)}</a>
      <span><span class="unseen">${kind}:</span> ${cut(words, longestWords)}</span></span
    >
  </li>`
}

const list = (torrents: readonly TorrentMoves[], at: string): Html =>
  torrents.length === 0
    ? nothing
    : html`<ul class="moves">
        ${torrents.map((each) => line(each, at))}
      </ul>`

export function changes(torrents: readonly TorrentMoves[], at: string): Section {
  if (torrents.length === 0)
    return section("changes", "Since yesterday", [html`<p class="clear">Nothing changed.</p>`])
  const rest = torrents.slice(shownFirst, mostListed)
  const left = torrents.length - shownFirst - rest.length
  return section("changes", `Since yesterday: ${countWords(torrents)}`, [
    list(torrents.slice(0, shownFirst), at),
    rest.length === 0
      ? nothing
      : details(
          `${rest.length} more`,
          list(rest, at),
          left > 0 ? html`<p class="fact">and ${plural(left, "more torrent")}: see the table</p>` : nothing,
        ),
  ])
}
