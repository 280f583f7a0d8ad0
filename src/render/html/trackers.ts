/** What trackers answered, request by request. */
import type { Announce, Scrape, Tracker } from "../../evidence.ts"
import type { Snapshot } from "../../report.ts"
import { plural, reply } from "../units.ts"
import { known, lasting, outcome } from "./answers.ts"
import { details, type Section, section, table } from "./frame.ts"
import { cut, html, middle, nothing } from "./markup.ts"

const mostTrackers = 200
const mostAnswers = 400

interface Answer {
  url: string
  what: string
  atMs: number
  cells: string[]
}

const answer = (url: string, what: string, each: Scrape | Announce, rest: string[]): Answer => ({
  url,
  what,
  atMs: each.atMs,
  cells: [
    `${outcome(each.ok, each.failure)}${each.tries > 1 ? ` ×${each.tries}` : ""}`,
    each.ms === null ? "–" : reply(each.ms),
    known(each.seeders),
    known(each.leechers),
    known(each.downloads),
    ...rest,
  ],
})

function answersOf({ url, announces, scrape, canary }: Tracker): Answer[] {
  const all = announces.map((each) =>
    answer(
      url,
      `${each.event}${each.reused ? " (stored)" : ""}${each.family ? `, ${each.family}` : ""}`,
      each,
      [known(each.peerCount), lasting(each.intervalMs), cut(each.warning ?? "", 120)],
    ),
  )
  if (scrape) all.push(answer(url, "scrape", scrape, ["–", "–", ""]))
  if (canary)
    all.push({
      url,
      what: "canary",
      atMs: canary.atMs,
      cells: [
        outcome(canary.ok, canary.failure),
        canary.ms === null ? "–" : reply(canary.ms),
        known(canary.seeders),
        known(canary.leechers),
        "–",
        known(canary.peerCount),
        "–",
        "",
      ],
    })
  return all.toSorted((one, other) => one.atMs - other.atMs)
}

export function trackers({ trackers: all }: Snapshot): Section {
  if (all.length === 0)
    return section(
      "trackers",
      "Trackers",
      [html`<p class="empty">The torrent names no tracker, and none was given.</p>`],
      true,
    )
  const shown = all.slice(0, mostTrackers)
  const overview = table(
    "Trackers",
    [
      { head: "tracker", long: true },
      { head: "tier", number: true },
      { head: "from" },
      { head: "families" },
      { head: "announces", number: true },
      { head: "answered", number: true },
      { head: "scrape" },
      { head: "canary" },
    ],
    shown.map(({ url, tier, origin, families, announces, scrape, canary }) => [
      middle(url, 200),
      String(tier + 1),
      origin,
      families.join(", ") || "no address",
      String(announces.length),
      String(announces.filter(({ ok }) => ok).length),
      scrape === null ? "not asked" : outcome(scrape.ok, scrape.failure),
      canary === null ? "not asked" : outcome(canary.ok, canary.failure),
    ]),
    false,
  )
  const answers = shown.flatMap(answersOf)
  const rows = answers
    .slice(0, mostAnswers)
    .map(({ url, what, atMs, cells }) => [middle(url, 120), what, reply(atMs), ...cells])
  const columns = [
    { head: "tracker" },
    { head: "request" },
    { head: "after", number: true },
    { head: "outcome" },
    { head: "took", number: true },
    { head: "seeders", number: true },
    { head: "leechers", number: true },
    { head: "downloads", number: true },
    { head: "peers", number: true },
    { head: "interval", number: true },
    { head: "warning" },
  ]
  const rest = answers.length - rows.length
  return section(
    "trackers",
    "Trackers",
    [
      overview,
      all.length > shown.length
        ? html`<p class="fact">and ${plural(all.length - shown.length, "more tracker")}</p>`
        : nothing,
      details(
        `Table: ${plural(answers.length, "request")}, failures with their reasons`,
        html`<p class="fact">
          Counts as the tracker gave them: we are among its leechers. A canary is an announce of a random info
          hash that nobody has.
        </p>`,
        table("Requests in order", columns, rows),
        rest > 0 ? html`<p class="fact">and ${rest} more</p>` : nothing,
      ),
    ],
    true,
  )
}
