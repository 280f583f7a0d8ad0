/** The words of a command line → a command, its targets and its flags. yargs splits them; what it lets pass is checked here. */
import yargs from "yargs"
import { InputError } from "../failure.ts"
import type { Flags } from "./context.ts"
import { options, specOf, type OptionName, type OptionSpec } from "./options.ts"
import { commandsTaking, oppositeOf } from "./taken.ts"
import { nearest } from "./values.ts"

export interface Parsed {
  command: string
  targets: string[]
  flags: Flags
  /** Flags that were said to be off: they take back what a configuration sets. */
  off?: readonly OptionName[]
}

const table: readonly OptionSpec[] = options
const longNames = table.map(({ name }) => name).filter((name) => name.length > 1)
const opposites = new Map(
  table.flatMap((spec) => {
    const opposite = oppositeOf(spec)
    return opposite === null ? [] : [[opposite, spec] as const]
  }),
)

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
  for (const { name, alias, kind } of table)
    parser.option(name, { type: kind === "flag" ? "boolean" : "string", ...(alias ? { alias } : {}) })
  for (const opposite of opposites.keys()) parser.option(opposite, { type: "boolean" })
  const { _: rest, $0: _, help, version, ...given } = await parser.parseAsync(plainFlags(words))
  const targets = rest.map(String)
  const isNamed = targets[0] !== undefined && commands.includes(targets[0])
  const command = isNamed ? (targets[0] ?? "audit") : "audit"
  if (version === true) return { command: "help", targets: ["version"], flags: {} }
  if (help === true)
    return { command: "help", targets: isNamed && command !== "help" ? [command] : [], flags: {} }
  const { flags, off } = checkFlags(given)
  for (const name of [...Object.keys(flags), ...off])
    refuseStranger(name, command, targets, isNamed, commands)
  const others = isNamed ? targets.slice(1) : targets
  return {
    command,
    targets: command === "help" && others.length === 0 ? ["topics"] : others,
    flags,
    ...(off.length > 0 && { off }),
  }
}

/** yargs reads whatever follows `--flag=`, save `true`, as false. */
function plainFlags(words: readonly string[]): string[] {
  const end = words.indexOf("--")
  return words.map((word, at) => {
    const [, name = "", value = ""] = ((end < 0 || at < end) && /^--([^=]+)=(.*)$/s.exec(word)) || []
    if (specOf(name)?.kind !== "flag" && !opposites.has(name)) return word
    if (value === "true" || value === "1") return `--${name}=true`
    if (value === "false" || value === "0") return `--${name}=false`
    throw new InputError(
      "bad-value",
      `--${name}=${value}: it takes no value`,
      `Use --${name} or --${name}=false.`,
    )
  })
}

function checkFlags(given: Record<string, unknown>): { flags: Flags; off: OptionName[] } {
  const flags: Flags = {}
  const said = new Map<OptionName, boolean>()
  for (const [name, value] of Object.entries(given)) {
    if (["help", "h", "version", "V"].includes(name) || value === undefined) continue
    const opposed = opposites.get(name)
    const spec = opposed ?? specOf(name)
    if (!spec) throw unknown(name)
    const id = spec.name as OptionName
    if (spec.kind === "flag") {
      const last: unknown = Array.isArray(value) ? value.at(-1) : value
      const on = (last === true) !== (opposed !== undefined)
      if (said.has(id) && said.get(id) !== on) throw contradiction(spec)
      said.set(id, on)
      if (on) flags[id] = true
      continue
    }
    const texts = (Array.isArray(value) ? value : [value]).map(String)
    if (texts.some((text) => text === ""))
      throw new InputError(
        "bad-value",
        `--${spec.name}: value missing`,
        `Use --${spec.name} ${valueHint(spec)}.`,
      )
    flags[id] = texts
  }
  return { flags, off: [...said].flatMap(([name, on]) => (on ? [] : [name])) }
}

const valueHint = (spec: OptionSpec): string => spec.choices?.join("|") ?? spec.value ?? "VALUE"

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`)

const contradiction = (spec: OptionSpec): InputError =>
  new InputError(
    "usage",
    `--${spec.name} and --${oppositeOf(spec)} contradict each other`,
    "Leave one of them out.",
  )

function unknown(name: string): InputError {
  const near = name.length > 1 ? nearest(name, longNames) : null
  return new InputError(
    "unknown-flag",
    `unknown option ${dashed(name)}`,
    near === null ? "See `torrent-audit help options`." : `Did you mean --${near}?`,
  )
}

/** A longer one is a magnet link, and may hold a passkey. */
const longestTarget = 60

/** Whoever gives a command an option that it has no use for expects something that won't happen. */
function refuseStranger(
  name: string,
  command: string,
  [target = "TARGET"]: readonly string[],
  isNamed: boolean,
  commands: readonly string[],
): void {
  const spec = specOf(name)
  const takers = spec === undefined ? [command] : commandsTaking(spec)
  if (takers.includes(command)) return
  const meant = isNamed ? null : nearest(target, commands)
  const few = takers.length <= 3
  throw new InputError(
    "usage",
    few ? `${dashed(name)} is an option of ${takers.join(", ")}` : `${command} takes no ${dashed(name)}`,
    meant !== null && takers.includes(meant)
      ? `Did you mean command \`${meant}\`?`
      : few
        ? `torrent-audit ${takers[0]} ${isNamed || target.length > longestTarget ? "…" : target} ${dashed(name)} …`
        : `See \`torrent-audit help ${command}\`.`,
  )
}
