/** The report as one HTML file: no script, no request, nothing that isn't in the snapshot. */
import type { AuditRow, Snapshot } from "../report.ts"
import { claims } from "./html/claims.ts"
import { clients } from "./html/clients.ts"
import { dhtSection } from "./html/dht.ts"
import { findings } from "./html/findings.ts"
import { createNames } from "./html/frame.ts"
import { pageOf } from "./html/sections-page.ts"
import { funnel } from "./html/funnel.ts"
import { head, nameOf, statusSymbols } from "./html/head.ts"
import { history } from "./html/history.ts"
import { method } from "./html/method.ts"
import { announceLog, overTime } from "./html/over-time.ts"
import { peers } from "./html/peer-table.ts"
import { pieces } from "./html/pieces.ts"
import { rates } from "./html/rates.ts"
import { sources } from "./html/sources.ts"
import { timeline } from "./html/timeline.ts"
import { trackers } from "./html/trackers.ts"
import { webSeeds } from "./html/web-seeds.ts"

export interface HtmlContext {
  /** Newest first; this run may be among them. */
  history: readonly AuditRow[]
  /** How it was called, passkeys masked; null: not known. */
  commandLine: string | null
}

/** Pure: the same snapshot and history give the same bytes. */
export function renderHtml(snapshot: Snapshot, { history: rows, commandLine }: HtmlContext): string {
  const names = createNames()
  const sections = [
    findings(snapshot),
    claims(snapshot, names),
    funnel(snapshot, names),
    pieces(snapshot, names),
    rates(snapshot, names),
    timeline(snapshot, names),
    sources(snapshot, names),
    clients(snapshot, names),
    history(snapshot, rows, names),
    overTime(snapshot),
    trackers(snapshot),
    webSeeds(snapshot),
    dhtSection(snapshot),
    announceLog(snapshot),
    peers(snapshot),
    method(snapshot, commandLine),
  ]
  const { status } = snapshot.verdict
  const version = snapshot.tool.version.slice(0, 40)
  return pageOf({
    title: `${statusSymbols[status]} ${status.toUpperCase()} · ${nameOf(snapshot)}`,
    version,
    head: head(snapshot),
    sections,
    made: `Made by torrent-audit ${version} from one place, at one moment. It uploaded no piece and kept none.`,
    embedded: snapshot,
  })
}
