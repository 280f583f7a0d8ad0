/** Places and what trackers told them, as rows: the terminal and the page have the same ones. */
import type { Estimate } from "../../evidence.ts"
import type { Finding } from "../../report.ts"
import type { Merged, MergedAnswer, MergedVantage } from "../../report/merged.ts"
import { statusMark, type Page, type Symbols } from "../page.ts"
import { failureWords, markOf } from "../source-marks.ts"
import type { Cell, Column } from "../table.ts"
import { count, date, duration, percent, plural, reply } from "../units.ts"

export const placeColumns: readonly Column[] = [
  { head: "PLACES", align: "left", width: 20, atLeast: 12 },
  { head: "download", align: "right", width: 10 },
  { head: "seeders", align: "right", width: 9 },
  { head: "leechers", align: "right", width: 10 },
  { head: "heard", align: "right", width: 8 },
  { head: "reach", align: "right", width: 7 },
  { head: "only here", align: "right", width: 11 },
]

/** A row for each place, and one for all of them. */
export function placeRows({ vantages, swarm }: Merged, page: Page): Cell[][] {
  const { none } = page.symbols
  const known = (value: number | null) => (value === null ? none : count(value))
  const share = (value: number | null) => (value === null ? none : percent(value))
  const all: Cell[] = [
    { mark: "    ", text: `all ${vantages.length}` },
    { text: "" },
    { text: known(swarm.seeders.reached) },
    { text: known(swarm.leechers.reached) },
    { text: known(swarm.found) },
    { text: share(swarm.reachRatio) },
    { text: "" },
  ]
  return [...vantages.map((vantage) => placeRow(vantage, page, known, share)), all]
}

function placeRow(
  { label, offline, verdict, swarm }: MergedVantage,
  page: Page,
  known: (value: number | null) => string,
  share: (value: number | null) => string,
): Cell[] {
  const { symbol, paint } = statusMark(verdict.status, page.symbols, page.paint)
  return [
    { mark: `  ${paint(symbol)} `, text: page.cell(label) },
    { text: offline ? "offline" : verdict.downloadable },
    { text: count(swarm.seeders.reached) },
    { text: count(swarm.leechers.reached) },
    { text: count(swarm.heard) },
    { text: share(swarm.reachRatio) },
    { text: known(swarm.onlyHere) },
  ]
}

export const toldColumns: readonly Column[] = [
  { head: "TRACKERS", align: "left", width: 30, atLeast: 18 },
  { head: "told", align: "left", width: 15, gap: 1, atLeast: 8 },
  { head: "answer", align: "right", width: 11 },
  { head: "claims S/L", align: "right", width: 13 },
  { head: "peers", align: "right", width: 8 },
]

/** Of one tracker: the others are in the document. */
const mostAnswers = 40

/** A row for each answer; the tracker's name stands at its first one, and in a list at all of them. */
export const toldRows = ({ trackers }: Pick<Merged, "trackers">, page: Page): Cell[][] =>
  trackers.flatMap(({ url, answers }) => {
    const name = page.cell(url.replace(/\/(announce\/?)?$/, ""))
    return told(answers)
      .slice(0, mostAnswers)
      .map((answer, i): Cell[] => {
        const shown = i === 0 || page.layout === "list"
        return [
          {
            mark: markOf(answer.ok ? "answered" : "failed", page),
            text: shown ? name : "",
            cut: "middle",
          },
          { text: page.cell(answer.vantage) },
          { text: outcomeOf(answer, page) },
          { text: claimsOf(answer, page) },
          { text: answer.peers === null ? page.symbols.none : count(answer.peers) },
        ]
      })
  })

/** A scrape says less than an announce of the same place: it has its row only where there is no announce that was answered. */
const told = (answers: readonly MergedAnswer[]): MergedAnswer[] => {
  const announced = new Set(
    answers.flatMap(({ by, ok, vantage }) => (by === "announce" && ok ? [vantage] : [])),
  )
  return answers.filter(({ by, vantage }) => by === "announce" || !announced.has(vantage))
}

function outcomeOf({ ok, failure, reused, ms }: MergedAnswer, page: Page): string {
  if (reused) return "stored"
  if (ok) return ms === null ? page.symbols.none : reply(ms)
  return failureWords[failure?.code ?? "unknown"] ?? failure?.code ?? "unknown"
}

function claimsOf({ seeders, leechers }: MergedAnswer, page: Page): string {
  const { none } = page.symbols
  if (seeders === null && leechers === null) return none
  const shown = (value: number | null) => (value === null ? none : count(value))
  return `${shown(seeders)} / ${shown(leechers)}`
}

/** With the places that a finding is from, unless that is all of them or its sentence is about them by name. */
export const namedPlaces = ({ findings, vantages }: Merged): Finding[] =>
  findings.map(({ vantages: places, ...finding }) => {
    const isSaid = places.length === 0 || places.length === vantages.length || namesPlaces.has(finding.audit)
    if (isSaid) return finding
    const shown =
      places.length > 3 ? `${places.slice(0, 3).join(", ")} and ${places.length - 3} more` : places.join(", ")
    return { ...finding, because: `from ${shown}: ${finding.because}` }
  })

const namesPlaces: ReadonlySet<string> = new Set(["answers-by-place"])

/** When the first of the newest audits began, and how long it took until the last one's end. */
export function whenItems({ vantages }: Merged): string[] {
  const newest = vantages.flatMap(({ rounds }) => rounds.at(-1)?.run ?? [])
  const starts = newest.map(({ startedAt }) => startedAt).toSorted()
  const first = starts[0] ?? ""
  const end = Math.max(...newest.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs))
  return [date(first), duration(Math.max(0, end - Date.parse(first)))]
}

/** `15–25`, or `≥15`: whole, as people are. */
export const people = ({ low, high }: Estimate, { atLeast, dash }: Symbols): string =>
  high === null
    ? `${atLeast}${count(Math.floor(low))}`
    : `${count(Math.floor(low))}${dash}${count(Math.ceil(high))}`

/** One sentence: how many can be reached, or why that isn't known. */
export function reachableLine({ swarm }: Merged, page: Page): string {
  const { population, because, reached } = swarm
  if (population) {
    const all = `Reachable: about ${count(Math.round(population.value))} peers (${people(population, page.symbols)})`
    return `${all}, by whom the places have in common; ${count(reached ?? 0)} were reached.`
  }
  const met = reached === null ? "" : `${plural(reached, "peer")} reached from anywhere. `
  return `${met}How many can be reached is not known: ${page.text(because ?? "nobody was reached")}.`
}
