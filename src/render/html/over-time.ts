/** What changed since earlier runs, what leechers receive, and how much of an announce log counted: the terminal's sentences. */
import type { Snapshot } from "../../report.ts"
import { announceLogLines } from "../announce-log.ts"
import { downloadLines } from "../downloads.ts"
import { overTimeLines } from "../over-time.ts"
import { bytes, count, date } from "../units.ts"
import { details, type Section, section, table } from "./frame.ts"
import { cut, type Html, html, middle, nothing } from "./markup.ts"
import { htmlPage } from "./page.ts"

const mostReports = 200

const told = (lines: readonly string[]): Html =>
  lines.length === 0
    ? nothing
    : html`<ul class="told">
        ${lines.map((line) => html`<li>${cut(line.trim(), 600)}</li>`)}
      </ul>`

const lower = (line: string): string => line.replace(/^PROGRESS\s+/, "Seen in ")

export function overTime(snapshot: Snapshot): Section {
  return section(
    "progress",
    "Progress and downloads",
    [told([...overTimeLines(snapshot, htmlPage).map(lower), ...downloadLines(snapshot, htmlPage)])],
    true,
  )
}

export function announceLog(snapshot: Snapshot): Section {
  const log = snapshot.announceLog
  if (!log) return section("announce-log", "Announce log", [])
  const shown = log.reports.toReversed().slice(0, mostReports)
  const amount = (value: number | null) => (value === null ? "–" : bytes(value))
  const rows = shown.map((report) => [
    date(report.at),
    middle(report.address, 100),
    report.event,
    amount(report.uploadedBytes),
    amount(report.downloadedBytes),
    amount(report.leftBytes),
  ])
  const columns = [
    { head: "at" },
    { head: "address" },
    { head: "event" },
    { head: "uploaded", number: true },
    { head: "downloaded", number: true },
    { head: "left", number: true },
  ]
  return section(
    "announce-log",
    "Announce log",
    [
      told(announceLogLines(snapshot, htmlPage)),
      rows.length === 0
        ? nothing
        : details(
            `Table: the latest ${count(rows.length)} of ${count(log.reports.length)}`,
            table("What clients reported", columns, rows),
          ),
    ],
    true,
  )
}
