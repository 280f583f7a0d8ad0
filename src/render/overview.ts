/** A fleet as one HTML page: no request, and a script that only sorts and filters what is there without it. */
import { sinceYesterday } from "../diff/since-yesterday.ts"
import { countStandings, statusOf, worstFirst } from "../report/standing.ts"
import { vantageStates } from "../report/vantage-state.ts"
import type { FleetStatus } from "../report.ts"
import { headWords } from "./fleet-status/words.ts"
import { documentOf } from "./html/document.ts"
import { contents } from "./html/frame.ts"
import { statusSymbols } from "./html/head.ts"
import { html } from "./html/markup.ts"
import { styleWith } from "./html/style.ts"
import { changes } from "./overview/changes.ts"
import { head } from "./overview/head.ts"
import { places } from "./overview/places.ts"
import { enhance } from "./overview/script.js"
import { overviewStyle } from "./overview/style.ts"
import { torrents } from "./overview/torrents.ts"

export interface OverviewContext {
  /** Of torrent-audit. */
  version: string
}

/** A whole document, to be saved as it is. Pure: the same status gives the same bytes. */
export function renderOverview(status: FleetStatus, { version }: OverviewContext): string {
  const { at } = status
  const placed = worstFirst(status)
  const counts = countStandings(placed.map(({ stand }) => stand))
  const moves = sinceYesterday(status)
  const states = vantageStates(status)
  const looking = new Set(status.torrents.flatMap(({ views }) => views.map(({ vantage }) => vantage)))
  const labels = [...new Set([...status.vantages.map(({ label }) => label), ...looking])].toSorted()
  const sections = [changes(moves, at), places(status, states), torrents({ placed, moves, labels, at })]
  const page = html`${head({ status, counts, places: states, moves })} ${contents(sections)}
    <main>${sections.map((section) => html`${section} `)}</main>
    <footer>
      <p>Made by torrent-audit ${version.slice(0, 40)}. It uploaded no piece and kept none.</p>
    </footer>`
  return documentOf({
    title: `${statusSymbols[statusOf(counts)]} ${headWords(counts)}`,
    version,
    style: styleWith(overviewStyle),
    script: `"use strict";(${enhance.toString()})()`,
    skip: { to: "torrents", text: "Skip to the torrents" },
    page,
  })
}
