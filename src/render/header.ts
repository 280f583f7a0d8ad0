/** The answer first, then what was audited, when, and what cut the audit short. */
import type { Snapshot } from "../report.ts"
import { type Page, statusMark } from "./page.ts"
import { fit, fitMiddle, flow, width, wrap } from "./text.ts"
import { bytes, date, duration, plural } from "./units.ts"

/** Columns of a reason; ours take two or three lines, a forged snapshot could fill the screen. */
const longest = 400

/** More than a proxy can fail to carry. */
const mostOff = 10

function sentence(text: string): string {
  // A URL or an id keeps its case.
  const started = text.replace(/^[a-z]+(?= )/, (word) => word.charAt(0).toUpperCase() + word.slice(1))
  return /[.!?]$/.test(started) ? started : `${started}.`
}

type Concluded = Pick<Snapshot, "verdict" | "findings">

export function answer({ verdict, findings }: Concluded, page: Page): string {
  const problems = findings.filter(
    (finding) => finding.verdict === "warn" || finding.verdict === "fail",
  ).length
  const parts = [`Downloadable now: ${verdict.downloadable}.`]
  const settled = verdict.downloadable === "yes" && (verdict.status === "ok" || verdict.status === "warning")
  if (!settled || page.verbose)
    parts.push(sentence(fit(page.text(verdict.because), longest, page.symbols.ellipsis)))
  if (problems > 0) parts.push(`${plural(problems, "problem")} need${problems === 1 ? "s" : ""} attention.`)
  else if (verdict.status === "ok") parts.push("Nothing needs attention.")
  return parts.join(" ")
}

export function answerLines(snapshot: Concluded, page: Page): string[] {
  const { status } = snapshot.verdict
  const { symbol, paint } = statusMark(status, page.symbols, page.paint)
  // In ASCII the symbol of OK is the word itself.
  const label = symbol === status ? status.toUpperCase() : `${symbol} ${status.toUpperCase()}`
  const hang = " ".repeat(width(label) + 2)
  const lines = wrap(answer(snapshot, page), page.columns - hang.length)
  return lines.map((line, index) => (index === 0 ? `${page.paint.bold(paint(label))}  ${line}` : hang + line))
}

export function torrentItems({ torrent }: Pick<Snapshot, "torrent">, page: Page): string[] {
  const items: string[] = []
  if (torrent.sizeBytes > 0) items.push(bytes(torrent.sizeBytes))
  if (torrent.pieceCount > 0)
    items.push(`${torrent.pieceCount} ${page.symbols.times} ${bytes(torrent.pieceBytes)}`)
  const files = torrent.files.filter((file) => !file.pad).length
  if (files > 1) items.push(`${files} files`)
  if (torrent.private) items.push("private")
  return items
}

function runItems({ run, torrent }: Snapshot): string[] {
  const hash = torrent.infoHashV1 ?? torrent.infoHashV2
  const items = [date(run.startedAt), duration(run.durationMs)]
  // A magnet without a name is called by its info hash.
  if (hash !== null && hash !== torrent.name) items.unshift(hash)
  if (run.depth !== "sample") items.push(`depth ${run.depth}`)
  if (!run.complete) items.push(`incomplete (${run.stopReason})`)
  return items
}

export function capItems({ run }: Snapshot): string[] {
  return run.capsHit.map(({ cap, dropped }) => (dropped > 0 ? `${cap} (${dropped} left out)` : cap))
}

/** What can't be carried is as little known as what a limit left out. */
export function wayLines({ run }: Snapshot, page: Page): string[] {
  if (run.contact?.proxy !== true) return []
  const off = run.contact.off.slice(0, mostOff).map((each) => page.text(each).slice(0, 40))
  const what = off.length === 0 ? "" : `; off: ${off.join(", ")}`
  return wrap(`through a SOCKS5 proxy${what}`, page.columns - 2)
}

/** Whether the copy given was of any use, and whether the publisher should look at it. */
export function referenceItems({ run }: Snapshot): string[] {
  if (run.reference == null) return []
  const { right, wrong, missing } = run.reference
  const items = [`your copy: ${right} of ${plural(right + wrong + missing, "piece")} right`]
  if (wrong > 0) items.push(`${wrong} changed`)
  if (missing > 0) items.push(`${missing} missing`)
  return items
}

function verboseItems({ run, tool }: Snapshot, page: Page): string[] {
  const known = (seen: boolean | null) => (seen === null ? "unknown" : seen ? "yes" : "no")
  return [
    `torrent-audit ${page.text(tool.version)}`,
    // Any other stands above.
    ...(run.depth === "sample" ? [`depth ${run.depth}`] : []),
    `pace ${run.pace}`,
    `seed ${page.text(run.seed)}`,
    `IPv4 ${known(run.vantage.ipv4)}`,
    `IPv6 ${known(run.vantage.ipv6)}`,
    `inbound ${known(run.vantage.inbound)}`,
    `downloaded ${bytes(run.usage.downloadedBytes)}`,
    `uploaded ${bytes(run.usage.uploadedBytes)}`,
  ]
}

export function headerLines(snapshot: Snapshot, page: Page): string[] {
  const room = page.columns - 2
  const name = page.text(snapshot.torrent.name).trim() || "(no name)"
  const items = [fitMiddle(name, room, page.symbols.ellipsis), ...torrentItems(snapshot, page)]
  const indent = (line: string) => `  ${line}`
  const lines = [
    ...answerLines(snapshot, page),
    ...flow(items, room).map(indent),
    ...flow(runItems(snapshot), room).map((line) => page.paint.dim(indent(line))),
  ]
  const caps = capItems(snapshot)
  if (caps.length > 0) {
    const [first = "", ...rest] = caps
    lines.push(...flow([`limits hit: ${first}`, ...rest], room).map(indent))
  }
  lines.push(...wayLines(snapshot, page).map(indent))
  lines.push(...flow(referenceItems(snapshot), room).map(indent))
  if (page.verbose)
    lines.push(...flow(verboseItems(snapshot, page), room).map((line) => page.paint.dim(indent(line))))
  return lines
}
