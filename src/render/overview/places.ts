/** Who looks from where, and how many wait. */
import type { VantageState } from "../../report/vantage-state.ts"
import type { FleetStatus } from "../../report.ts"
import { agoWords, queueWords } from "../fleet-status/words.ts"
import { section, table, type Section } from "../html/frame.ts"
import { statusSymbols } from "../html/head.ts"
import { cut, html, nothing } from "../html/markup.ts"
import { ago } from "../history.ts"
import { count, plural } from "../units.ts"

const longestLabel = 60
/** More would be no list. */
const mostListed = 60

const marks = { well: statusSymbols.ok, blind: statusSymbols.warning, gone: statusSymbols.critical }
const stateWords = { well: "", blind: ", blind", gone: ", no worker" }

export function places(status: FleetStatus, states: readonly VantageState[]): Section {
  const { at, queue } = status
  const since = (then: string | null) => (then === null ? "–" : ago(Date.parse(at) - Date.parse(then)))
  const rows = states
    .slice(0, mostListed)
    .map((place) => [
      html`<span class="s ${place.state === "gone" ? "c" : place.state === "blind" ? "w" : "o"}"
          >${marks[place.state]}</span
        >
        ${cut(place.label, longestLabel)}${stateWords[place.state]}`,
      count(place.workers),
      count(place.running),
      count(place.auditsLastDay),
      since(place.lastAuditAt),
      since(place.seenAt),
    ])
  const columns = ["workers", "running", "in a day", "last audit", "seen"]
  const left = states.length - rows.length
  const due = queue.oldestDueAt === null ? [] : [`the oldest was due ${agoWords(queue.oldestDueAt, at)}`]
  return section("places", "Who looks from where", [
    states.length === 0
      ? html`<p class="empty">No vantage point yet: no worker has come.</p>`
      : table(
          "Vantage points",
          [{ head: "vantage point" }, ...columns.map((head) => ({ head, number: true }))],
          rows,
          false,
        ),
    left > 0 ? html`<p class="fact">and ${plural(left, "more vantage point")}</p>` : nothing,
    html`<p class="fact">Queue: ${[...queueWords(status), ...due].join(", ")}.</p>`,
  ])
}
