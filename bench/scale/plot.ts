/** How cost grows with the number of peers, or of something else, as one SVG: both axes logarithmic, so that a straight line of slope 1 is linear growth. */
import { scaleLog } from "d3-scale"
import { line } from "d3-shape"

export interface Series {
  readonly name: string
  readonly colour: string
  /** Both greater than zero. */
  readonly points: readonly { readonly count: number; readonly value: number }[]
}

export interface Panel {
  readonly title: string
  /** What is counted: "peers". */
  readonly of: string
  readonly series: readonly Series[]
}

const [panelWidth, height] = [430, 360]
const margin = { left: 62, right: 28, top: 66, bottom: 44 }

/** Least squares on logarithms: cost ∝ count^slope. */
export function slopeOf(points: Series["points"]): number {
  const logs = points.map(({ count, value }) => [Math.log(count), Math.log(value)] as const)
  const mean = (at: 0 | 1) => logs.reduce((sum, each) => sum + each[at], 0) / logs.length
  const [x, y] = [mean(0), mean(1)]
  const across = logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0)
  return across / logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
}

const text = (x: number, y: number, said: string, more = "") =>
  `<text x="${x}" y="${y}" ${more}>${said}</text>`

function panel({ title, of, series }: Panel): string {
  const all = series.flatMap(({ points }) => points)
  const counts = all.map(({ count }) => count)
  const values = all.map(({ value }) => value)
  const x = scaleLog([Math.min(...counts), Math.max(...counts)], [margin.left, panelWidth - margin.right])
  const y = scaleLog(
    [Math.min(...values) / 1.5, Math.max(...values) * 1.5],
    [height - margin.bottom, margin.top],
  ).nice()
  const drawLine = line<Series["points"][number]>(
    (point) => x(point.count),
    (point) => y(point.value),
  )
  const across = [...new Set(counts)].map(
    (count) =>
      `<path class="grid" d="M${x(count)} ${margin.top}V${height - margin.bottom}"/>` +
      text(x(count), height - margin.bottom + 18, String(count), 'text-anchor="middle"'),
  )
  const up = y
    .ticks(4)
    .filter((tick) => /^[125]/.test(tick.toExponential()))
    .map(
      (tick) =>
        `<path class="grid" d="M${margin.left} ${y(tick)}H${panelWidth - margin.right}"/>` +
        text(margin.left - 8, y(tick) + 4, String(Number(tick.toPrecision(2))), 'text-anchor="end"'),
    )
  const lines = series.map(({ name, colour, points }, i) => {
    const dots = points.map(
      (point) => `<circle cx="${x(point.count)}" cy="${y(point.value)}" r="3" fill="${colour}"/>`,
    )
    const label = `${name}: ∝ ${of}^${slopeOf(points).toFixed(2)}`
    return `<path d="${drawLine(points)}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}${text(margin.left, 40 + 16 * i, label, `style="fill:${colour}"`)}`
  })
  const below = text((margin.left + panelWidth) / 2, height - 6, of, 'text-anchor="middle"')
  return `${text(margin.left, 20, title, 'class="title"')}${across.join("")}${up.join("")}${lines.join("")}${below}`
}

export function plot(panels: readonly Panel[]): string {
  const width = panelWidth * panels.length
  const drawn = panels.map((each, i) => `<g transform="translate(${panelWidth * i})">${panel(each)}</g>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600}.grid{stroke:#ddd}</style>
<rect width="100%" height="100%" fill="#fff"/>
${drawn.join("\n")}
</svg>
`
}
