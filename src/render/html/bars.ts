/** Rows of a chart: a label, a drawing as wide as there is room, a value. Positions are shares of the width, so that nothing scales but the drawing. */
import { type Html, html, nothing, trusted } from "./markup.ts"

/** From a value to percent of the width, 0 to 100. */
export type Place = (value: number) => number

export const at = (share: number): string => `${Number(Math.min(100, Math.max(0, share)).toFixed(2))}%`

export interface Row {
  label: string
  /** Below the label, quieter. */
  note?: string
  /** Of `height` units, markup of ours. */
  drawing: string
  value: Html | string
}

export interface Axis {
  ticks: readonly number[]
  place: Place
  text: (tick: number) => string
  /** What is counted, at its end. */
  unit?: string
}

/** Lines behind every row, longer than it is high, so that they run through. */
const grid = ({ ticks, place }: Axis, height: number, beyond: number): string =>
  ticks
    .map(
      (tick) =>
        `<line class="grid" x1="${at(place(tick))}" x2="${at(place(tick))}" y1="${-beyond}" y2="${height + beyond}"/>`,
    )
    .join("")

/** Percent of the width that a character of a label takes where there is least room. */
const characterShare = 3.9

/** Labels that would touch the one before are left out, their lines stay. */
function labelled({ ticks, place, text }: Axis): number[] {
  let end = Number.NEGATIVE_INFINITY
  return ticks.filter((tick) => {
    const half = (text(tick).length * characterShare) / 2
    if (place(tick) - half < end) return false
    end = place(tick) + half + characterShare
    return true
  })
}

const anchor = (share: number): string => (share < 4 ? "start" : share > 96 ? "end" : "middle")

function axisRow(axis: Axis): Html {
  const texts = labelled(axis).map(
    (tick) =>
      html`<text x="${at(axis.place(tick))}" y="14" text-anchor="${anchor(axis.place(tick))}"
        >${axis.text(tick)}</text
      >`,
  )
  return html`<div class="row axis">
    <span class="label"></span><svg width="100%" height="18" aria-hidden="true">${texts}</svg
    ><span class="value">${axis.unit ?? ""}</span>
  </div>`
}

export function rows(all: readonly Row[], height: number, axis: Axis | null, kind = ""): Html {
  const lines = axis === null ? "" : grid(axis, height, kind === "claims" ? 13 : 6)
  const drawn = all.map(
    ({ label, note, drawing, value }) =>
      html`<div class="row">
        <span class="label"
          ><span class="name" title="${label}">${label}</span
          >${note ? html`<span class="note">${note}</span>` : nothing}</span
        ><svg width="100%" height="${height}" aria-hidden="true">${trusted(lines)}${trusted(drawing)}</svg
        ><span class="value">${value}</span>
      </div>`,
  )
  return html`<div class="rows ${kind}">${drawn}${axis === null ? nothing : axisRow(axis)}</div>`
}

/** A bar between two shares of the width. */
export function bar(from: number, to: number, y: number, height: number, kind: string): string {
  const width = Math.min(100, Math.max(0, to)) - Math.min(100, Math.max(0, from))
  return width <= 0
    ? ""
    : `<rect class="${kind}" x="${at(from)}" width="${at(width)}" y="${y}" height="${height}"/>`
}

export const line = (from: number, to: number, y: number, kind: string): string =>
  `<line class="${kind}" x1="${at(from)}" x2="${at(to)}" y1="${y}" y2="${y}"/>`

export const tick = (x: number, from: number, to: number, kind: string): string =>
  `<line class="${kind}" x1="${at(x)}" x2="${at(x)}" y1="${from}" y2="${to}"/>`

/** A path drawn around a point that is a share of the width. */
export const around = (x: number, y: number, path: string, kind: string): string =>
  `<svg class="around" x="${at(x)}" y="${y}" width="1" height="1"><path class="${kind}" d="${path}"/></svg>`

export const dot = (x: number, y: number, radius: number, kind: string): string =>
  `<circle class="${kind}" cx="${at(x)}" cy="${y}" r="${radius}"/>`
