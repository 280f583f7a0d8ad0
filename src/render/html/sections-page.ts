/** The page of a document: its sections with links to each, and the document itself, from which all can be computed again. */
import { plainJson } from "../../evidence/plain-json.ts"
import { documentOf } from "./document.ts"
import { contents, type Section } from "./frame.ts"
import { type Html, html, isNothing, trusted } from "./markup.ts"
import { style } from "./style.ts"

export interface SectionsPage {
  title: string
  /** Of torrent-audit. */
  version: string
  head: Html
  sections: readonly Section[]
  /** A sentence at its end. */
  made: string
  embedded: unknown
}

/** What `readSnapshot` looks for. JSON has no `<` outside of strings, so that escaping it there hides every tag and comment. */
const embedded = (document: unknown): Html =>
  trusted(
    `<script type="application/json" id="snapshot">${plainJson(document).replaceAll("<", String.raw`\u003c`)}</script>`,
  )

/** A whole document, to be saved as it is. */
export function pageOf({ title, version, head, made, ...page }: SectionsPage): string {
  const sections = page.sections.filter((each) => !isNothing(each))
  return documentOf({
    title,
    version,
    style,
    skip: { to: "findings", text: "Skip to the findings" },
    page: html`${head} ${contents(sections)}
      <main>${sections.map((section) => html`${section} `)}</main>
      <footer>
        <p>${made}</p>
      </footer>`,
    after: embedded(page.embedded),
  })
}
