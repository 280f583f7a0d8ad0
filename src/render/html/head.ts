/** The answer, what was audited, and the four numbers that matter most. */
import type { Snapshot, Status } from "../../report.ts"
import { fullCopyLines } from "../full-copy.ts"
import { answer, capItems, referenceItems, torrentItems, wayLines } from "../header.ts"
import { symbolsFor } from "../page.ts"
import { sampledCount } from "../pieces.ts"
import { measured } from "../swarm-table.ts"
import { count, date, duration, percent, plural } from "../units.ts"
import { cut, type Html, html, nothing } from "./markup.ts"
import { htmlPage } from "./page.ts"

const { ok, warning, bad, unknown, none } = symbolsFor(false)

export const statusSymbols: Record<Status, string> = { ok, warning, critical: bad, unknown }

export interface Tile {
  name: string
  value: string
  of?: string
  note: string
}

/** What wasn't measured is a dash, and the reason stands below it. */
function tiles(snapshot: Snapshot): Tile[] {
  const { swarm } = snapshot
  const { reached, served } = measured(snapshot)
  const { seeders, leechers, availability, reachRatio, funnel, sampledPieces } = swarm
  const untested = `not tested at depth ${snapshot.run.depth}`
  const sampled = sampledCount(snapshot)
  const bound = sampledPieces.unservableRatioHigh
  // Without those whom our own rules keep us from: what the ratio is of.
  const known = seeders.reached + leechers.reached
  const unheard = Math.max(0, leechers.possible - leechers.reached)
  return [
    {
      name: "Seeders reached",
      value: reached ? count(seeders.reached) : none,
      of: seeders.claimed === null ? "" : `of ${count(seeders.claimed)} claimed`,
      note: !reached
        ? untested
        : seeders.claimed === null
          ? "no tracker told a count"
          : `claim ${seeders.claim}`,
    },
    {
      name: "Availability",
      value: availability === null ? none : availability.distributedCopies.toFixed(2),
      of: availability === null ? "" : "copies",
      note:
        availability !== null
          ? `rarest piece: ${plural(availability.rarest, "copy", "copies")}`
          : reached
            ? "no reached peer told what it holds"
            : untested,
    },
    {
      name: "Reach",
      value: reachRatio === null ? none : percent(reachRatio),
      of: reachRatio === null ? "" : "of peers found",
      note: !reached
        ? untested
        : reachRatio === null
          ? "nobody to reach"
          : `${known} of ${known + unheard} told what they hold`,
    },
    {
      name: "Pieces verified",
      value: sampled === 0 ? none : String(sampledPieces.verified.length),
      of: sampled === 0 ? "" : `of ${sampled} sampled`,
      note: !served
        ? untested
        : sampled === 0
          ? funnel.unchoked === 0
            ? "nobody unchoked us"
            : "no peer sent a whole one"
          : bound === null
            ? "some are only on peers that choke us"
            : `at most ${(bound * 100).toFixed(1)}% unservable (95%)`,
    },
  ]
}

export const tile = ({ name, value, of, note }: Tile): Html =>
  html`<div class="tile">
    <dt>${name}</dt>
    <dd>
      <span class="figure">${value}</span> <span class="of">${of}</span><span class="note">${note}</span>
    </dd>
  </div>`

function factLines(snapshot: Snapshot): string[] {
  const { run } = snapshot
  const caps = capItems(snapshot)
  const lines = fullCopyLines(snapshot, htmlPage).map((line) => `${line}.`)
  if (!run.complete)
    lines.push(`This audit was ended early (${run.stopReason}): what it did not see proves nothing.`)
  if (caps.length > 0) lines.push(`Limits of ours that were hit: ${caps.join(", ")}.`)
  if (run.contact?.proxy === true) lines.push(`Audited ${wayLines(snapshot, htmlPage).join(" ")}.`)
  const reference = referenceItems(snapshot)
  if (reference.length > 0) lines.push(`${reference.join(", ")}.`)
  return lines.map((line) => line.charAt(0).toUpperCase() + line.slice(1))
}

export const nameOf = ({ torrent }: Pick<Snapshot, "torrent">): string =>
  cut(torrent.name.trim(), 200) || "(no name)"

export function head(snapshot: Snapshot): Html {
  const { run } = snapshot
  const seen = [run.vantage.ipv4 && "IPv4", run.vantage.ipv6 && "IPv6"].filter(Boolean).join(" and ")
  return top(
    snapshot,
    { answer: answer(snapshot, htmlPage), tiles: tiles(snapshot), lines: factLines(snapshot) },
    html`<span>${date(run.startedAt)}</span> <span>took ${duration(run.durationMs)}</span>
      <span>depth ${run.depth}</span>
      <span>seen from ${seen === "" ? "nowhere: nothing answered" : `one place, ${seen}`}</span>`,
  )
}

/** Of a document, from one place or several: the answer, the numbers that matter most, what to know before reading on. */
export function top(
  document: Pick<Snapshot, "torrent" | "verdict">,
  { answer: said, tiles: four, lines }: { answer: string; tiles: readonly Tile[]; lines: readonly string[] },
  stamp: Html,
): Html {
  const { torrent, verdict } = document
  const hashes = [torrent.infoHashV1, torrent.infoHashV2].filter((hash) => hash !== null)
  const [, told = "", reasons = ""] = /^(.*?\.) ?(.*)$/.exec(said) ?? []
  return html`<header class="top ${verdict.status}">
    <p class="what">
      <strong>${nameOf(document)}</strong
      >${torrentItems(document, htmlPage).map((item) => html` <span>${item}</span>`)}
    </p>
    <h1>
      <span class="status"
        ><span aria-hidden="true">${statusSymbols[verdict.status]}</span>
        ${verdict.status.toUpperCase()}</span
      >
      <span>${told}</span>
    </h1>
    <p class="reason">${reasons}</p>
    <dl class="tiles">${four.map(tile)}</dl>
    ${
      lines.length === 0
        ? nothing
        : html`<ul class="lead">
            ${lines.map((line) => html`<li>${line}</li>`)}
          </ul>`
    }
    <p class="stamp">${hashes.map((hash) => html`<code>${hash}</code> `)}${stamp}</p>
  </header>`
}
