/** Who looks from where. */
import type { VantageState } from "../../report/vantage-state.ts"
import type { FleetStatus, FleetWorker } from "../../report.ts"
import { ago } from "../history.ts"
import type { Page } from "../page.ts"
import { plainTableLines } from "../plain-table.ts"
import type { Cell, Table } from "../table.ts"
import { wrap } from "../text.ts"
import { count, date, plural } from "../units.ts"
import { agoWords } from "./words.ts"

/** What must not be overlooked: nobody looks from there, or they see nothing. */
export function loudWords({ label, state, seenAt, lastAuditAt }: VantageState, at: string): string {
  if (state === "well") return ""
  if (state === "blind")
    return `${label} is blind: it can tell nothing of any torrent; its own network may be at fault.`
  // Who leaves in order is on the list no more.
  const last =
    seenAt !== null
      ? `the last was seen ${agoWords(seenAt, at)}`
      : lastAuditAt !== null
        ? `the last audit began ${agoWords(lastAuditAt, at)}`
        : "none ever finished one"
  return `${label} has no living worker: nothing is audited from there; ${last}.`
}

export function loudLines(states: readonly VantageState[], at: string, page: Page): string[] {
  const { symbols, paint } = page
  return states.flatMap((state) => {
    const said = page.text(loudWords(state, at))
    if (said === "") return []
    const [mark, colour] = state.state === "gone" ? [symbols.bad, paint.red] : [symbols.warning, paint.yellow]
    return wrap(`${mark} ${said}`, page.columns - 2).map((line) => `  ${colour(line)}`)
  })
}

const heads = ["WORKERS", "RUNNING", "IN A DAY", "LAST AUDIT", "SEEN"] as const

export function vantageLines(status: FleetStatus, states: readonly VantageState[], page: Page): string[] {
  if (states.length === 0)
    return wrap("No vantage point yet: no worker has come.", page.columns).map(page.paint.dim)
  const table: Table = {
    kind: "table",
    named: true,
    columns: [
      { head: "VANTAGE", align: "left", width: 22, atLeast: 10 },
      ...heads.map((head) => ({ head, align: "right" as const, width: 11 })),
    ],
    rows: states.map((state) => rowOf(state, status.at, page)),
  }
  return [...plainTableLines(table, page), ...(page.verbose ? workerLines(status, page) : [])]
}

function rowOf(state: VantageState, at: string, page: Page): Cell[] {
  const { symbols, paint } = page
  const since = (then: string | null) =>
    then === null ? symbols.none : ago(Date.parse(at) - Date.parse(then))
  const marks = {
    well: paint.green(symbols.ok),
    blind: paint.yellow(symbols.warning),
    gone: paint.red(symbols.bad),
  }
  const workers = state.workers === 0 ? { text: "none", paint: paint.red } : { text: count(state.workers) }
  return [
    { mark: `${marks[state.state]} `, text: page.cell(state.label) },
    workers,
    { text: count(state.running) },
    { text: count(state.auditsLastDay) },
    { text: since(state.lastAuditAt) },
    { text: since(state.seenAt) },
  ]
}

function workerLines({ vantages, at }: FleetStatus, page: Page): string[] {
  return vantages.flatMap(({ label, workers }) =>
    workers.flatMap((worker) =>
      wrap(page.text(`${label}: ${workerWords(worker, at)}`), page.columns - 2).map((line) =>
        page.paint.dim(`  ${line}`),
      ),
    ),
  )
}

const workerWords = (
  { host, pid, version, startedAt, seenAt, alive, running }: FleetWorker,
  at: string,
): string =>
  `${host}, pid ${pid}, version ${version}, since ${date(startedAt)}, ${
    alive ? `${plural(running, "audit")} running` : `gone, seen ${agoWords(seenAt, at)}`
  }`
