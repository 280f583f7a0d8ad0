/** Claimed beside measured: what was reached, what may be out there, what served, what was clean. */
import { scaleLinear, scaleSymlog } from "d3-scale"
import { symbol, symbolDiamond } from "d3-shape"
import type { RoleCount, Snapshot } from "../../report.ts"
import { measured, swarmBlocks } from "../swarm-table.ts"
import { count } from "../units.ts"
import { type Axis, around, bar, dot, line, type Place, type Row, rows, tick } from "./bars.ts"
import { chart, fromBlocks, type Names, type Section, section } from "./frame.ts"
import { type Key, legend } from "./legend.ts"
import { type Html, html } from "./markup.ts"
import { htmlPage } from "./page.ts"

/** A claim this many times what was measured would leave nothing of it on a linear axis. */
const stretched = 25

const diamond = symbol(symbolDiamond, 110)() ?? ""

interface Counted {
  name: string
  role: RoleCount
}

function peersOf({ swarm }: Snapshot): RoleCount {
  const { seeders, leechers, funnel, population } = swarm
  const claimed =
    seeders.claimed === null && leechers.claimed === null
      ? null
      : (seeders.claimed ?? 0) + (leechers.claimed ?? 0)
  return {
    claimed,
    reached: funnel.claimed,
    served: funnel.served,
    verified: seeders.verified + leechers.verified,
    possible: Math.max(funnel.claimed, funnel.sighted),
    estimate: population,
    claim: "untestable",
  }
}

function axisFor(all: readonly Counted[]): { axis: Axis; logarithmic: boolean } {
  const seen = Math.max(
    1,
    ...all.map(({ role }) => Math.max(role.possible, role.reached, role.estimate?.high ?? 0)),
  )
  const most = Math.max(seen, ...all.map(({ role }) => role.claimed ?? 0))
  // Without anything measured beside it, a claim squeezes nothing.
  const logarithmic = most > stretched * seen && all.some(({ role }) => role.possible > 0)
  const scale = logarithmic
    ? scaleSymlog().domain([0, most]).range([0, 97]).constant(1)
    : scaleLinear().domain([0, most]).range([0, 97])
  const place: Place = (value) => scale(value)
  const decades = Array.from({ length: 16 }, (_, power) => 10 ** power).filter((each) => each <= most)
  const ticks = logarithmic
    ? [0, ...decades.filter((_, index) => index % Math.ceil(decades.length / 5) === 0)]
    : scaleLinear().domain([0, most]).ticks(5).filter(Number.isInteger)
  return { axis: { ticks, place, text: count }, logarithmic }
}

function drawn({ role }: Counted, { place }: Axis, depth: ReturnType<typeof measured>): string {
  const parts: string[] = []
  if (depth.reached) {
    parts.push(bar(0, place(role.reached), 10, 16, "reached"))
    if (depth.served) {
      parts.push(bar(0, place(role.served), 14, 8, "served"))
      parts.push(bar(0, place(role.verified), 14, 8, "clean"))
    }
  }
  if (depth.peers && role.possible > role.reached)
    parts.push(
      line(place(role.reached), place(role.possible), 18, "possible"),
      tick(place(role.possible), 11, 25, "possible end"),
    )
  if (depth.reached && role.estimate) {
    const { value, low, high } = role.estimate
    const end = high ?? value
    parts.push(line(place(low), place(end), 35, "whisker"), tick(place(low), 31, 39, "whisker"))
    if (high !== null) parts.push(tick(place(high), 31, 39, "whisker"))
    parts.push(dot(place(value), 35, 3.5, "dot"))
  }
  if (role.claimed !== null) parts.push(around(place(role.claimed), 18, diamond, "claim"))
  return parts.join("")
}

function valueOf({ name, role }: Counted, depth: ReturnType<typeof measured>): Html {
  const found =
    role.possible > role.reached ? `${count(role.reached)}–${count(role.possible)}` : count(role.reached)
  const claimed = role.claimed === null ? "no claim" : `${count(role.claimed)} claimed`
  const word = name === "peers" ? "" : html`<span class="word ${role.claim}">${role.claim}</span>`
  return html`<b>${depth.peers ? found : "–"}</b> <span class="note">${claimed}</span>${word}`
}

export function claims(snapshot: Snapshot, names: Names): Section {
  const { seeders, leechers } = snapshot.swarm
  const all: Counted[] = [
    { name: "seeders", role: seeders },
    { name: "leechers", role: leechers },
    { name: "peers", role: peersOf(snapshot) },
  ]
  const depth = measured(snapshot)
  const { axis, logarithmic } = axisFor(all)
  const drawing: Row[] = all.map((each) => ({
    label: each.name,
    drawing: drawn(each, axis, depth),
    value: valueOf(each, depth),
  }))
  const counted = html`${fromBlocks("Swarm", swarmBlocks(snapshot, htmlPage))}`
  const anything = all.some(({ role: { claimed, possible } }) => (claimed ?? 0) > 0 || possible > 0)
  if (!anything)
    return section("claims", "Claimed and measured", [
      html`<p class="empty">Nobody was claimed, and nobody was found.</p>`,
      counted,
    ])
  const some = (drawn: (role: RoleCount) => boolean) => all.some(({ role }) => drawn(role))
  const keys: Key[] = [
    ...(some(({ claimed }) => claimed !== null) ? [{ mark: "claim", word: "claimed" }] : []),
    ...(depth.reached && some(({ reached }) => reached > 0) ? [{ mark: "reached", word: "reached" }] : []),
    ...(depth.served && some(({ served }) => served > 0)
      ? [
          { mark: "served", word: "served" },
          { mark: "clean", word: "served clean" },
        ]
      : []),
    ...(depth.peers && some(({ possible, reached }) => possible > reached)
      ? [{ mark: "possible", word: "possible" }]
      : []),
    ...(depth.reached && some(({ estimate }) => estimate !== null)
      ? [{ mark: "estimate", word: "estimate, 95% interval" }]
      : []),
  ]
  return section("claims", "Claimed and measured", [
    chart(names, {
      title: "Claims beside what was measured",
      description: depth.peers
        ? `A peer that was not reached may still be there: the truth lies between the solid bar and the end of the dashed line.${logarithmic ? " The claims are so high that the axis is logarithmic." : ""}`
        : "What trackers claim. At this depth nothing was measured beside it.",
      drawing: rows(drawing, 42, axis, "claims"),
      legend: legend(keys),
      data: counted,
      open: true,
    }),
  ])
}
