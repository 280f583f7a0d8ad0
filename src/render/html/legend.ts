/** What the marks of a chart mean: each drawn with the classes that the chart draws it with. */
import { type Html, html, trusted } from "./markup.ts"

export interface Key {
  /** Class of a small drawing: see the style. */
  mark: string
  word: string
}

export const legend = (keys: readonly Key[]): Html =>
  html`<ul class="legend" aria-hidden="true">
    ${keys.map(({ mark, word }) => html`<li>${swatch(mark)}${word}</li>`)}
  </ul>`

/** Drawn with the same classes as what it stands for. */
function swatch(mark: string): Html {
  const shapes: Record<string, string> = {
    claim: '<path class="claim" d="M11 1 17 7 11 13 5 7Z"/>',
    possible: '<path class="possible" d="M1 7H20M20 3V11"/>',
    estimate:
      '<path class="whisker" d="M2 7H20M2 4V10M20 4V10"/><circle class="dot" cx="11" cy="7" r="3.5"/>',
    line: '<path class="line a" d="M1 7H21"/>',
    dashed: '<path class="line b" d="M1 7H21"/>',
    ring: '<rect class="cell l3" x="4" y="0" width="14" height="14"/><circle class="ring on" cx="11" cy="7" r="3.5"/>',
    bad: '<rect class="cell l1" x="4" y="0" width="14" height="14"/><path class="cross" d="M7 3 15 11M15 3 7 11"/>',
    none: '<rect class="cell none" x="4.5" y=".5" width="13" height="13"/>',
    start: '<rect class="cell l1" x="4" y="0" width="14" height="14"/><path class="start" d="M4.5 0V14"/>',
  }
  const shape = shapes[mark] ?? `<rect class="${mark}" x="1" y="2" width="20" height="10"/>`
  return trusted(`<svg width="22" height="14" viewBox="0 0 22 14">${shape}</svg>`)
}
