/** The report as one HTML file: no script, no request, nothing that isn't in the snapshot. */
import { plainJson } from "../evidence/plain-json.ts"
import type { AuditRow, Snapshot } from "../report.ts"
import { claims } from "./html/claims.ts"
import { clients } from "./html/clients.ts"
import { dhtSection } from "./html/dht.ts"
import { documentOf } from "./html/document.ts"
import { findings } from "./html/findings.ts"
import { contents, createNames } from "./html/frame.ts"
import { funnel } from "./html/funnel.ts"
import { head, nameOf, statusSymbols } from "./html/head.ts"
import { history } from "./html/history.ts"
import { type Html, html, isNothing, trusted } from "./html/markup.ts"
import { method } from "./html/method.ts"
import { announceLog, overTime } from "./html/over-time.ts"
import { peers } from "./html/peer-table.ts"
import { pieces } from "./html/pieces.ts"
import { rates } from "./html/rates.ts"
import { sources } from "./html/sources.ts"
import { style } from "./html/style.ts"
import { timeline } from "./html/timeline.ts"
import { trackers } from "./html/trackers.ts"
import { webSeeds } from "./html/web-seeds.ts"

export interface HtmlContext {
  /** Newest first; this run may be among them. */
  history: readonly AuditRow[]
  /** How it was called, passkeys masked; null: not known. */
  commandLine: string | null
}

/** What `readSnapshot` looks for. JSON has no `<` outside of strings, so that escaping it there hides every tag and comment. */
const embedded = (snapshot: Snapshot): Html =>
  trusted(
    `<script type="application/json" id="snapshot">${plainJson(snapshot).replaceAll("<", String.raw`\u003c`)}</script>`,
  )

/** A whole document, to be saved as it is. Pure: the same snapshot and history give the same bytes. */
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
  ].filter((each) => !isNothing(each))
  const page = html`${head(snapshot)} ${contents(sections)}
    <main>${sections.map((section) => html`${section} `)}</main>
    <footer>
      <p>
        Made by torrent-audit ${snapshot.tool.version.slice(0, 40)} from one place, at one moment. It uploaded
        no piece and kept none.
      </p>
    </footer>`
  return documentOf({
    title: `${statusSymbols[snapshot.verdict.status]} ${snapshot.verdict.status.toUpperCase()} · ${nameOf(snapshot)}`,
    version: snapshot.tool.version,
    style,
    skip: { to: "findings", text: "Skip to the findings" },
    page,
    after: embedded(snapshot),
  })
}
