/** How long each peer let us wait: dial, handshake, bitfield, unchoke, first block. */
import { scaleSymlog } from "d3-scale"
import type { Peer } from "../../evidence.ts"
import type { Snapshot } from "../../report.ts"
import { byWorth } from "../peers.ts"
import { measured } from "../swarm-table.ts"
import { plural, reply } from "../units.ts"
import { type Axis, bar, type Row, rows, tick } from "./bars.ts"
import { chart, type Names, type Section, section, table } from "./frame.ts"
import { legend } from "./legend.ts"
import { cut, html, middle, nothing } from "./markup.ts"

const mostDrawn = 24
const mostListed = 500

const steps = [
  ["connectMs", "dial", "s1"],
  ["handshakeMs", "handshake", "s2"],
  ["bitfieldMs", "bitfield", "s3"],
  ["unchokeMs", "unchoke", "s4"],
  ["firstBlockMs", "first block", "s5"],
] as const

const timesOf = ({ timeline }: Peer): { name: string; kind: string; ms: number }[] =>
  steps.flatMap(([key, name, kind]) => {
    const ms = timeline[key]
    return ms === null ? [] : [{ name, kind, ms }]
  })

function drawn(peer: Peer, { place }: Axis): string {
  let before = 0
  const parts: string[] = []
  for (const { kind, ms } of timesOf(peer)) {
    const end = Math.max(before, place(ms))
    parts.push(bar(before, end, 6, 12, `step ${kind}`), tick(end, 3, 21, "edge"))
    before = end
  }
  return parts.join("")
}

export function timeline(snapshot: Snapshot, names: Names): Section {
  if (!measured(snapshot).reached) return section("timeline", "Peer timeline", [])
  const timed = snapshot.peers.filter((peer) => timesOf(peer).length > 0).toSorted(byWorth)
  if (timed.length === 0)
    return section("timeline", "Peer timeline", [html`<p class="empty">No connection opened.</p>`])
  const shown = timed.slice(0, mostDrawn)
  const most = Math.max(100, ...shown.flatMap((peer) => timesOf(peer).map(({ ms }) => ms)))
  // A handshake takes milliseconds and an unchoke half a minute.
  const scale = scaleSymlog().constant(20).domain([0, most]).range([0, 98])
  const ticks = [0, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 600_000].filter(
    (ms) => ms <= most,
  )
  const axis: Axis = { ticks, place: (ms) => scale(ms), text: (ms) => (ms === 0 ? "0" : reply(ms)) }
  const drawing: Row[] = shown.map((peer) => {
    const last = timesOf(peer).at(-1)
    return {
      label: middle(peer.address, 60),
      ...(peer.client === null ? {} : { note: cut(peer.client, 60) }),
      drawing: drawn(peer, axis),
      value: html`<b>${last ? reply(last.ms) : "–"}</b> <span class="note">${last?.name ?? ""}</span>`,
    }
  })
  const data = table(
    "Timeline, ms from the dial",
    [{ head: "peer" }, ...steps.map(([, name]) => ({ head: name, number: true }))],
    timed
      .slice(0, mostListed)
      .map((peer) => [
        middle(peer.address, 100),
        ...steps.map(([key]) => (peer.timeline[key] === null ? "–" : String(Math.round(peer.timeline[key])))),
      ]),
  )
  const unlisted = timed.length - mostListed
  const some = timed.length > shown.length ? `${shown.length} of ${timed.length} peers. ` : ""
  return section("timeline", "Peer timeline", [
    chart(names, {
      title: "From the dial to the first block",
      description: `${some}Time runs logarithmically: opening takes milliseconds, an unchoke may take half a minute.`,
      drawing: rows(drawing, 24, axis, "times"),
      legend: legend(steps.map(([, word, kind]) => ({ mark: `step ${kind}`, word }))),
      data: html`${data}${unlisted > 0 ? html`<p class="fact">and ${plural(unlisted, "more peer")}</p>` : nothing}`,
    }),
  ])
}
