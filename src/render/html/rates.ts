/** What each peer granted us: a dot and its interval, and an arrow where a cap of ours held it down. */
import { scaleLinear, scaleLog } from "d3-scale"
import { symbol, symbolTriangle } from "d3-shape"
import type { Estimate, Peer } from "../../evidence.ts"
import type { Snapshot } from "../../report.ts"
import { htmlPage } from "./page.ts"
import { measured } from "../swarm-table.ts"
import { bound, interval, plural, rateUnit, type RateUnit, short } from "../units.ts"
import { type Axis, dot, line, type Row, rows, tick } from "./bars.ts"
import { chart, type Names, type Section, section, table } from "./frame.ts"
import { legend } from "./legend.ts"
import { cut, type Html, html, middle, nothing } from "./markup.ts"

type Rated = Peer & { goodputBytesPerSecond: Estimate }

const mostDrawn = 24
const mostListed = 500
/** Rates further apart than this are drawn on a logarithmic axis. */
const stretched = 40

const triangle = symbol(symbolTriangle, 45)() ?? ""

const highOf = ({ value, high }: Estimate): number => Math.max(value, high ?? 0)

function axisFor(rated: readonly Rated[], unit: RateUnit): { axis: Axis; logarithmic: boolean } {
  const most = Math.max(1, ...rated.map(({ goodputBytesPerSecond }) => highOf(goodputBytesPerSecond)))
  const least = Math.max(
    1,
    Math.min(...rated.map(({ goodputBytesPerSecond: { low, value } }) => (low > 0 ? low : value || 1))),
  )
  const logarithmic = most / least > stretched
  if (!logarithmic) {
    const scale = scaleLinear()
      .domain([0, most / unit.bytes])
      .range([0, 96])
    return {
      axis: {
        ticks: scale.ticks(5).map((rate) => rate * unit.bytes),
        place: (rate) => scale(rate / unit.bytes),
        text: (rate) => short(rate / unit.bytes),
        unit: unit.name,
      },
      logarithmic,
    }
  }
  const scale = scaleLog()
    .domain([Math.max(least, most / 1e5), most])
    .range([2, 96])
    .clamp(true)
  const decades = [0.001, 0.01, 0.1, 1, 10, 100, 1000].filter(
    (each) => each * unit.bytes >= Math.max(least, most / 1e5) && each * unit.bytes <= most,
  )
  return {
    axis: {
      ticks: decades.map((each) => each * unit.bytes),
      place: (rate) => scale(Math.max(1, rate)),
      text: (rate) => short(rate / unit.bytes),
      unit: unit.name,
    },
    logarithmic,
  }
}

function drawn({ goodputBytesPerSecond: rate }: Rated, { place }: Axis): string {
  const end = highOf(rate)
  const parts = [line(place(rate.low), place(end), 12, "whisker"), tick(place(rate.low), 8, 16, "whisker")]
  if (rate.high !== null) parts.push(tick(place(end), 8, 16, "whisker"))
  if (rate.censored || rate.high === null)
    parts.push(
      `<svg class="around" x="${Number((place(end) + 0.9).toFixed(2))}%" y="12" width="1" height="1"><path class="open" transform="rotate(90)" d="${triangle}"/></svg>`,
    )
  parts.push(dot(place(rate.value), 12, 4.5, rate.censored ? "dot hollow" : "dot"))
  return parts.join("")
}

export const rateText = (rate: Estimate | null, unit: RateUnit): string =>
  rate === null
    ? "–"
    : `${bound(rate, unit.bytes, htmlPage.symbols)} (${interval(rate, unit.bytes, htmlPage.symbols)})`

export function rates(snapshot: Snapshot, names: Names): Section {
  const titled = (content: Html) => section("rates", "Rate per peer", [content])
  if (!measured(snapshot).served) return section("rates", "Rate per peer", [])
  const rated = snapshot.peers
    .filter((peer): peer is Rated => peer.goodputBytesPerSecond !== null)
    .toSorted((one, other) => other.goodputBytesPerSecond.value - one.goodputBytesPerSecond.value)
  if (rated.length === 0) return titled(html`<p class="empty">No peer sent enough for a rate.</p>`)
  const shown = rated.slice(0, mostDrawn)
  const unit = rateUnit(rated[0]?.goodputBytesPerSecond.value ?? 0)
  const { axis, logarithmic } = axisFor(shown, unit)
  const median = snapshot.swarm.goodputBytesPerSecond.median
  const middleLine = median === null ? "" : tick(axis.place(median.value), 0, 24, "median")
  const drawing: Row[] = shown.map((peer) => ({
    label: middle(peer.address, 60),
    ...(peer.client === null ? {} : { note: cut(peer.client, 60) }),
    drawing: middleLine + drawn(peer, axis),
    value: html`<b>${bound(peer.goodputBytesPerSecond, unit.bytes, htmlPage.symbols)}</b>
      <span class="note">(${interval(peer.goodputBytesPerSecond, unit.bytes, htmlPage.symbols)})</span>`,
  }))
  const columns = [
    { head: "peer" },
    { head: "client" },
    { head: `${unit.name} (95% interval)`, number: true },
    { head: "observations", number: true },
  ]
  const data = table(
    "Rates",
    columns,
    rated
      .slice(0, mostListed)
      .map((peer) => [
        middle(peer.address, 100),
        cut(peer.client ?? "–", 60),
        rateText(peer.goodputBytesPerSecond, unit),
        String(peer.goodputBytesPerSecond.n),
      ]),
  )
  const unlisted = rated.length - mostListed
  const capped = shown.some(({ goodputBytesPerSecond: { censored, high } }) => censored || high === null)
  const some = rated.length > shown.length ? `The fastest ${shown.length} of ${rated.length}. ` : ""
  return titled(
    chart(names, {
      title: "Goodput that peers granted us",
      description: `${some}A dot with its 95% interval${capped ? "; ≥ where a limit of ours held it down, or no upper end is known" : ""}${median ? "; the upright line is the median" : ""}.${logarithmic ? " Logarithmic." : ""}`,
      drawing: rows(drawing, 24, axis, "rates"),
      legend: legend([{ mark: "estimate", word: "rate, 95% interval" }]),
      data: html`${data}${unlisted > 0 ? html`<p class="fact">and ${plural(unlisted, "slower peer")}</p>` : nothing}`,
    }),
  )
}
