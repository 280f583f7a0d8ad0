/** This audit among the earlier ones: the last day, the last week, the last month. */
import type { AuditRow, Snapshot } from "../../report.ts"
import { count, date, duration, percent, plural } from "../units.ts"
import { chart, details, type Names, type Section, section, table } from "./frame.ts"
import { legend } from "./legend.ts"
import { statusSymbols } from "./head.ts"
import { html, nothing } from "./markup.ts"
import { momentsOf, reachedBy } from "./moments.ts"
import { exact, stripOf, strips, thinned } from "./strips.ts"

const day = 86_400_000
const windows = [
  { days: 1, name: "1 day" },
  { days: 7, name: "7 days" },
  { days: 30, name: "30 days" },
] as const

const mostListed = 200

const span = (values: readonly (number | null)[], text: (value: number) => string): string => {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return "–"
  const [least, most] = [text(Math.min(...known)), text(Math.max(...known))]
  return least === most ? least : `${least}–${most}`
}

export function history(snapshot: Snapshot, rows: readonly AuditRow[], names: Names): Section {
  const moments = momentsOf(snapshot, rows)
  const now = moments.at(-1)!
  if (moments.length === 1)
    return section(
      "history",
      "History",
      [
        html`<p class="empty">
          No earlier audit of this torrent was kept here: one run shows no trend. Audit it again, or let
          <code>torrent-audit schedule install</code> do so.
        </p>`,
      ],
      true,
    )
  const within = (days: number) => moments.filter((moment) => moment.at >= now.at - days * day)
  // A longer window that shows nothing more is left out.
  const told = windows.filter(({ days }, index) => {
    const inside = within(days).length
    return inside > 1 && inside > (index === 0 ? 1 : within(windows[index - 1]!.days).length)
  })
  const panels = told.map(({ days, name }) => {
    const shown = thinned(within(days))
    const first = Math.max(now.at - days * day, moments[0]!.at)
    const range = html`<p class="range">
      <span>${name}</span><span>${plural(within(days).length, "audit")}</span>
    </p>`
    return html`<div class="panel">
      ${range}${strips.map((strip) => stripOf(strip, shown, days === 1 ? first : Math.min(first, now.at - 1), now.at))}
    </div>`
  })
  const summary = table(
    "Over 1, 7 and 30 days",
    [
      { head: "last" },
      { head: "audits", number: true },
      { head: "seeders claimed", number: true },
      { head: "seeders reached", number: true },
      { head: "reach", number: true },
      { head: "copies", number: true },
      { head: "not OK", number: true },
    ],
    windows.map(({ days, name }) => {
      const inside = within(days)
      return [
        name,
        String(inside.length),
        span(
          inside.map(({ seedersClaimed }) => seedersClaimed),
          count,
        ),
        span(inside.map(reachedBy), count),
        span(
          inside.map(({ reachRatio }) => reachRatio),
          percent,
        ),
        span(
          inside.map(({ copies }) => copies),
          exact,
        ),
        String(inside.filter(({ status }) => status !== "ok").length),
      ]
    }),
  )
  const listed = moments.toReversed().slice(0, mostListed)
  const older = moments.length - listed.length
  const all = table(
    "Audits, newest first",
    [
      { head: "when" },
      { head: "verdict" },
      { head: "depth" },
      { head: "seeders claimed", number: true },
      { head: "seeders reached", number: true },
      { head: "reach", number: true },
      { head: "copies", number: true },
    ],
    listed.map((moment) => [
      date(moment.startedAt),
      `${statusSymbols[moment.status]} ${moment.status}`,
      moment.depth,
      moment.seedersClaimed === null ? "–" : count(moment.seedersClaimed),
      reachedBy(moment) === null ? "–" : count(moment.seedersReached),
      moment.reachRatio === null ? "–" : percent(moment.reachRatio),
      moment.copies === null ? "–" : exact(moment.copies),
    ]),
  )
  const more = html`${details(`Table: ${plural(listed.length, "audit")}`, all, older > 0 ? html`<p class="fact">and ${older} older</p>` : nothing)}`
  if (panels.length === 0)
    return section(
      "history",
      "History",
      [
        html`<p class="empty">
          The audit before this one was ${duration(now.at - moments.at(-2)!.at)} earlier, more than a month
          ago.
        </p>`,
        more,
      ],
      true,
    )
  return section(
    "history",
    "History",
    [
      chart(names, {
        title: "Seeders, reach and copies over time",
        description: "Audits of other depths or from other places are not comparable: a jump may be theirs.",
        drawing: html`<div class="panels">${panels}</div>`,
        legend: legend([
          { mark: "line", word: "measured" },
          { mark: "dashed", word: "claimed" },
        ]),
        data: summary,
        open: true,
      }),
      more,
    ],
    true,
  )
}
