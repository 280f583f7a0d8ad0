/** A map of the pieces: the fewest copies in each cell, what was sampled, where files begin. */
import type { Snapshot } from "../../report.ts"
import { gatherCells, missingLines, ranges, rateLines, sampledCount, sampleLines } from "../pieces.ts"
import { measured } from "../swarm-table.ts"
import { bytes, plural } from "../units.ts"
import { webSeedFacts } from "../web-seeds.ts"
import { files } from "./files.ts"
import { chart, type Names, type Section, section, table } from "./frame.ts"
import { legend } from "./legend.ts"
import { cut, type Html, html, nothing } from "./markup.ts"
import { htmlPage } from "./page.ts"
import { type Cells, drawing, keysOf, startsOf } from "./piece-map.ts"

/** Runs of equal cells, and pieces, that the table lists. */
const mostRuns = 300
const mostPieces = 2_000
const mostCounts = 200
/** Beyond, every other cell would begin a file and the lines tell nothing. */
const mostStartsRatio = 0.4

function runsTable({ torrent, swarm }: Snapshot, cells: Cells): Html {
  const first = (cell: number) => Math.ceil((cell * torrent.pieceCount) / cells.fewest.length)
  const runs: { from: number; to: number; copies: number }[] = []
  cells.fewest.forEach((copies, cell) => {
    const to = first(cell + 1) - 1
    const last = runs.at(-1)
    if (last?.copies === copies) last.to = to
    else runs.push({ from: first(cell), to, copies })
  })
  const rows = runs
    .slice(0, mostRuns)
    .map(({ from, to, copies }) => [from >= to ? String(from) : `${from}–${to}`, String(copies)])
  const rest = runs.length - rows.length
  const list = (pieces: readonly number[]) =>
    (cut(ranges(pieces.slice(0, mostPieces), htmlPage), mostPieces) || "none") +
    (pieces.length > mostPieces ? ` and ${pieces.length - mostPieces} more` : "")
  return html`${table("Fewest copies among reached peers", [{ head: "pieces" }, { head: "fewest copies", number: true }], rows)}${rest > 0 ? html`<p class="fact">and ${rest} more runs</p>` : nothing}
    <p class="fact">Verified: pieces ${list(swarm.sampledPieces.verified)}</p>
    <p class="fact">Failed: ${list(swarm.sampledPieces.failed)}</p>`
}

function histogramTable({ swarm }: Snapshot): Html {
  const all = swarm.availability?.histogram ?? []
  const rows = all.slice(0, mostCounts).map(({ copies, pieces }) => [String(copies), String(pieces)])
  const rest = all.length - rows.length
  const listed = table(
    "Pieces by their copies",
    [
      { head: "copies", number: true },
      { head: "pieces", number: true },
    ],
    rows,
  )
  return html`${listed}${rest > 0 ? html`<p class="fact">and ${plural(rest, "more count")}</p>` : nothing}`
}

/** One cell a piece, or many pieces in one: then it shows the fewest. */
function grain({ torrent }: Snapshot, cells: Cells): string {
  const each = torrent.pieceCount / cells.fewest.length
  const size = `${plural(torrent.pieceCount, "piece")} of ${bytes(torrent.pieceBytes)}`
  return each <= 1
    ? `${size}, a cell each`
    : `${size}, about ${Math.round(each)} in a cell: it shows the rarest of them`
}

export function pieces(snapshot: Snapshot, names: Names): Section {
  const { reached, served } = measured(snapshot)
  const { availability, funnel } = snapshot.swarm
  const titled = (...content: Html[]) => section("pieces", "Pieces", content, true)
  if (!reached)
    return titled(html`<p class="empty">At depth ${snapshot.run.depth} nobody is asked what it holds.</p>`)
  const told = [
    ...(served && funnel.claimed > 0 ? [...sampleLines(snapshot), ...rateLines(snapshot, htmlPage)] : []),
    ...webSeedFacts(snapshot, htmlPage),
  ]
  const lines = html`${told.map((line) => html`<p class="fact">${line.charAt(0).toUpperCase() + line.slice(1)}.</p>`)}`
  if (availability === null || availability.copies.length === 0)
    return titled(
      html`<p class="empty">Availability is unknown: no reached peer told what it holds.</p>`,
      lines,
    )
  const cells = gatherCells(availability.copies, snapshot.torrent.pieceCount, 1_024)
  const all = startsOf(snapshot, cells)
  const tooMany = all.size > Math.max(8, cells.fewest.length * mostStartsRatio)
  const starts = tooMany ? new Set<number>() : all
  const missing = missingLines(availability.missingPieces, snapshot, htmlPage).map((line) =>
    cut(line.trim(), 600),
  )
  return titled(
    chart(names, {
      title: "Fewest copies of each piece",
      description:
        `${grain(snapshot, cells)}. ${sampledCount(snapshot) > 0 ? "What was sampled is marked. " : ""}${tooMany ? "So many files begin that their starts are not drawn." : ""}`.trim(),
      drawing: drawing(snapshot, cells, starts),
      legend: legend(keysOf(snapshot, cells, starts)),
      data: html`${runsTable(snapshot, cells)}${histogramTable(snapshot)}`,
    }),
    html`${missing.map((line) => html`<p class="fact strong">${line}</p>`)}`,
    lines,
    files(snapshot),
  )
}
