/** What every section is put into: a heading, charts that are a picture with a name and a description, tables that scroll. */
import { type Html, html, isNothing, nothing } from "./markup.ts"
import { isTable, type Block } from "../table.ts"

export interface Column {
  head: string
  /** Right-aligned. */
  number?: boolean
  /** Long text that may break anywhere. */
  long?: boolean
}

/** As many names as there are charts and tables: each is told apart from the others by its number. */
export interface Names {
  next(): string
}

export function createNames(): Names {
  let count = 0
  return { next: () => `n${++count}` }
}

const classOf = ({ number = false, long = false }: Column): string =>
  number ? "num" : long ? "long" : "text"

/** `titled`: what stands above it doesn't say yet what it is. In a box of its own, which scrolls and takes the focus so that it can be scrolled by key. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (Html | string)[])[],
  titled = true,
): Html {
  const heads = columns.map((column) => html`<th scope="col" class="${classOf(column)}">${column.head}</th>`)
  const cells = (row: readonly (Html | string)[]) =>
    row.map((cell, index) => {
      const kind = classOf(columns[index] ?? { head: "" })
      return index === 0
        ? html`<th scope="row" class="${kind}">${cell}</th>`
        : html`<td class="${kind}">${cell}</td>`
    })
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}">
    <table>
      <caption class="${titled ? "" : "unseen"}">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${cells(row)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

const marked = (mark: string, text: string): Html | string =>
  mark === "" ? text : html`<span class="marked"><span>${mark}</span><span>${text}</span></span>`

/** A table or lines as the terminal has them. */
export function fromBlocks(caption: string, blocks: readonly Block[]): Html[] {
  return blocks.map((block) => {
    if (!isTable(block)) return html`${block.map((line) => html`<p class="fact">${line.trim()}</p>`)}`
    const columns = block.columns.map(({ head, align }, index) => ({
      head: index === 0 && block.named ? head.toLowerCase() : head.trim(),
      long: index === 0,
      number: align === "right",
    }))
    const rows = block.rows.map((row) => row.map(({ text, mark = "" }) => marked(mark.trim(), text.trim())))
    return table(caption, columns, rows, false)
  })
}

export const details = (summary: string, ...content: readonly Html[]): Html =>
  content.every(isNothing)
    ? nothing
    : html`<details>
        <summary>${summary}</summary>
        <div class="inside">${content}</div>
      </details>`

export interface Chart {
  title: string
  /** What it shows, for those who can't see it. */
  description: string
  /** Rows, axes and legend. */
  drawing: Html
  legend?: Html
  /** The same numbers. */
  data: Html
  /** Open already: it is short, and what people look for. */
  open?: boolean
}

/** A picture with its name and description, and the table of what it was drawn from. */
export function chart(
  names: Names,
  { title, description, drawing, legend, data, open = false }: Chart,
): Html {
  const id = names.next()
  return html`<figure>
    <figcaption><strong id="${id}t">${title}</strong> <span id="${id}d">${description}</span></figcaption>
    <div class="chart" role="img" aria-labelledby="${id}t ${id}d">${drawing}</div>
    ${legend ?? nothing}${open ? data : details(`Table: ${title.toLowerCase()}`, data)}
  </figure>`
}

/** What the contents list; one without markup is not there. */
export interface Section extends Html {
  id: string
  title: string
}

/** `wide` takes the whole page, others stand in two columns where there is room. */
export function section(id: string, title: string, content: readonly Html[], wide = false): Section {
  if (content.every(isNothing)) return { id, title, ...nothing }
  const { markup } = html`<section id="${id}" class="${wide ? "wide" : "half"}" aria-labelledby="${id}-h">
    <h2 id="${id}-h">${title}</h2>
    ${content}
  </section>`
  return { id, title, markup }
}

/** Term and description, those without a value left out. */
export function facts(pairs: readonly (readonly [string, Html | string | null])[]): Html {
  const shown = pairs.filter(([, value]) => value !== null && value !== "")
  return html`<dl class="facts">
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

/** Links to each section that there is. */
export const contents = (sections: readonly Section[]): Html =>
  html`<nav aria-label="Contents">
    <ul>
      ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
    </ul>
  </nav>`
