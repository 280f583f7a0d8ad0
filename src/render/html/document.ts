/** A whole page of one file: its policy allows its own style sheet and its own script, by their hashes, and nothing else. */
import { createHash } from "node:crypto"
import { type Html, html, nothing, trusted } from "./markup.ts"

export interface Document {
  title: string
  /** Of torrent-audit. */
  version: string
  style: string
  /** None: nothing runs. It must not say `</script`. */
  script?: string
  /** For those who go by key. */
  skip: { to: string; text: string }
  page: Html
  /** Below the page, not shown. */
  after?: Html
}

const digest = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

function policyOf({ style, script }: Document): string {
  const scripts = script === undefined ? "" : `script-src ${digest(script)}; `
  return `default-src 'none'; style-src ${digest(style)}; ${scripts}base-uri 'none'; form-action 'none'`
}

export function documentOf(document: Document): string {
  const { title, style, script, skip, page, after = nothing } = document
  const version = document.version.slice(0, 40)
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policyOf(document))}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <meta name="generator" content="torrent-audit ${version}" />
        <title>${title} · torrent-audit</title>
        ${trusted(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#${skip.to}">${skip.text}</a>
        <div class="page">${page}</div>
        ${after}${script === undefined ? nothing : trusted(`<script>${script}</script>`)}
      </body>
    </html> `
  return markup
}
