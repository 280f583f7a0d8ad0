/** `-w METRIC=RANGE`, ranges as Nagios plugins take them: `10`, `10:`, `~:10`, `10:20`, `@10:20`. */
import { metrics, type Limit } from "../../evidence.ts"
import { InputError } from "../../failure.ts"
import { nearest } from "../values.ts"

const number = String.raw`-?(?:\d{1,15}(?:\.\d{1,9})?|\.\d{1,9})`
const syntax = new RegExp(String.raw`^(@)?(?:(~|${number})?:)?(${number})?$`)

/** Throws InputError `bad-range`. */
export function parseLimit(text: string): Limit {
  const [name = "", ...rest] = text.split("=")
  const metric = metrics.find((each) => each === name)
  const range = rest.length === 1 ? rangeOf(rest[0] ?? "") : null
  if (metric !== undefined && range !== null) return { metric, ...range }
  if (/^[a-z-]+$/i.test(name) && range !== null) {
    const near = nearest(name, metrics)
    const hint = near ? `Did you mean ${near}?` : `Use ${metrics.join(", ")}.`
    throw new InputError("bad-range", `'${name}' is not a metric`, hint)
  }
  throw new InputError("bad-range", `'${text}' is not a range`, hintFor(text))
}

/** Null: it is none, or its ends are the wrong way round. */
export function rangeOf(text: string): Omit<Limit, "metric"> | null {
  const match = syntax.exec(text)
  if (match === null) return null
  const [, at, from, to] = match
  if (from === undefined && to === undefined) return null
  // "start and : is not required if start=0"; an end that is left out is infinity.
  const low = from === "~" ? null : Number(from ?? 0)
  const high = to === undefined ? null : Number(to)
  if (low !== null && high !== null && low > high) return null
  return { low, high, inside: at !== undefined }
}

/** A range as it is written, for whoever reads Nagios plugins. */
export function hintFor(text: string): string {
  const [, name = "", comparison, value = ""] =
    /^\s*([a-z-]+)\s*(<=?|>=?)\s*(\d+(?:\.\d+)?)\s*$/.exec(text) ?? []
  const metric = metrics.find((each) => each === name) ?? "seeders"
  if (comparison?.startsWith(">")) return `Alert above ${value}: \`${metric}=~:${value}\`.`
  return `Alert below ${value || 1}: \`${metric}=${value || 1}:\`.`
}
