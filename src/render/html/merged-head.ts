/** The answer from several places, and the four numbers that matter most. */
import type { Merged } from "../../report/merged.ts"
import { answer } from "../header.ts"
import { people, whenItems } from "../merged/tables.ts"
import { symbolsFor } from "../page.ts"
import { count, percent, plural } from "../units.ts"
import { top, type Tile } from "./head.ts"
import { cut, type Html, html } from "./markup.ts"
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
  const [when = "", took = ""] = whenItems(merged)
  return top(
    merged,
    {
      answer: answer(merged, htmlPage),
      tiles: tiles(merged),
      lines: merged.notes.slice(0, mostNotes).map((note) => `${cut(note, 400)}.`),
    },
    html`<span>${when}</span> <span>took ${took}</span>
      <span>seen from ${plural(merged.vantages.length, "place")}</span>`,
  )
}
