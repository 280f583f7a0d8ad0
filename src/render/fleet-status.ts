/** A fleet at a glance: what needs someone now, who looks from where, every torrent worst first, and what changed since yesterday. */
import { countStandings, statusOf, worstFirst, type Placed } from "../report/standing.ts"
import { vantageStates } from "../report/vantage-state.ts"
import type { FleetStatus } from "../report.ts"
import { changeLines } from "./fleet-status/changes.ts"
import { lineOf } from "./fleet-status/line.ts"
import { queueLines } from "./fleet-status/queue.ts"
import { loudLines, vantageLines } from "./fleet-status/vantages.ts"
import { countsWords, headWords } from "./fleet-status/words.ts"
import { few, reasons } from "./fleet.ts"
import { tableOf } from "./fleet/table.ts"
import { moreLines } from "./history.ts"
import { createPage, statusMark, type Page, type PageOptions } from "./page.ts"
import { flow, width, wrap } from "./text.ts"
import { date } from "./units.ts"

/** At most `options.top` torrents, and as many that changed; of more than a few, those that are well only with `verbose`. */
export function renderFleetStatus(status: FleetStatus, options: PageOptions): string {
  const page = createPage(options)
  const placed = worstFirst(status)
  const states = vantageStates(status)
  const parts = [
    [...headLines(status.at, placed, page), ...loudLines(states, status.at, page)],
    [...queueLines(status, page), ...vantageLines(status, states, page)],
    torrentLines(status.at, placed, page),
    changeLines(status, page),
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line.trimEnd()}\n`).join(""))
    .join("\n")
}

function headLines(at: string, placed: readonly Placed[], page: Page): string[] {
  const counts = countStandings(placed.map(({ stand }) => stand))
  const worst = statusOf(counts)
  const { symbol, paint } = statusMark(worst, page.symbols, page.paint)
  const word = worst.toUpperCase()
  const label = symbol.toUpperCase() === word ? word : `${symbol} ${word}`
  const start = placed.length === 0 ? "" : `${paint(label)}  `
  const [first = "", ...rest] = wrap(headWords(counts), page.columns - 2, page.columns - width(start))
  const lines = flow([...countsWords(counts), page.paint.dim(date(at))], page.columns - 2)
  return [start + first, ...[...rest, ...lines].map((line) => `  ${line}`)]
}

function torrentLines(at: string, placed: readonly Placed[], page: Page): string[] {
  const wanted =
    page.verbose || placed.length <= few ? placed : placed.filter(({ stand }) => stand.standing !== "ok")
  if (wanted.length === 0) return []
  const shown = wanted.slice(0, page.top).map((each) => lineOf(each, at))
  const table = tableOf(shown, page.layout === "list" ? "" : "WHY", page)
  return [
    ...table,
    ...moreLines(wanted.length - shown.length, wanted.length, page),
    ...(page.verbose ? reasons(shown, page) : []),
  ]
}
