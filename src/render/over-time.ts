/** What changed since earlier runs: who completed, beside the tracker's own count; who lost pieces; who stands still. */
import type { Snapshot, SwarmProgress } from "../report.ts"
import type { Page } from "./page.ts"
import { fitMiddle, indent, wrap } from "./text.ts"
import { duration, percent, plural } from "./units.ts"

const longestAddress = 48
const mostOfAKind = 3
const mostOfAKindVerbose = 50

const apart = (from: string, to: string): string => duration(Math.max(0, Date.parse(to) - Date.parse(from)))

export function overTimeLines({ swarm, torrent }: Snapshot, page: Page): string[] {
  const { progress } = swarm
  if (progress === undefined) return []
  const { runs, from, to } = progress
  return [
    `${page.paint.bold("PROGRESS")}  ${plural(runs, "run")} in ${apart(from, to)}`,
    ...completionLines(progress, torrent.pieceCount, page),
    ...rewindLines(progress, page),
    ...stallLines(progress, torrent.pieceCount, page),
  ]
}

function completionLines(
  { confirmedCompletions, downloadsRise }: SwarmProgress,
  of: number,
  page: Page,
): string[] {
  const rises = downloadsRise.map(({ url, rise }) => {
    const name = fitMiddle(page.text(url), longestAddress, page.symbols.ellipsis)
    if (rise < 0) return `${name} counts anew`
    return `${name} counts ${rise === 0 ? "no more downloads" : plural(rise, "more download")}`
  })
  const seen =
    confirmedCompletions.length === 0
      ? "nobody was seen to complete"
      : `${plural(confirmedCompletions.length, "peer was", "peers were")} seen to complete`
  const rows = confirmedCompletions.map(
    ({ address, fromCount, from, to }) =>
      `${name(address, page)} from ${share(fromCount, of)} in ${apart(from, to)}`,
  )
  return [
    ...indent([seen, ...rises.slice(0, mostOfAKindVerbose)].join("; "), page.columns),
    ...few(rows, page),
  ]
}

function rewindLines({ rewinds }: SwarmProgress, page: Page): string[] {
  if (rewinds.length === 0) return []
  const rows = rewinds.map(
    ({ address, lost, regainedAt }) =>
      `${name(address, page)} lost ${plural(lost, "piece")}${regainedAt === null ? "" : ", since regained"}`,
  )
  return [
    ...indent(`${plural(rewinds.length, "time")} somebody lost pieces`, page.columns),
    ...few(rows, page),
  ]
}

function stallLines({ stalled }: SwarmProgress, of: number, page: Page): string[] {
  if (stalled.length === 0) return []
  const rows = stalled.map(
    ({ address, haveCount, from, to }) =>
      `${name(address, page)} at ${share(haveCount, of)} for ${apart(from, to)}`,
  )
  const who = plural(stalled.length, "leecher stands", "leechers stand")
  return [...indent(`${who} still`, page.columns), ...few(rows, page)]
}

const name = (address: string, page: Page): string =>
  fitMiddle(page.text(address), longestAddress, page.symbols.ellipsis)

const share = (have: number, of: number): string => percent(Math.min(1, have / Math.max(1, of)))

/** The latest: a long watch has seen many. */
function few(rows: readonly string[], page: Page): string[] {
  const most = page.verbose ? mostOfAKindVerbose : mostOfAKind
  const shown = rows.slice(-most)
  const more = rows.length - shown.length
  const lines = more > 0 ? [...shown, `and ${more} more`] : shown
  return lines.flatMap((line) => wrap(line, page.columns - 4)).map((line) => page.paint.dim(`    ${line}`))
}
