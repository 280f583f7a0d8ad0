/** What configuration files and the environment say of options, before it is known which command wants it. */
import { InputError } from "../../failure.ts"
import { badConfig } from "../../store/config-file.ts"
import { options, specOf, type OptionName, type OptionSpec } from "../options.ts"
import { isConfigurable, keyOf, variableOf } from "../taken.ts"
import { nearest, parseChoice, parseCount, parseDuration, parseNumber, parseSize } from "../values.ts"

/** As `Flags`, and false: switched off, which takes back what a weaker layer says. */
export type Settings = Partial<Record<OptionName, readonly string[] | boolean>>

const table: readonly OptionSpec[] = options
const byKey = new Map(table.map((spec) => [keyOf(spec.name), spec]))
const byVariable = new Map(table.map((spec) => [variableOf(spec.name), spec]))
const configurableKeys = [...byKey].flatMap(([key, spec]) => (isConfigurable(spec) ? [key] : []))

/** Throws InputError `bad-config`. */
export function settingsOfFile(path: string, entries: Readonly<Record<string, unknown>>): Settings {
  const settings: Settings = {}
  for (const [key, value] of Object.entries(entries)) {
    if (key === "$schema") continue
    const spec = byKey.get(key)
    if (spec === undefined) throw unknownKey(path, key)
    if (!isConfigurable(spec)) throw notThere(`${path}: \`${key}\``, spec)
    settings[spec.name as OptionName] = settingOf(path, key, spec, value)
  }
  return settings
}

function unknownKey(path: string, key: string): InputError {
  // Whoever knows the option writes it as on the command line.
  const near = byKey.get(keyOf(key)) ? keyOf(key) : nearest(key, configurableKeys)
  return badConfig(
    `${path}: \`${key.slice(0, 60)}\` unknown`,
    near === null ? "Keys are option names: see `torrent-audit help config`." : `Did you mean ${near}?`,
  )
}

const notThere = (what: string, spec: OptionSpec): InputError =>
  badConfig(`${what} can't be set there`, `Say --${spec.name} on the command line.`)

/** A number may stand for itself; all else is text as on the command line. */
function settingOf(path: string, key: string, spec: OptionSpec, value: unknown): readonly string[] | boolean {
  const wrong = (what: string, example: string) =>
    badConfig(`${path}: \`${key}\` is not ${what}`, `Write "${key}": ${example}.`)
  if (spec.kind === "flag") {
    if (typeof value === "boolean") return value
    throw wrong("true or false", "true")
  }
  if (spec.kind === "count" || spec.kind === "number") {
    const isRight = typeof value === "number" || value === spec.default
    if (!isRight) throw wrong(spec.kind === "count" ? "a whole number" : "a number", "3")
    return [String(value)]
  }
  const texts: readonly unknown[] = spec.kind === "list" && Array.isArray(value) ? value : [value]
  if (texts.every((text) => typeof text === "string" && text !== "")) return texts as string[]
  const example = spec.choices?.[0] ?? spec.default ?? spec.value ?? "…"
  throw spec.kind === "list" ? wrong("a list of texts", `["${example}"]`) : wrong("a text", `"${example}"`)
}

export interface Variable {
  variable: string
  settings: Settings
}

/** One layer a variable, so that an error can name it. An empty one counts as not set. Throws InputError `bad-config`. */
export function settingsOfEnvironment(environment: NodeJS.ProcessEnv): Variable[] {
  const layers: Variable[] = []
  for (const [variable, text = ""] of Object.entries(environment)) {
    if (!variable.startsWith("TORRENT_AUDIT_") || text === "") continue
    // Where the stack of a bug is wanted; and the file that --config would name.
    if (variable === "TORRENT_AUDIT_DEBUG" || variable === "TORRENT_AUDIT_CONFIG") continue
    const spec = byVariable.get(variable)
    if (spec === undefined) throw unknownVariable(variable)
    if (!isConfigurable(spec)) throw notThere(variable, spec)
    layers.push({ variable, settings: { [spec.name]: variableSetting(variable, spec, text) } })
  }
  return layers
}

function unknownVariable(variable: string): InputError {
  const near = nearest(variable, [...byVariable.keys()])
  return badConfig(
    `${variable} unknown`,
    near === null ? "See `torrent-audit help config`." : `Did you mean ${near}?`,
  )
}

function variableSetting(variable: string, spec: OptionSpec, text: string): readonly string[] | boolean {
  // No URL, address or range has a space in it; a path that has one can stand in a file.
  if (spec.kind === "list") return text.split(/\s+/).filter(Boolean)
  if (spec.kind !== "flag") return [text]
  if (text === "1" || text === "true") return true
  if (text === "0" || text === "false") return false
  throw badConfig(`${variable}=${text.slice(0, 60)}: not a switch`, "Use 1, true, 0 or false.")
}

/** Every value through the parsers that the command line has, one by one. `named`: what the message calls the option. */
export async function checkSettings(settings: Settings, named: (spec: OptionSpec) => string): Promise<void> {
  const { gatherOptions, outputOptions } = await import("../request.ts")
  const { watchOptions } = await import("../watch/options.ts")
  const { parseProxy } = await import("../../network.ts")
  for (const [name, value] of Object.entries(settings)) {
    const spec = specOf(name)
    if (spec === undefined || typeof value === "boolean") continue
    const flags = { [name]: value, ...(name === "every" && { pace: settings.pace || ["normal"] }) }
    try {
      for (const text of value) byKind[spec.kind]?.(spec, text)
      gatherOptions(flags)
      outputOptions(flags)
      watchOptions(flags)
      if (name === "proxy") parseProxy(value.at(-1) ?? "")
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      throw badConfig(error.message.replace(`--${name}`, named(spec)), error.hint)
    }
  }
}

const byKind: Partial<Record<OptionSpec["kind"], (spec: OptionSpec, text: string) => unknown>> = {
  duration: parseDuration,
  size: parseSize,
  number: parseNumber,
  choice: parseChoice,
  count: (spec, text) => text === spec.default || parseCount(spec, text),
}
