/** `--print-config`: every option, its value and where it comes from. */
import { maskTrackerUrl } from "../../torrent/tracker-url.ts"
import type { Configured } from "../config.ts"
import type { Terminal } from "../context.ts"
import { options, type OptionName, type OptionSpec } from "../options.ts"
import { isConfigurable, keyOf } from "../taken.ts"
import { schemaVersion } from "../../report.ts"
import { escape } from "../../render/text.ts"
import { version } from "../version.ts"
import { plainJson } from "../../evidence/plain-json.ts"

interface Row {
  option: string
  key: string
  /** Null: not set. */
  value: string | boolean | readonly string[] | null
  origin: string
}

export function printConfig(configuration: Configured, terminal: Pick<Terminal, "out" | "ascii">): number {
  const { flags, files } = configuration
  const rows = (options as readonly OptionSpec[])
    .filter(isConfigurable)
    .map((spec) => rowOf(spec, configuration))
  const json = flags.json === true || (typeof flags.format === "object" && flags.format.at(-1) === "json")
  if (json) {
    const tool = { name: "torrent-audit", version }
    terminal.out(`${plainJson({ schemaVersion, tool, files, options: rows, error: null }, 2)}\n`)
    return 0
  }
  const shown = (text: string) => escape(text, terminal.ascii)
  const lines = [
    "Configuration files, the strongest first",
    ...files.map(({ path, by, found }) => `  ${shown(path)} (${by}${found ? "" : "; not there"})`),
    "",
    "Options, their values and where they come from",
    ...rows.map(
      ({ option, value, origin }) =>
        `  ${option.padEnd(18)}  ${shown(textOf(value)).padEnd(24)}  ${shown(origin)}`,
    ),
  ]
  terminal.out(`${lines.join("\n")}\n`)
  return 0
}

function rowOf(spec: OptionSpec, { settings, origins }: Configured): Row {
  const name = spec.name as OptionName
  const setting = settings[name]
  const option = name.length === 1 ? `-${name}` : `--${name}`
  const origin = origins.get(name) ?? "default"
  const base = { option, key: keyOf(name), origin }
  if (setting === undefined)
    return {
      ...base,
      value: spec.kind === "flag" ? false : (spec.default ?? (spec.kind === "list" ? [] : null)),
    }
  if (typeof setting === "boolean") return { ...base, value: setting }
  const texts = setting.map((text) => withoutSecrets(name, text))
  return { ...base, value: spec.kind === "list" ? texts : (texts.at(-1) ?? null) }
}

/** What is printed ends in tickets and chats. */
function withoutSecrets(name: OptionName, text: string): string {
  if (name === "tracker") return maskTrackerUrl(text)
  // All after the host is the key to the watchdog.
  if (name === "ping") return `${URL.parse(text)?.origin ?? ""}/***`
  if (name === "store") text = text.replaceAll(/([?&](?:ssl)?password=)[^&]*/gi, "$1***")
  return name === "proxy" || name === "store"
    ? text.replace(/^([a-z0-9]+:\/\/[^:/@]*):.*@/i, "$1:***@")
    : text
}

function textOf(value: Row["value"]): string {
  if (value === null) return "none"
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (typeof value === "string") return value
  return value.length === 0 ? "none" : value.join(" ")
}
