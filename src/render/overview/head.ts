/** The answer, what must not be overlooked, and the four numbers that tell how the fleet is. */
import { countMoves, type TorrentMoves } from "../../diff/since-yesterday.ts"
import { needingAttention, statusOf, type StandingCounts } from "../../report/standing.ts"
import { isLate, type VantageState } from "../../report/vantage-state.ts"
import type { FleetStatus } from "../../report.ts"
import { loudWords } from "../fleet-status/vantages.ts"
import { agoWords, countsWords, headWords } from "../fleet-status/words.ts"
import { statusSymbols } from "../html/head.ts"
import { type Html, html, nothing } from "../html/markup.ts"
import { count, date, plural } from "../units.ts"

interface Tile {
  name: string
  value: string
  of: string
  note: string
  kind: "well" | "warn" | "ill"
}

export interface Told {
  status: FleetStatus
  counts: StandingCounts
  places: readonly VantageState[]
  moves: readonly TorrentMoves[]
}

function tiles({ status, counts, places, moves }: Told): Tile[] {
  const { queue, torrents, at } = status
  const need = needingAttention(counts)
  const told = countMoves(moves)
  const workers = places.reduce((sum, each) => sum + each.workers, 0)
  const gone = places.filter(({ state }) => state === "gone").length
  const failed = queue.failedLastDay > 0 ? `, ${count(queue.failedLastDay)} failed` : ""
  return [
    {
      name: "Need attention",
      value: count(need),
      of: `of ${plural(torrents.length, "torrent")}${counts.awaited > 0 ? `, ${count(counts.awaited)} not audited yet` : ""}`,
      note: need === 0 ? `${count(counts.ok)} OK` : countsWords({ ...counts, ok: 0, awaited: 0 }).join(", "),
      kind: counts.critical > 0 ? "ill" : need > 0 ? "warn" : "well",
    },
    {
      name: "Worse since yesterday",
      value: count(told.worse),
      of: `${count(told.better)} better`,
      note: `${count(told.other)} unclear, ${count(told.new)} new`,
      kind: told.worse > 0 ? "warn" : "well",
    },
    {
      name: "Waiting audits",
      value: count(queue.waiting),
      of: `${count(queue.running)} running`,
      note:
        queue.oldestDueAt === null
          ? `${count(queue.doneLastDay)} done in a day${failed}`
          : `the oldest was due ${agoWords(queue.oldestDueAt, at)}`,
      kind: isLate(status) ? "warn" : "well",
    },
    {
      name: "Living workers",
      value: count(workers),
      of: `at ${plural(places.length, "vantage point")}`,
      note:
        gone > 0 ? `none at ${count(gone)} of them` : places.length > 0 ? "each has one" : "none came yet",
      kind: gone > 0 || places.length === 0 ? "ill" : "well",
    },
  ]
}

const tile = ({ name, value, of, note, kind }: Tile): Html =>
  html`<div class="tile ${kind}">
    <dt>${name}</dt>
    <dd>
      <span class="figure">${value}</span> <span class="of">${of}</span><span class="note">${note}</span>
    </dd>
  </div>`

function loud({ status, places }: Told): Html {
  const { bad, warning } = { bad: statusSymbols.critical, warning: statusSymbols.warning }
  const told = places.flatMap((place) => {
    const words = loudWords(place, status.at)
    return words === "" ? [] : [{ kind: place.state, mark: place.state === "gone" ? bad : warning, words }]
  })
  const { oldestDueAt } = status.queue
  const late =
    isLate(status) && oldestDueAt !== null
      ? [
          {
            kind: "late",
            mark: warning,
            words: `Audits are late: the oldest was due ${agoWords(oldestDueAt, status.at)}.`,
          },
        ]
      : []
  const all = [...told, ...late]
  if (all.length === 0) return nothing
  return html`<ul class="loud">
    ${all.map(
      ({ kind, mark, words }) => html`<li class="${kind}"><b aria-hidden="true">${mark}</b> ${words}</li>`,
    )}
  </ul>`
}

export function head(told: Told): Html {
  const { status, counts } = told
  const worst = statusOf(counts)
  const label = html`<span class="status"
    ><span aria-hidden="true">${statusSymbols[worst]}</span> ${worst.toUpperCase()}</span
  >`
  return html`<header class="top ${worst}">
    <p class="what">
      <strong>Fleet</strong>
      <span>as of <time id="at" datetime="${status.at}">${date(status.at)}</time></span>
      <span id="age"></span>
    </p>
    <h1>${status.torrents.length === 0 ? nothing : label} <span>${headWords(counts)}</span></h1>
    ${loud(told)}
    <dl class="tiles">${tiles(told).map(tile)}</dl>
  </header>`
}
