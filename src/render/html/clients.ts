/** Which software the peers say they run. */
import { scaleLinear } from "d3-scale"
import type { Snapshot } from "../../report.ts"
import { measured } from "../swarm-table.ts"
import { percent, plural } from "../units.ts"
import { bar, rows } from "./bars.ts"
import { chart, type Names, type Section, section, table } from "./frame.ts"
import { cut, html, nothing } from "./markup.ts"

const mostDrawn = 12
const mostListed = 200

const tally = (names: readonly string[]): { name: string; count: number }[] =>
  [...Map.groupBy(names, (name) => name)]
    .map(([name, all]) => ({ name, count: all.length }))
    .toSorted((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1))

export function clients({ peers, run }: Snapshot, names: Names): Section {
  if (!measured({ run }).reached) return section("clients", "Clients", [])
  const known = peers.filter(({ peerId, client }) => peerId !== null || client !== null)
  if (known.length === 0)
    return section("clients", "Clients", [
      html`<p class="empty">Nobody completed a handshake, so nobody said what it runs.</p>`,
    ])
  const families = tally(known.map(({ clientFamily }) => clientFamily ?? "unknown"))
  const shown = families.slice(0, mostDrawn)
  const others = families.slice(mostDrawn).reduce((total, each) => total + each.count, 0)
  const all =
    others > 0 ? [...shown, { name: `${families.length - mostDrawn} others`, count: others }] : shown
  const scale = scaleLinear()
    .domain([0, Math.max(...all.map(({ count }) => count))])
    .range([0, 100])
  const drawing = all.map(({ name, count }) => ({
    label: cut(name, 60),
    drawing: bar(0, scale(count), 5, 14, "reached strong"),
    value: html`<b>${count}</b> <span class="note">${percent(count / known.length)}</span>`,
  }))
  const versions = tally(known.map(({ client }) => client ?? "unknown"))
  const data = table(
    "Clients with their versions",
    [
      { head: "client", long: true },
      { head: "peers", number: true },
    ],
    versions.slice(0, mostListed).map(({ name, count }) => [cut(name, 80), String(count)]),
  )
  const unlisted = versions.length - mostListed
  return section("clients", "Clients", [
    chart(names, {
      title: "What peers say they run",
      description: `${plural(known.length, "peer")} that completed a handshake. A name is a claim like any other.`,
      drawing: rows(drawing, 24, null, "clients"),
      data: html`${data}${unlisted > 0 ? html`<p class="fact">and ${plural(unlisted, "more name")}</p>` : nothing}`,
    }),
  ])
}
