/** The answer from several places, and the four numbers that matter most. */
import type { Merged } from "../../report/merged.ts"
import { answer, torrentItems } from "../header.ts"
import { people, whenItems } from "../merged/tables.ts"
import { symbolsFor } from "../page.ts"
import { count, percent, plural } from "../units.ts"
import { nameOf, statusSymbols, tile, type Tile } from "./head.ts"
import { cut, type Html, html, nothing } from "./markup.ts"
import { htmlPage } from "./page.ts"

const symbols = symbolsFor(false)
const { none } = symbols

function tiles({ swarm, vantages }: Merged): Tile[] {
  const { population, seeders, reached, found, reachRatio } = swarm
  const yes = vantages.filter(({ verdict }) => verdict.downloadable === "yes").length
  return [
    {
      name: "Downloadable from",
      value: String(yes),
      of: `of ${plural(vantages.length, "place")}`,
      note: vantages.some(({ offline }) => offline)
        ? `${vantages.filter(({ offline }) => offline).length} offline`
        : "all of them online",
    },
    {
      name: "Can be reached",
      value: population === null ? none : count(Math.round(population.value)),
      of: population === null ? "" : "peers",
      note:
        population === null
          ? "not known: see the places"
          : `${people(population, symbols)}, by whom the places share`,
    },
    {
      name: "Seeders reached",
      value: seeders.reached === null ? none : count(seeders.reached),
      of: seeders.claimed === null ? "" : `of ${count(seeders.claimed)} claimed`,
      note: seeders.reached === null ? "peers can't be matched" : "from anywhere, each once",
    },
    {
      name: "Reach",
      value: reachRatio === null ? none : percent(reachRatio),
      of: reachRatio === null ? "" : "of peers found",
      note: reached === null || found === null ? "peers can't be matched" : `${reached} of ${found}`,
    },
  ]
}

const mostNotes = 10

export function mergedHead(merged: Merged): Html {
  const { torrent, verdict, notes, vantages } = merged
  const hashes = [torrent.infoHashV1, torrent.infoHashV2].filter((hash) => hash !== null)
  const [, told = "", reasons = ""] = /^(.*?\.) ?(.*)$/.exec(answer(merged, htmlPage)) ?? []
  const [when = "", took = ""] = whenItems(merged)
  return html`<header class="top ${verdict.status}">
    <p class="what">
      <strong>${nameOf(merged)}</strong
      >${torrentItems(merged, htmlPage).map((item) => html` <span>${item}</span>`)}
    </p>
    <h1>
      <span class="status"
        ><span aria-hidden="true">${statusSymbols[verdict.status]}</span>
        ${verdict.status.toUpperCase()}</span
      >
      <span>${told}</span>
    </h1>
    <p class="reason">${reasons}</p>
    <dl class="tiles">${tiles(merged).map(tile)}</dl>
    ${
      notes.length === 0
        ? nothing
        : html`<ul class="lead">
            ${notes.slice(0, mostNotes).map((note) => html`<li>${cut(note, 400)}.</li>`)}
          </ul>`
    }
    <p class="stamp">
      ${hashes.map((hash) => html`<code>${hash}</code> `)}<span>${when}</span> <span>took ${took}</span>
      <span>seen from ${plural(vantages.length, "place")}</span>
    </p>
  </header>`
}
