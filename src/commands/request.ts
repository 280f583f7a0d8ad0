/** Flags → what gather, judge and the renderers need, every value checked before anything is sent. */
import { randomBytes } from "node:crypto"
import { networkInterfaces } from "node:os"
import {
  depths,
  encryptions,
  vantageLabel,
  type Depth,
  type Endpoint,
  type Family,
  type Run,
  type Thresholds,
} from "../evidence.ts"
import { InputError } from "../failure.ts"
import type { GatherOptions } from "../gather.ts"
import { limits, paceNames, type PaceName } from "../limits.ts"
import { isPostgres } from "../store/database.ts"
import { redactions, type Redaction } from "../store/redact.ts"
import { formatEndpoint, parseEndpoint, splitHostPort } from "../torrent/endpoint.ts"
import { maskTrackerUrl } from "../torrent/tracker-url.ts"
import type { Flags } from "./context.ts"
import { checkOutFile } from "./deliver/outputs.ts"
import { parseLimit } from "./request/ranges.ts"
import type { Stream } from "./deliver/stream.ts"
import { specOf, type OptionName, type OptionSpec } from "./options.ts"
import { parseChoice, parseCount, parseDuration, parseNumber, parseSize } from "./values.ts"
import { version } from "./version.ts"

const spec = (name: OptionName): OptionSpec => {
  const found = specOf(name)
  if (!found) throw new Error(`no option ${name}`)
  return found
}

/** The last one wins where a value is given twice. */
function read<T>(flags: Flags, name: OptionName, parse: (option: OptionSpec, text: string) => T): T | null {
  const text = list(flags, name).at(-1)
  return text === undefined ? null : parse(spec(name), text)
}

const list = (flags: Flags, name: OptionName): readonly string[] => {
  const given = flags[name]
  return given === undefined || given === true ? [] : given
}

const choice = <T extends string>(flags: Flags, name: OptionName, all: readonly T[], otherwise: T): T => {
  const given = read(flags, name, parseChoice)
  return all.find((each) => each === given) ?? otherwise
}

export function gatherOptions(flags: Flags, forced: { depth?: Depth } = {}): GatherOptions {
  const vantage = vantageOf(flags)
  return {
    depth: forced.depth ?? choice(flags, "depth", depths, "sample"),
    pace: choice<PaceName>(flags, "pace", paceNames, "normal"),
    timeoutMs: read(flags, "timeout", parseDuration) ?? limits.run.timeoutMs,
    maxPeers:
      read(flags, "max-peers", (option, text) => parseCount(option, text, 1, 100_000)) ?? limits.run.maxPeers,
    maxDownloadBytes: read(flags, "max-download", parseSize) ?? limits.run.maxDownloadBytes,
    samplePieces:
      read(flags, "sample", (option, text) => parseCount(option, text, 1, 100_000)) ??
      limits.run.samplePieces,
    seed: read(flags, "seed", (_, text) => text) ?? randomBytes(8).toString("hex"),
    trackers: list(flags, "tracker").map(trackerUrl),
    peers: list(flags, "peer").map(peerEndpoint),
    dht: flags["no-dht"] !== true,
    dhtBootstrap: list(flags, "dht-bootstrap").map(bootstrapNode),
    pex: flags["no-pex"] !== true,
    lsd: flags.lsd === true,
    webSeeds: flags["no-web-seeds"] !== true,
    encryption: choice(flags, "encryption", encryptions, "prefer"),
    proxied: flags.proxy !== undefined,
    families: families(flags),
    port: read(flags, "port", (option, text) =>
      text === "random" ? null : parseCount(option, text, 1, 65_535),
    ),
    allowLocal: flags["allow-local"] === true,
    ...(vantage !== null && { vantage }),
    thresholds: thresholdsOf(flags),
    version,
  }
}

/** Lists that were not given are left out. */
export function thresholdsOf(flags: Flags): Thresholds {
  const [warning, critical] = [list(flags, "warning"), list(flags, "critical")]
  const most = 100
  if (Math.max(warning.length, critical.length) > most)
    throw new InputError("bad-range", "too many limits", `Use at most ${most} each.`)
  return {
    minSeeders: read(flags, "min-seeders", parseCount),
    minAvailability: read(flags, "min-availability", parseNumber),
    strict: flags.strict === true,
    ...(warning.length > 0 && { warning: warning.map(parseLimit) }),
    ...(critical.length > 0 && { critical: critical.map(parseLimit) }),
  }
}

/** A saved run held to the limits of today: each kind that is given takes the place of what was asked for then. */
export function withThresholds(run: Run, flags: Flags): Run {
  const { strict, ...given } = thresholdsOf(flags)
  const { minSeeders, minAvailability, ...lists } = given
  const { thresholds } = run
  return {
    ...run,
    thresholds: {
      ...thresholds,
      minSeeders: minSeeders ?? thresholds.minSeeders,
      minAvailability: minAvailability ?? thresholds.minAvailability,
      strict: strict || thresholds.strict,
      ...lists,
    },
  }
}

/** Null: it has no name. */
export const vantageOf = (flags: Flags): string | null => read(flags, "vantage", parseVantage)

/** Fit for a file name, a metric's label and a queue's name. */
export function parseVantage(option: OptionSpec, text: string): string {
  if (vantageLabel.safeParse(text).success) return text
  throw new InputError(
    "bad-value",
    `--${option.name} ${text.slice(0, 80)}: not a label`,
    "Use small letters, digits, dots and hyphens, at most 40: ams-1.",
  )
}

