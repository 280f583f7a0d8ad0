/**
 * The fleet's page in Chromium, from a file, without a network: 1,000 torrents from three vantage points, and 10,000 from one. How
 * large it is, how long it takes to draw, to load (the page's own timing: from the navigation's start to the end of its load event,
 * the script's work included), and to be sorted and filtered, layout included.
 */
import { renderOverview } from "../src/render/overview.ts"
import { largeFleet } from "../test/render/fleet-statuses.ts"
import { startChromium, type Chromium } from "../test/system/chromium.ts"
import { record } from "./record.ts"

const runs = 9

const cases = [
  { name: "overview-1000x3", torrents: 1_000, labels: ["ber", "fra", "nyc"] },
  { name: "overview-10000x1", torrents: 10_000, labels: ["ber"] },
]

const loadMs = `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(
  performance.getEntriesByType("navigation")[0].loadEventEnd))))`
const firstPaintMs = `new Promise((done) => new PerformanceObserver((list) => {
  for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") done(startTime)
}).observe({ type: "paint", buffered: true }))`
const timed = (work: string) =>
  `(() => { const before = performance.now(); ${work}; document.body.offsetHeight; return performance.now() - before })()`
const sortMs = timed(`document.querySelectorAll(".fleet thead button")[1].click()`)
const filterMs = timed(
  `const choice = document.querySelector("#standing"); choice.value = "cfuw"; choice.dispatchEvent(new Event("change"))`,
)

/** In this order: sorting leaves a page otherwise than it was. */
const measures = { loadMs, firstPaintMs, sortMs, filterMs }

async function visit(chromium: Chromium, page: string): Promise<Record<string, number>> {
  const opened = await chromium.open(page, { viewport: { width: 1280, height: 900 } })
  const times: Record<string, number> = {}
  for (const [name, measure] of Object.entries(measures))
    times[name] = await opened.page.evaluate<number>(measure)
  if (opened.complaints.length > 0) throw new Error(opened.complaints.join("\n"))
  await opened.close()
  return times
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

const chromium = await startChromium()
try {
  for (const { name, torrents, labels } of cases) {
    const fleet = largeFleet(torrents, labels)
    const drawn = Array.from({ length: runs }, () => {
      const before = performance.now()
      const page = renderOverview(fleet, { version: "0.1.0" })
      return { page, ms: performance.now() - before }
    })
    const page = drawn[0]?.page ?? ""
    const visits: Record<string, number>[] = []
    for (let run = 0; run < runs; run++) visits.push(await visit(chromium, page))
    const of = (measure: string) => visits.map((each) => each[measure] ?? NaN)
    record(name, {
      runs,
      pageMB: Buffer.byteLength(page) / 1e6,
      drawMedianMs: median(drawn.map(({ ms }) => ms)),
      firstPaintMedianMs: median(of("firstPaintMs")),
      loadMedianMs: median(of("loadMs")),
      loadSlowestMs: Math.max(...of("loadMs")),
      sortMedianMs: median(of("sortMs")),
      filterMedianMs: median(of("filterMs")),
    })
  }
} finally {
  await chromium.close()
}
