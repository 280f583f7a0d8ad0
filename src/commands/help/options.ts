/** Options as pages list them, from the one table. */
import { wrap } from "../../render/text.ts"
import { options, type OptionSpec } from "../options.ts"

const groups: Record<OptionSpec["group"], string> = {
  what: "What is looked at",
  limits: "Limits",
  where: "Where",
  output: "Output",
  verdict: "Verdict",
  config: "Configuration",
  history: "Kept audits",
  fleet: "Fleets",
  watch: "Rounds",
  schedule: "Schedule",
  doctor: "Doctor",
  dht: "DHT",
}

const shown = (spec: OptionSpec): string => {
  const long = spec.name.length === 1 ? `-${spec.name}` : `--${spec.name}`
  const value = spec.kind === "choice" ? spec.choices?.join("|") : spec.value
  const name = spec.alias ? `-${spec.alias}, ${long}` : long
  return value ? `${name} ${value}` : name
}

const columns = 80
const textAt = 36

function optionLines(spec: OptionSpec): string[] {
  const help = [spec.help, spec.default ? `(${spec.default})` : ""].filter(Boolean).join(" ")
  const left = `  ${shown(spec)}`
  const [first = "", ...rest] = wrap(help, columns - textAt)
  const beside =
    left.length < textAt
      ? [`${left.padEnd(textAt)}${first}`.trimEnd()]
      : [left, `${" ".repeat(textAt)}${first}`.trimEnd()]
  return [...beside, ...rest.map((line) => " ".repeat(textAt) + line)]
}

/** By group, each under its title, a blank line after it. */
export function optionPage(listed: readonly OptionSpec[] = options): string {
  const lines = Object.entries(groups).flatMap(([group, title]) => {
    const within = listed.filter((spec) => spec.group === group)
    return within.length === 0 ? [] : [title, ...within.flatMap(optionLines), ""]
  })
  return lines.join("\n")
}
