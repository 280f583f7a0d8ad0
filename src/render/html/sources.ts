/** Who named whom: peers that others name too, and those known from here alone. */
import { scaleLinear } from "d3-scale"
import type { Snapshot, SourceCount } from "../../report.ts"
import { sourceBlocks } from "../sources.ts"
import { measured } from "../swarm-table.ts"
import { count, plural } from "../units.ts"
import { type Axis, bar, rows, tick } from "./bars.ts"
import { chart, fromBlocks, type Names, type Section, section } from "./frame.ts"
import { legend } from "./legend.ts"
import { html, middle, nothing } from "./markup.ts"
import { htmlPage } from "./page.ts"

const mostDrawn = 16

const kinds: Record<SourceCount["kind"], string> = {
  tracker: "tracker",
  dht: "DHT",
  pex: "PEX",
  lsd: "LSD",
  incoming: "incoming",
  manual: "given by you",
}

export function sources(snapshot: Snapshot, names: Names): Section {
  const answers = html`${fromBlocks("Sources and what they answered", sourceBlocks(snapshot, htmlPage))}`
  if (!measured(snapshot).peers) return section("sources", "Sources", [answers])
  const named = (snapshot.swarm.sources ?? [])
    .filter(({ peers }) => peers > 0)
    .toSorted((one, other) => other.peers - one.peers)
  if (named.length === 0)
    return section("sources", "Sources", [html`<p class="empty">No source named a single peer.</p>`, answers])
  const shown = named.slice(0, mostDrawn)
  const scale = scaleLinear()
    .domain([0, Math.max(1, named[0]?.peers ?? 1)])
    .range([0, 98])
  const axis: Axis = {
    ticks: scale.ticks(4).filter(Number.isInteger),
    place: (peers) => scale(peers),
    text: count,
  }
  const drawing = shown.map(({ kind, via, peers, onlyHere, reached }) => ({
    label: via === null ? kinds[kind] : middle(via.replace(/\/announce\/?$/, ""), 80),
    drawing:
      bar(0, scale(Math.max(0, peers - onlyHere)), 5, 14, "shared") +
      bar(scale(Math.max(0, peers - onlyHere)), scale(peers), 5, 14, "only") +
      tick(scale(Math.min(peers, reached)), 2, 22, "reachmark"),
    value: html`<b>${count(peers)}</b>
      <span class="note">${onlyHere > 0 ? `${count(onlyHere)} only here` : ""}</span>`,
  }))
  const rest = named.length - shown.length
  return section("sources", "Sources", [
    chart(names, {
      title: "Peers that each source named",
      description:
        "Overlap is good news: sources that agree leave few peers unseen. The upright mark shows how many of them were reached.",
      drawing: rows(drawing, 24, axis, "sources"),
      legend: legend([
        { mark: "shared", word: "others name them too" },
        { mark: "only", word: "only here" },
      ]),
      data: answers,
      open: true,
    }),
    rest > 0 ? html`<p class="fact">and ${plural(rest, "more source")}</p>` : nothing,
  ])
}
