/** Lines over time: seeders claimed and reached, reach, copies. */
import { scaleLinear } from "d3-scale"
import { line as lineOf } from "d3-shape"
import { count, percent } from "../units.ts"
import { at } from "./bars.ts"
import { type Html, html, nothing, trusted } from "./markup.ts"
import { type Moment, reachedBy } from "./moments.ts"

const mostDrawn = 240

interface Series {
  kind: string
  of: (moment: Moment) => number | null
}

interface Strip {
  title: string
  series: readonly Series[]
  text: (value: number) => string
  /** Of the axis, when the values don't reach it. */
  most?: number
}

export const exact = (copies: number): string => copies.toFixed(2)

/** A panel has all three, one above the other. */
export const strips: readonly Strip[] = [
  {
    title: "seeders",
    series: [
      { kind: "b", of: ({ seedersClaimed }) => seedersClaimed },
      { kind: "a", of: reachedBy },
    ],
    text: count,
  },
  { title: "reach", series: [{ kind: "a", of: ({ reachRatio }) => reachRatio }], text: percent, most: 1 },
  { title: "copies", series: [{ kind: "a", of: ({ copies }) => copies }], text: exact },
]

/** Every so many, the last one always among them. */
export function thinned(moments: readonly Moment[]): readonly Moment[] {
  const step = Math.ceil(moments.length / mostDrawn)
  return moments.filter((_, index) => (moments.length - 1 - index) % step === 0)
}

/** One measure over time; nothing where it was never taken. */
export function stripOf(
  { title, series, text, most = 0 }: Strip,
  moments: readonly Moment[],
  from: number,
  to: number,
): Html {
  const values = series.flatMap(({ of }) => moments.map(of)).filter((value) => value !== null)
  if (values.length === 0) return nothing
  const top = Math.max(most, ...values) || 1
  const x = scaleLinear().domain([from, to]).range([1, 99])
  const y = scaleLinear().domain([0, top]).range([58, 6])
  const drawn = series.map(({ kind, of }) => {
    const points = moments.flatMap((moment): [number, number][] => {
      const value = of(moment)
      return value === null ? [] : [[x(moment.at), y(value)]]
    })
    const round = (value: number) => Number(value.toFixed(2))
    const path =
      lineOf(
        ([left]) => round(left),
        ([, down]) => round(down),
      )(points) ?? ""
    const dots = points.length > 40 ? points.slice(-1) : points
    return `<svg x="0" y="0" width="100%" height="64" viewBox="0 0 100 64" preserveAspectRatio="none"><path class="line ${kind}" d="${path}"/></svg>${dots.map(([left, down]) => `<circle class="point ${kind}" cx="${at(left)}" cy="${round(down)}" r="2.6"/>`).join("")}`
  })
  const latest = series
    .map(({ of }) => of(moments.at(-1) ?? moments[0]!))
    .map((value) => (value === null ? "–" : text(value)))
  const value = latest.length > 1 ? `${latest[1]} of ${latest[0]}` : latest[0]
  return html`<div class="strip">
    <p>
      <span>${title} <small>0–${text(top)}</small></span> <b>${value}</b>
    </p>
    <svg width="100%" height="64" aria-hidden="true">
      <line class="grid" x1="0" x2="100%" y1="58" y2="58" />
      <line class="grid" x1="0" x2="100%" y1="6" y2="6" />
      ${trusted(drawn.join(""))}
    </svg>
  </div>`
}
