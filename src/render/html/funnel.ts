/** From sighted to verified: where peers were lost. */
import { scaleLinear } from "d3-scale"
import type { Snapshot } from "../../report.ts"
import { measured } from "../swarm-table.ts"
import { count, percent } from "../units.ts"
import { bar, rows } from "./bars.ts"
import { chart, type Names, type Section, section, table } from "./frame.ts"
import { html } from "./markup.ts"

const stages = [
  ["sighted", "named by a source"],
  ["dialled", "we tried to connect"],
  ["connected", "a connection opened"],
  ["identified", "handshake on this torrent"],
  ["claimed", "told what it holds"],
  ["unchoked", "let us ask"],
  ["served", "sent a whole piece"],
  ["verified", "and only right ones"],
] as const

export function funnel(snapshot: Snapshot, names: Names): Section {
  const depth = measured(snapshot)
  const counts = snapshot.swarm.funnel
  const looked = stages.slice(0, depth.served ? 8 : depth.reached ? 5 : depth.peers ? 1 : 0)
  if (looked.length === 0)
    return section("funnel", "Funnel", [
      html`<p class="empty">At depth scrape no peer is looked for: trackers were asked for counts alone.</p>`,
    ])
  if (counts.sighted === 0)
    return section("funnel", "Funnel", [
      html`<p class="empty">No source named anybody, so there was nobody to dial.</p>`,
    ])
  const most = Math.max(1, ...looked.map(([stage]) => counts[stage]))
  const place = scaleLinear().domain([0, most]).range([0, 100])
  const share = (stage: keyof typeof counts) =>
    percent(Math.min(1, counts[stage] / Math.max(1, counts.sighted)))
  const drawn = looked.map(([stage, note], index) => ({
    label: stage,
    note,
    drawing: bar(
      0,
      place(counts[stage]),
      5,
      14,
      index >= 6 ? "clean" : index >= 4 ? "reached strong" : "reached",
    ),
    value: html`<b>${count(counts[stage])}</b> <span class="note">${share(stage)}</span>`,
  }))
  const data = table(
    "Funnel",
    [
      { head: "stage" },
      { head: "meaning" },
      { head: "peers", number: true },
      { head: "of sighted", number: true },
      { head: "lost before", number: true },
    ],
    looked.map(([stage, meaning], index) => {
      const before = looked[index - 1]
      const lost = before ? counts[before[0]] - counts[stage] : 0
      return [stage, meaning, count(counts[stage]), share(stage), before ? String(Math.max(0, lost)) : "–"]
    }),
  )
  return section("funnel", "Funnel", [
    chart(names, {
      title: "How far peers came",
      description:
        "Most losses are ordinary: routers that let nobody in, peers that have left, peers that choke a newcomer.",
      drawing: rows(drawn, 24, null, "funnel"),
      data,
    }),
  ])
}
