/** Flags → what gather, judge and the renderers need, every value checked before anything is sent. */
import { randomBytes } from "node:crypto"
import { networkInterfaces } from "node:os"
import { depths, encryptions, type Depth, type Endpoint, type Family } from "../evidence.ts"
import { InputError } from "../failure.ts"
import type { GatherOptions } from "../gather.ts"
import { limits, paceNames, type PaceName } from "../limits.ts"
import { redactions, type Redaction } from "../store/redact.ts"
import { formatEndpoint, parseEndpoint, splitHostPort } from "../torrent/endpoint.ts"
import type { Flags } from "./context.ts"
import { checkOutFile } from "./outputs.ts"
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
    thresholds: {
      minSeeders: read(flags, "min-seeders", parseCount),
      minAvailability: read(flags, "min-availability", parseNumber),
      strict: flags.strict === true,
    },
    version,
  }
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
    `--tracker ${text}: not a tracker URL`,
    "Use http://, https://, udp://, ws:// or wss:// and a host.",
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

/** `rounds`: null is no end. */
export function watchOptions(flags: Flags): { everyMs: number; rounds: number | null } {
  const { leastMs, leastLabMs } = limits.watch
  const isLab = choice<PaceName>(flags, "pace", paceNames, "normal") === "lab"
  const everyMs =
    read(flags, "every", (option, text) => {
      const ms = parseDuration(option, text)
      if (ms >= (isLab ? leastLabMs : leastMs)) return ms
      throw new InputError("bad-value", `--every ${text}: too often`, `Use ${leastMs / 1_000}s or more.`)
    }) ?? limits.watch.everyMs
  return {
    everyMs,
    rounds: read(flags, "rounds", (option, text) => parseCount(option, text, 1, 1_000_000)),
  }
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
}

export function outputOptions(flags: Flags): OutputOptions {
  const format = choice(flags, "format", ["text", "json", "ndjson", "prom", "nagios", "atom"], "text")
  const files = list(flags, "out")
  for (const file of files) checkOutFile(file)
  return {
    format: flags.json === true ? "json" : format,
    files,
    top: read(flags, "top", parseCount) ?? 5,
    verbose: flags.verbose === true,
    quiet: flags.quiet === true,
    progress: choice(flags, "progress", ["auto", "plain", "none"], "auto"),
    redact: read(flags, "redact", parseChoice) === null ? null : choice(flags, "redact", redactions, "none"),
    failOn: choice(flags, "fail-on", ["warning", "critical", "never"], "warning"),
    keep: flags["no-history"] !== true,
  }
}
