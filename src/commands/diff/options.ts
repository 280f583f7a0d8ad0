/** What `diff` is asked for. */
import { InputError } from "../../failure.ts"
import { redactions, type Redaction } from "../../store/redact.ts"
import type { Flags } from "../context.ts"
import { specOf, type OptionName, type OptionSpec } from "../options.ts"
import { parseChoice, parseCount } from "../values.ts"

export interface DiffOptions {
  json: boolean
  quiet: boolean
  verbose: boolean
  /** Null: none on screen, prefix when piped. */
  redact: Redaction | null
  /** What exits with 1. */
  failOn: "difference" | "regression" | "never"
  /** The newest and the one so many audits back, itself counted; null: two snapshots are named. */
  last: number | null
}

export function diffOptions(flags: Flags): DiffOptions {
  const format = last(flags, "format", parseChoice) ?? "text"
  if (format !== "text" && format !== "json")
    throw new InputError("out-format", `diff is not written as ${format}`, "Use --format text or json.")
  const asked = last(flags, "fail-on", parseChoice)
  const redact = last(flags, "redact", parseChoice)
  return {
    json: flags.json === true || format === "json",
    quiet: flags.quiet === true,
    verbose: flags.verbose === true,
    redact: redactions.find((each) => each === redact) ?? null,
    // A verdict is not what a diff is about: of the other choices only `never` says something here.
    failOn: asked === "never" || asked === "regression" ? asked : "difference",
    last: last(flags, "last", (option, text) => parseCount(option, text, 2, 10_000)),
  }
}

function last<T>(flags: Flags, name: OptionName, parse: (option: OptionSpec, text: string) => T): T | null {
  const given = flags[name]
  const text = given === undefined || given === true ? undefined : given.at(-1)
  const option = specOf(name)
  return text === undefined || option === undefined ? null : parse(option, text)
}