function families(flags: Flags): Family[] {
  if (flags["4"] === flags["6"]) return ["ipv4", "ipv6"]
  return flags["4"] ? ["ipv4"] : ["ipv6"]
}

const trackerSchemes = new Set(["http:", "https:", "udp:", "ws:", "wss:"])

function trackerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && trackerSchemes.has(url.protocol) && url.hostname !== "") return text
  throw new InputError(
    "bad-value",
    `--tracker ${maskTrackerUrl(text)}: not a tracker URL`,
    "Use http://, https://, udp://, ws:// or wss:// and a host.",
  )
}

/** Null: the state directory. */
export function storeOf(flags: Flags): string | null {
  const url = read(flags, "store", (_, text) => text)
  if (url === null || isPostgres(url)) return url
  throw new InputError(
    "bad-value",
    "--store: not the URL of a database",
    "Use postgres://user@host:5432/database; the password may be in PGPASSWORD or ~/.pgpass.",
  )
}

export function bootstrapNode(text: string): string {
  const parsed = splitHostPort(text)
  if (parsed && parsed.port > 0) return formatEndpoint(parsed.host, parsed.port)
  throw new InputError(
    "bad-value",
    `--dht-bootstrap ${text}: not a host and port`,
    "Use dht.example.org:6881 or [2001:db8::7]:6881.",
  )
}

function peerEndpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text)
  if (parsed) return formatEndpoint(parsed.host, parsed.port)
  throw new InputError(
    "bad-value",
    `--peer ${text}: not an address and port`,
    "Use 192.0.2.7:6881 or [2001:db8::7]:6881.",
  )
}

/** The local address of each family: an IP stands for itself, an interface for its own addresses. */
export function bindAddresses(flags: Flags): Partial<Record<Family, string>> {
  const given = read(flags, "bind", (_, text) => text)
  if (given === null) return {}
  const asIp = parseEndpoint(formatEndpoint(given, 1))
  if (asIp) return { [asIp.family]: given }
  const found: Partial<Record<Family, string>> = {}
  for (const { address, family, scopeid } of networkInterfaces()[given] ?? []) {
    if (scopeid) continue
    found[family === "IPv6" ? "ipv6" : "ipv4"] ??= address
  }
  if (found.ipv4 ?? found.ipv6) return found
  throw new InputError(
    "bad-value",
    `--bind ${given}: no such address or interface`,
    `Use an IP or one of ${Object.keys(networkInterfaces()).join(", ")}.`,
  )
}

export interface OutputOptions {
  format: "text" | "json" | "ndjson" | "prom" | "nagios" | "atom"
  files: readonly string[]
  top: number
  verbose: boolean
  quiet: boolean
  progress: "auto" | "plain" | "none"
  /** null: as UX says, none on screen, prefix when saved or piped. */
  redact: Redaction | null
  failOn: "warning" | "critical" | "never"
  /** Put it into the history. */
  keep: boolean
  /** Print only what is new: see `alerts.ts`. */
  onlyChanges: boolean
  /** Where the format, or a file, asks for a stream. */
  events?: Stream
}

export function outputOptions(flags: Flags): OutputOptions {
  const format = choice(flags, "format", ["text", "json", "ndjson", "prom", "nagios", "atom"], "text")
  const files = list(flags, "out")
  for (const file of files) checkOutFile(file)
  const keep = flags["no-history"] !== true
  const { onlyChanges } = alertOptions(flags)
  return {
    format: flags.json === true ? "json" : format,
    files,
    top: read(flags, "top", parseCount) ?? 5,
    verbose: flags.verbose === true,
    quiet: flags.quiet === true,
    progress: choice(flags, "progress", ["auto", "plain", "none"], "auto"),
    redact: read(flags, "redact", parseChoice) === null ? null : choice(flags, "redact", redactions, "none"),
    failOn: failOn(flags),
    keep,
    onlyChanges,
  }
}

function failOn(flags: Flags): OutputOptions["failOn"] {
  if (read(flags, "fail-on", parseChoice) === "regression")
    throw new InputError(
      "bad-value",
      "--fail-on regression: one audit alone tells none",
      "Use it with diff: torrent-audit diff old.json new.json --fail-on regression",
    )
  return choice(flags, "fail-on", ["warning", "critical", "never"], "warning")
}

export interface AlertOptions {
  onlyChanges: boolean
  /** Audits in all that must agree. */
  confirm: number
  ping: URL | null
}

export function alertOptions(flags: Flags): AlertOptions {
  const onlyChanges = flags["only-changes"] === true
  if (onlyChanges && flags["no-history"] === true)
    throw new InputError(
      "usage",
      "--only-changes with --no-history",
      "The history knows what was told last: leave --no-history out.",
    )
  return {
    onlyChanges,
    confirm:
      read(flags, "confirm", (option, text) => parseCount(option, text, 1, limits.confirm.maxAudits)) ?? 1,
    ping: read(flags, "ping", (_, text) => pingUrl(text)),
  }
}

function pingUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && (url.protocol === "http:" || url.protocol === "https:") && url.username === "") return url
  throw new InputError(
    "bad-value",
    "--ping: not a web address",
    "Use https://hc-ping.com/… as your watchdog shows it.",
  )
}
