/** What a finding rests on, as tables: keys and values are as hostile as anything else that was seen. */
import type { Finding } from "../../report.ts"
import { table } from "./frame.ts"
import { cut, type Html, html } from "./markup.ts"

type Json = Finding["evidence"][string]

const mostRows = 60
const mostColumns = 12
const mostItems = 24
const mostText = 200

/** Rows that all findings together may still show. */
export interface Budget {
  rows: number
}

/** `mostAllowed` reads «most allowed»; a key that isn't ours stays as it is. */
const words = (key: string): string =>
  /^[a-z][A-Za-z0-9]{0,59}$/.test(key)
    ? key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    : cut(key, 60)

const isList = (value: Json): value is Json[] => Array.isArray(value)
const isRecord = (value: Json): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !isList(value)

function scalar(value: Json): string {
  if (value === null) return "–"
  if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)))
  if (isList(value)) {
    const shown = value.slice(0, mostItems).map(scalar).join(", ")
    return cut(
      value.length > mostItems ? `${shown}, and ${value.length - mostItems} more` : shown,
      4 * mostText,
    )
  }
  if (isRecord(value))
    return cut(
      Object.entries(value)
        .slice(0, mostColumns)
        .map(([key, each]) => `${words(key)} ${scalar(each)}`)
        .join("; "),
      mostText,
    )
  return cut(String(value), mostText)
}

const isTable = (value: Json): value is Record<string, Json>[] =>
  isList(value) && value.length > 0 && value.every(isRecord)

function listTable(name: string, list: Record<string, Json>[], budget: Budget): Html {
  const shown = list.slice(0, Math.min(mostRows, Math.max(3, budget.rows)))
  budget.rows -= shown.length
  const keys = [...new Set(shown.flatMap((each) => Object.keys(each)))].slice(0, mostColumns)
  const numeric = (key: string) => shown.every((each) => each[key] == null || typeof each[key] === "number")
  const rows = shown.map((each) => keys.map((key) => scalar(each[key] ?? null)))
  const columns = keys.map((key) => ({ head: words(key), number: numeric(key) }))
  const rest = list.length - shown.length
  const caption = rest > 0 ? `${words(name)}: ${shown.length} of ${list.length}` : words(name)
  return table(caption, columns, rows)
}

/** Null: there is none. A list of records is a table of its own; the rest are rows of key and value. */
export function evidenceTables(evidence: Finding["evidence"], budget: Budget): Html | null {
  const entries = Object.entries(evidence).slice(0, mostRows)
  if (entries.length === 0) return null
  if (budget.rows <= 0)
    return html`<p class="fact">Left out to keep this page small; the embedded snapshot has it.</p>`
  const lists = entries.filter(([, value]) => isTable(value))
  const others = entries.filter(([, value]) => !isTable(value))
  budget.rows -= others.length
  const rows = others.map(([key, value]) => [words(key), scalar(value)])
  return html`${rows.length === 0 ? "" : table("What was seen", [{ head: "fact" }, { head: "value", long: true }], rows)}${lists.map(([key, value]) => (isTable(value) ? listTable(key, value, budget) : ""))}`
}
