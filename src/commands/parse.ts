/** The words of a command line → a command, its targets and its flags. yargs splits them; what it lets pass is checked here. */
import yargs from "yargs"
import { InputError } from "../failure.ts"
import type { Flags } from "./context.ts"
import { options, specOf, type OptionName, type OptionSpec } from "./options.ts"
import { nearest } from "./values.ts"

export interface Parsed {
  command: string
  targets: string[]
  flags: Flags
}

const longNames = options.map(({ name }: OptionSpec) => name).filter((name) => name.length > 1)

export async function parse(words: readonly string[], commands: readonly string[]): Promise<Parsed> {
  const parser = yargs()
    .locale("en")
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail(false)
    .parserConfiguration({
      "camel-case-expansion": false,
      "dot-notation": false,
      "boolean-negation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "duplicate-arguments-array": true,
    })
    .option("help", { alias: "h", type: "boolean" })
    .option("version", { alias: "V", type: "boolean" })
  for (const { name, alias, kind } of options as readonly OptionSpec[]) {
    parser.option(name, { type: kind === "flag" ? "boolean" : "string", ...(alias ? { alias } : {}) })
  }
  const { _: rest, $0: _, help, version, ...given } = await parser.parseAsync([...words])
  const targets = rest.map(String)
  if (version === true) return { command: "help", targets: ["version"], flags: {} }
  if (help === true) return { command: "help", targets: [], flags: {} }
  const flags = checkFlags(given)
  const named = targets[0] !== undefined && commands.includes(targets[0])
  return named
    ? { command: targets[0] ?? "audit", targets: targets.slice(1), flags }
    : { command: "audit", targets, flags }
}

function checkFlags(given: Record<string, unknown>): Flags {
  const flags: Flags = {}
  for (const [name, value] of Object.entries(given)) {
    if (["help", "h", "version", "V"].includes(name) || value === undefined) continue
    const spec = specOf(name)
    if (!spec) throw unknown(name)
    if (spec.kind === "flag") {
      const last: unknown = Array.isArray(value) ? value.at(-1) : value
      if (last === true) flags[spec.name as OptionName] = true
      continue
    }
    const texts = (Array.isArray(value) ? value : [value]).map(String)
    if (texts.some((text) => text === ""))
      throw new InputError(
        "bad-value",
        `--${spec.name}: value missing`,
        `Use --${spec.name} ${valueHint(spec)}.`,
      )
    flags[spec.name as OptionName] = texts
  }
  return flags
}

const valueHint = (spec: OptionSpec): string => spec.choices?.join("|") ?? spec.value ?? "VALUE"

function unknown(name: string): InputError {
  const near = name.length > 1 ? nearest(name, longNames) : null
  const dashes = name.length === 1 ? "-" : "--"
  return new InputError(
    "unknown-flag",
    `unknown option ${dashes}${name}`,
    near === null ? "See `torrent-audit help options`." : `Did you mean --${near}?`,
  )
}
