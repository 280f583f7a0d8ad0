/** The report as one HTML file: no script, no request, nothing that isn't in the snapshot. */
import { createHash } from "node:crypto"
import { plainJson } from "../evidence/plain-json.ts"
import type { AuditRow, Snapshot } from "../report.ts"
import { claims } from "./html/claims.ts"
import { clients } from "./html/clients.ts"
import { dhtSection } from "./html/dht.ts"
import { findings } from "./html/findings.ts"
import { createNames, type Section } from "./html/frame.ts"
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

/** Links to each section that there is. */
const contents = (sections: readonly Section[]): Html =>
  html`<nav aria-label="Contents">
    <ul>
      ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
    </ul>
  </nav>`

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
  const digest = createHash("sha256").update(style).digest("base64")
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`
  const title = `${statusSymbols[snapshot.verdict.status]} ${snapshot.verdict.status.toUpperCase()} · ${nameOf(snapshot)}`
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <meta name="generator" content="torrent-audit ${snapshot.tool.version.slice(0, 40)}" />
        <title>${title} · torrent-audit</title>
        ${trusted(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#findings">Skip to the findings</a>
        <div class="page">
          ${head(snapshot)} ${contents(sections)}
          <main>${sections.map((section) => html`${section} `)}</main>
          <footer>
            <p>
              Made by torrent-audit ${snapshot.tool.version.slice(0, 40)} from one place, at one moment. It
              uploaded no piece and kept none.
            </p>
          </footer>
        </div>
        ${embedded(snapshot)}
      </body>
    </html> `
  return markup
}
