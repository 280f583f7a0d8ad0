/** What changed since yesterday: what became worse first. */
import { sinceYesterday, type TorrentMoves } from "../../diff/since-yesterday.ts"
import type { FleetStatus } from "../../report.ts"
import { moreLines } from "../history.ts"
import type { Page, Paint } from "../page.ts"
import { fitMiddle, fitWords, width, wrap } from "../text.ts"
import { countWords, movesWords, sinceWords } from "./words.ts"

/** Of one torrent, on a narrow screen. */
const mostLines = 4

export function changeLines(status: FleetStatus, page: Page): string[] {
  if (status.torrents.length === 0) return []
  const torrents = sinceYesterday(status)
  const title = page.paint.bold("SINCE YESTERDAY")
  if (torrents.length === 0) return [`${title}  nothing changed`]
  const shown = torrents.slice(0, page.top)
  return [
    `${title}  ${countWords(torrents)}`,
    ...shown.flatMap((each) => linesOf(each, status.at, page)),
    ...moreLines(torrents.length - shown.length, torrents.length, page),
  ]
}

function markOf(
  { direction, since }: TorrentMoves,
  { ascii, paint }: Page,
): { symbol: string; paint: Paint } {
  if (since === null) return { symbol: "+", paint: paint.bold }
  if (direction === "worse") return { symbol: ascii ? "dn" : "↓", paint: paint.red }
  if (direction === "better") return { symbol: ascii ? "up" : "↑", paint: paint.green }
  return { symbol: ascii ? "=" : "→", paint: paint.bold }
}

/** On a narrow screen the name has a line to itself. */
function linesOf(torrent: TorrentMoves, at: string, page: Page): string[] {
  const { symbol, paint } = markOf(torrent, page)
  const { arrow, ellipsis } = page.symbols
  const since = sinceWords(torrent, at)
  const words = [...movesWords(torrent, arrow), ...(since === "" ? [] : [since])]
  const said = page.text(words.join("; "))
  const named = page.cell(torrent.name).trim() || "(no name)"
  const start = `  ${paint(symbol)} `
  const room = page.columns - width(symbol) - 3
  if (page.layout === "list")
    return [
      start + fitMiddle(named, room, ellipsis),
      ...wrap(said, page.columns - 4)
        .slice(0, mostLines)
        .map((line) => `    ${line}`),
    ]
  const name = fitMiddle(named, Math.floor(page.columns / 2), ellipsis)
  return [`${start}${name}: ${fitWords(said, room - width(name) - 2, ellipsis)}`]
}
