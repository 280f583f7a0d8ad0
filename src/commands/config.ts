/** Command line, environment, configuration files and defaults → the flags that a command gets, each with its origin. */
import { isAbsolute, join } from "node:path"
import { readConfigFile } from "../store/config-file.ts"
import { homeDirectory } from "../store/xdg.ts"
import type { Flags } from "./context.ts"
import { checkSettings, settingsOfEnvironment, settingsOfFile, type Settings } from "./config/layers.ts"
import { specOf, type OptionName, type OptionSpec } from "./options.ts"
import type { Parsed } from "./parse.ts"
import { commandsTaking, keyOf } from "./taken.ts"

export interface ConfigFile {
  path: string
  /** `--config`, or where the path comes from. */
  by: string
  found: boolean
}

export interface Configured {
  /** What the command takes of it all. */
  flags: Flags
  /** Of every option that is set anywhere, whether the command takes it or not. */
  settings: Settings
  origins: ReadonlyMap<OptionName, string>
  /** The strongest first. */
  files: readonly ConfigFile[]
}

interface Layer {
  origin: string
  settings: Settings
  kind: "words" | "environment" | "file"
}

export const systemConfig = "/etc/torrent-audit/config.json"

/** Throws InputError `bad-config`. `system` is where the machine's own configuration is. */
export async function configured(
  { command, flags, off = [] }: Parsed,
  environment: NodeJS.ProcessEnv,
  system: string = systemConfig,
): Promise<Configured> {
  const files: ConfigFile[] = []
  const layers: Layer[] = []
  for (const { path, by, isNamed } of filesOf(flags, environment, system)) {
    const entries = await readConfigFile(path, isNamed)
    files.push({ path, by, found: entries !== null })
    if (entries === null) continue
    const settings = settingsOfFile(path, entries)
    await checkSettings(settings, ({ name }) => `${path}: ${keyOf(name)}`)
    layers.push({ origin: path, settings, kind: "file" })
  }
  layers.reverse()
  for (const { variable, settings } of settingsOfEnvironment(environment)) {
    await checkSettings(settings, () => variable)
    layers.push({ origin: variable, settings, kind: "environment" })
  }
  const words: Settings = { ...flags }
  for (const name of off) words[name] = false
  layers.push({ origin: "command line", settings: words, kind: "words" })
  const all = merged(layers)
  const taken = merged(layers.map((layer) => ({ ...layer, settings: forCommand(command, layer) })))
  return { flags: withoutOff(taken.settings), ...all, files }
}

function filesOf(flags: Flags, environment: NodeJS.ProcessEnv, system: string) {
  const named = (typeof flags.config === "object" ? flags.config.at(-1) : null) ?? null
  const variable = environment["TORRENT_AUDIT_CONFIG"] || null
  const home = environment["XDG_CONFIG_HOME"]
  const isXdg = home !== undefined && isAbsolute(home)
  const users = join(isXdg ? home : join(homeDirectory(), ".config"), "torrent-audit", "config.json")
  const path = named ?? variable
  return [
    ...(path === null
      ? []
      : [{ path, by: named === null ? "TORRENT_AUDIT_CONFIG" : "--config", isNamed: true }]),
    { path: users, by: isXdg ? "XDG_CONFIG_HOME" : "your own", isNamed: false },
    { path: system, by: "this machine's", isNamed: false },
  ]
}

/** Of what several options say together, the layer that says any of it says all of it. */
const together: readonly (readonly OptionName[])[] = [
  ["format", "json"],
  ["4", "6"],
]

/** The weakest layer first. */
function merged(layers: readonly Layer[]): { settings: Settings; origins: Map<OptionName, string> } {
  const settings: Settings = {}
  const origins = new Map<OptionName, string>()
  for (const layer of layers) {
    const names = Object.keys(layer.settings) as OptionName[]
    for (const name of names)
      for (const other of together.find((each) => each.includes(name)) ?? []) {
        delete settings[other]
        origins.delete(other)
      }
    for (const name of names) {
      settings[name] = layer.settings[name] ?? false
      origins.set(name, layer.origin)
    }
  }
  return { settings, origins }
}

/** A configuration speaks to whichever command it can; the command line was checked when it was parsed. */
function forCommand(command: string, { kind, settings }: Layer): Settings {
  if (kind === "words") return settings
  const entries = Object.entries(settings).filter(([name, value]) => {
    const spec = specOf(name)
    return (
      spec !== undefined && commandsTaking(spec).includes(command) && isMeantFor(command, kind, spec, value)
    )
  })
  return Object.fromEntries(entries)
}

const audits = new Set(["audit", "scrape", "peers", "watch"])

/** What is written down was written for audits: where another command would refuse it or do something else, it isn't meant. */
function isMeantFor(
  command: string,
  kind: Layer["kind"],
  { group, name }: OptionSpec,
  value: Settings[OptionName],
): boolean {
  if (audits.has(command)) return true
  if (name === "out" || (command === "doctor" && name === "tracker")) return false
  if (name === "format" && command !== "report")
    return Array.isArray(value) && value.every((each) => each === "text" || each === "json")
  // The demo shows the same to everybody.
  if (command === "demo") return group === "output"
  // The audits that it starts read the files themselves.
  if (command === "schedule") return kind !== "file" || ["schedule", "watch"].includes(group) || isLook(name)
  return true
}

const isLook = (name: string): boolean => ["color", "ascii", "json", "format"].includes(name)

function withoutOff(settings: Settings): Flags {
  const flags: Flags = {}
  for (const [name, value] of Object.entries(settings) as [OptionName, Settings[OptionName]][])
    if (value !== false && value !== undefined) flags[name] = value
  return flags
}
