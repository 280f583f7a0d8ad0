/** Which command takes which option, by the option's group; and which options a configuration may set. */
import { options, type OptionName, type OptionSpec } from "./options.ts"

const audits = ["audit", "scrape", "peers", "watch", "schedule", "fleet"]
const swarms = [...audits, "demo"]
const networked = [...swarms, "dht", "doctor"]
const shows = [...swarms, "report"]
const saves = [...shows, "diff", "merge", "history", "dht", "doctor"]
const offline = ["inspect", "completion", "schema", "help"]
const all = [...saves, ...offline]

const byGroup: Record<OptionSpec["group"], readonly string[]> = {
  what: swarms,
  limits: swarms,
  where: networked,
  output: all,
  verdict: shows,
  config: [...saves, "inspect"],
  history: ["report"],
  watch: ["watch"],
  schedule: ["schedule"],
  doctor: ["doctor"],
  dht: ["dht"],
  fleet: ["fleet"],
}

/** Where an option is taken by more commands, or by fewer, than the rest of its group. */
const byName: Partial<Record<OptionName, readonly string[]>> = {
  depth: ["audit", "watch", "schedule", "fleet", "demo"],
  "announce-log": shows,
  mmdb: audits,
  pace: networked,
  timeout: networked,
  out: saves.filter((command) => command !== "diff"),
  top: [...shows, "history", "diff"],
  progress: networked,
  redact: [...shows, "history", "diff", "merge"],
  vantage: [...swarms, "report", "diff", "history"],
  store: [...audits, "report", "diff", "merge", "history"],
  "no-history": audits,
  "fail-on": [...shows, "diff", "merge"],
  "only-changes": audits,
  confirm: audits,
  ping: audits,
  "dry-run": [...audits, "history"],
  last: ["report", "diff", "merge", "history"],
  prune: ["history"],
  every: ["watch", "schedule", "fleet"],
}

export const commandsTaking = (spec: OptionSpec): readonly string[] =>
  byName[spec.name as OptionName] ?? byGroup[spec.group]

export const optionsOf = (command: string): OptionSpec[] =>
  (options as readonly OptionSpec[]).filter((spec) => commandsTaking(spec).includes(command))

/** What is meant for one moment is said on the command line alone. */
export const isConfigurable = ({ name, group }: OptionSpec): boolean =>
  !["config", "dht", "doctor"].includes(group) && !["last", "prune", "role"].includes(name)

/** `--dht` takes back a configuration's `noDht`, `--no-lsd` its `lsd`. Null: the option is no flag, or has no such name. */
export function oppositeOf({ name, kind }: OptionSpec): string | null {
  if (kind !== "flag" || name.length === 1) return null
  return name.startsWith("no-") ? name.slice(3) : `no-${name}`
}

/** `max-peers` → `maxPeers`. */
export const keyOf = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** `max-peers` → `TORRENT_AUDIT_MAX_PEERS`. */
export const variableOf = (name: string): string => `TORRENT_AUDIT_${name.toUpperCase().replaceAll("-", "_")}`
