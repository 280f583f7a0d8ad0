/** Markup that escapes whatever is put into it: a string can only become text or an attribute's value. */
import { escape } from "../text.ts"

export interface Html {
  readonly markup: string
}

type Value = Html | string | number | null | undefined | false | readonly Value[]

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** Nothing in it to make safe; most of what a report says is like this. */
const plain = /^[\x20-\x7e]{0,1000}$/

/** One line of text for HTML or an attribute in quotes, as safe as on the terminal: no control or direction character is left. */
export const safe = (text: string): string =>
  (plain.test(text) ? text : escape(text)).replace(/[&<>"']/g, (character) => entities[character] ?? "")

function markupOf(value: Value): string {
  if (typeof value === "string") return safe(value)
  if (typeof value === "number") return String(value)
  if (value === null || value === undefined || value === false) return ""
  return "markup" in value ? value.markup : value.map(markupOf).join("")
}

const packed = new WeakMap<TemplateStringsArray, readonly string[]>()

/** Without the indentation that the source has: in a table of thousands of cells it would be most of the file. */
function partsOf(parts: TemplateStringsArray): readonly string[] {
  const known = packed.get(parts)
  if (known) return known
  const short = parts.map((part) => part.replace(/\s*\n\s*/g, "\n"))
  packed.set(parts, short)
  return short
}

/** A template of markup. Attributes must stand in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  let markup = ""
  partsOf(parts).forEach((part, index) => {
    markup += part + markupOf(values[index])
  })
  return { markup }
}

/** Markup of ours, as it stands: never anything that somebody else wrote. */
export const trusted = (markup: string): Html => ({ markup })

export const nothing: Html = { markup: "" }
export const isNothing = ({ markup }: Html): boolean => markup === ""

/** Cut in the middle: the ends tell an address, a URL or a file's name apart. */
export function middle(text: string, most: number): string {
  if (text.length <= most) return text
  const end = Math.floor(most / 3)
  return `${text.slice(0, most - end - 1).toWellFormed()}…${text.slice(-end).toWellFormed()}`
}

export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`
