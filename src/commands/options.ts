/** The one table of options: parsing, help, shell completion and the README are made from it. */
import { depths, encryptions } from "../evidence/words.ts"
import { limits, paceNames } from "../limits.ts"

export type OptionKind = "flag" | "text" | "list" | "duration" | "size" | "count" | "number" | "choice"

export interface OptionSpec {
  readonly name: string
  readonly alias?: string
  readonly kind: OptionKind
  readonly choices?: readonly string[]
  readonly value?: string
  readonly default?: string
  readonly group:
    | "what"
    | "limits"
    | "where"
    | "output"
    | "verdict"
    | "config"
    | "history"
    | "watch"
    | "schedule"
    | "doctor"
    | "dht"
    | "fleet"
  readonly help: string
}

const MiB = 1_048_576

export const options = [
  {
    name: "depth",
    kind: "choice",
    choices: depths,
    default: "sample",
    group: "what",
    help: "how far to go with each peer",
  },
  {
    name: "sample",
    kind: "count",
    value: "N",
    default: String(limits.run.samplePieces),
    group: "what",
    help: "distinct pieces to fetch and hash, swarm-wide",
  },
  { name: "seed", kind: "text", value: "TEXT", group: "what", help: "repeat a run's random choices" },
  {
    name: "pace",
    alias: "T",
    kind: "choice",
    choices: paceNames,
    default: "normal",
    group: "limits",
    help: "how hard to push",
  },
  {
    name: "timeout",
    kind: "duration",
    value: "TIME",
    default: `${limits.run.timeoutMs / 60_000}m`,
    group: "limits",
    help: "upper bound of the whole run",
  },
  {
    name: "max-peers",
    kind: "count",
    value: "N",
    default: String(limits.run.maxPeers),
    group: "limits",
    help: "peers to look at",
  },
  {
    name: "max-download",
    kind: "size",
    value: "SIZE",
    default: `${limits.run.maxDownloadBytes / MiB}MiB`,
    group: "limits",
    help: "payload to fetch",
  },
  { name: "tracker", kind: "list", value: "URL", group: "where", help: "ask this tracker too (repeatable)" },
  { name: "peer", kind: "list", value: "IP:PORT", group: "where", help: "visit this peer too (repeatable)" },
  {
    name: "dht-bootstrap",
    kind: "list",
    value: "HOST:PORT",
    group: "where",
    help: "begin in the DHT with this node (repeatable)",
  },
  { name: "no-dht", kind: "flag", group: "where", help: "leave the DHT alone" },
  { name: "no-pex", kind: "flag", group: "where", help: "don't ask peers about other peers" },
  { name: "lsd", kind: "flag", group: "where", help: "look on the local network too" },
  { name: "no-web-seeds", kind: "flag", group: "where", help: "don't ask web seeds" },
  {
    name: "encryption",
    kind: "choice",
    choices: encryptions,
    default: "prefer",
    group: "where",
    help: "dial peers encrypted when plaintext fails, always, or never",
  },
  {
    name: "proxy",
    kind: "text",
    value: "URL",
    group: "where",
    help: "go through this SOCKS5 proxy: socks5://[user:password@]host:port",
  },
  {
    name: "reference",
    kind: "text",
    value: "DIR",
    group: "what",
    help: "your own copy of the files: one block then tests a claim",
  },
  {
    name: "vantage",
    kind: "text",
    value: "LABEL",
    group: "what",
    help: "what this place is called, in snapshots and the history; of what is kept: from there",
  },
  {
    name: "announce-log",
    kind: "text",
    value: "FILE",
    group: "what",
    help: "your tracker's log: hold what clients report against it",
  },
  { name: "4", kind: "flag", group: "where", help: "IPv4 only" },
  { name: "6", kind: "flag", group: "where", help: "IPv6 only" },
  {
    name: "port",
    kind: "count",
    value: "PORT",
    default: "random",
    group: "where",
    help: "listen here for peers",
  },
  {
    name: "bind",
    kind: "text",
    value: "IP|IFACE",
    group: "where",
    help: "use this local address or interface",
  },
  {
    name: "allow-local",
    kind: "flag",
    group: "where",
    help: "admit private and, where you name it, loopback addresses",
  },
  {
    name: "out",
    alias: "o",
    kind: "list",
    value: "FILE",
    group: "output",
    help: "save it: .json, .json.gz, .html, .ndjson, .prom, .xml; DIR/ for several targets (repeatable)",
  },
  {
    name: "format",
    kind: "choice",
    choices: ["text", "json", "ndjson", "prom", "nagios", "atom"],
    default: "text",
    group: "output",
    help: "what to print",
  },
  { name: "json", kind: "flag", group: "output", help: "the same as --format json" },
  { name: "top", kind: "count", value: "N", default: "5", group: "output", help: "peers to list" },
  { name: "verbose", alias: "v", kind: "flag", group: "output", help: "also what passed" },
  { name: "quiet", alias: "q", kind: "flag", group: "output", help: "print nothing when all is well" },
  {
    name: "color",
    kind: "choice",
    choices: ["auto", "always", "never"],
    default: "auto",
    group: "output",
    help: "colours; NO_COLOR and FORCE_COLOR are honoured",
  },
  { name: "ascii", kind: "flag", group: "output", help: "plain ASCII drawings" },
  {
    name: "progress",
    kind: "choice",
    choices: ["auto", "plain", "none"],
    default: "auto",
    group: "output",
    help: "what to show while it runs",
  },
  {
    name: "redact",
    kind: "choice",
    choices: ["none", "prefix", "full"],
    default: "none on screen, prefix when saved or piped",
    group: "output",
    help: "rename peer addresses",
  },
  {
    name: "store",
    kind: "text",
    value: "URL",
    default: "a file in the state directory",
    group: "output",
    help: "keep the history in this database: postgres://user@host/database",
  },
  {
    name: "at-once",
    kind: "count",
    value: "N",
    default: "4 at depth sample",
    group: "fleet",
    help: "fleet worker: audits at the same time",
  },
  {
    name: "role",
    kind: "text",
    value: "ROLE",
    group: "fleet",
    help: "fleet init: give this role of the database what a worker needs",
  },
  {
    name: "no-history",
    kind: "flag",
    group: "output",
    help: "neither use nor keep what runs saw of this swarm",
  },
  { name: "min-seeders", kind: "count", value: "N", group: "verdict", help: "critical below" },
  {
    name: "min-availability",
    kind: "number",
    value: "X",
    group: "verdict",
    help: "distributed copies: critical below",
  },
  {
    name: "strict",
    kind: "flag",
    group: "verdict",
    help: "a limit that only unreached peers could meet counts as broken",
  },
  {
    name: "fail-on",
    kind: "choice",
    choices: ["warning", "critical", "never", "regression"],
    default: "warning",
    group: "verdict",
    help: "the mildest verdict that exits non-zero; regression: of diff only",
  },
  {
    name: "warning",
    alias: "w",
    kind: "list",
    value: "METRIC=RANGE",
    group: "verdict",
    help: "warn outside this range, as Nagios plugins write it: seeders=5: (repeatable)",
  },
  {
    name: "critical",
    alias: "c",
    kind: "list",
    value: "METRIC=RANGE",
    group: "verdict",
    help: "critical outside this range (repeatable)",
  },
  {
    name: "only-changes",
    kind: "flag",
    group: "verdict",
    help: "print only a new state, its end, and once a day what still is wrong",
  },
  {
    name: "confirm",
    kind: "count",
    value: "N",
    default: "1",
    group: "verdict",
    help: "audits that must agree before an alarm",
  },
  {
    name: "ping",
    kind: "text",
    value: "URL",
    group: "verdict",
    help: "tell a watchdog: URL/start, URL/STATUS",
  },
  { name: "config", kind: "text", value: "FILE", group: "config", help: "read options from this file too" },
  {
    name: "print-config",
    kind: "flag",
    group: "config",
    help: "print every option, its value and where it comes from",
  },
  { name: "dry-run", kind: "flag", group: "config", help: "say what would be done, and do nothing" },
  {
    name: "mmdb",
    kind: "list",
    value: "FILE",
    group: "what",
    help: "a MaxMind database: countries or networks of the peers (repeatable)",
  },
  {
    name: "last",
    kind: "text",
    value: "TARGET|N",
    group: "history",
    help: "report: the last audit of this target; diff: of its last N; merge: from each place",
  },
  {
    name: "max-age",
    kind: "text",
    value: "TIME",
    group: "history",
    help: "report: older than this is UNKNOWN",
  },
  { name: "prune", kind: "text", value: "TIME", group: "history", help: "history: forget what is older" },
  {
    name: "on",
    kind: "choice",
    choices: ["cron", "systemd"],
    default: "cron",
    group: "schedule",
    help: "who starts the audits",
  },
  {
    name: "mailto",
    kind: "text",
    value: "ADDRESS",
    group: "schedule",
    help: "where cron mails what is printed",
  },
  {
    name: "every",
    kind: "text",
    value: "TIME|CRON",
    default: `${limits.watch.everyMs / 60_000}m`,
    group: "watch",
    help: "from the start of one round to the next",
  },
  {
    name: "rounds",
    kind: "count",
    value: "N",
    group: "watch",
    help: "end after so many; otherwise Ctrl-C does",
  },
  {
    name: "map",
    kind: "flag",
    group: "doctor",
    help: "ask the router for a mapped port, and release it again",
  },
  { name: "yes", kind: "flag", group: "dht", help: "do write to the DHT: announce and put need it" },
  { name: "salt", kind: "text", value: "TEXT|0xHEX", group: "dht", help: "one of a key's items (BEP 44)" },
  { name: "key", kind: "text", value: "FILE", group: "dht", help: "put: sign with this Ed25519 private key" },
  { name: "new-key", kind: "flag", group: "dht", help: "put: make the --key file if there is none" },
  {
    name: "seq",
    kind: "count",
    value: "N",
    default: "one more than is stored",
    group: "dht",
    help: "put: sequence number",
  },
  {
    name: "cas",
    kind: "count",
    value: "N",
    group: "dht",
    help: "put: only in place of this sequence number",
  },
  { name: "file", kind: "text", value: "FILE", group: "dht", help: "put: the value, as @FILE" },
  { name: "bencoded", kind: "flag", group: "dht", help: "put: the value is bencode already" },
] as const satisfies readonly OptionSpec[]

export type OptionName = (typeof options)[number]["name"]

export const specOf = (name: string): OptionSpec | undefined =>
  options.find((spec: OptionSpec) => spec.name === name || spec.alias === name)
