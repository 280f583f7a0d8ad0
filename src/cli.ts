/** The command line: the only place that maps results to exit codes and prints errors. */
import { isatty } from "node:tty"
import { terminalOf, type Command, type Context, type Terminal } from "./commands/context.ts"
import type { Parsed } from "./commands/parse.ts"
import { standardInput } from "./commands/stdin.ts"
import { InputError } from "./failure.ts"

const commands: Record<string, () => Promise<Command>> = {
  audit: async () => (await import("./commands/audit.ts")).auditAt(),
  scrape: async () => (await import("./commands/audit.ts")).auditAt("scrape"),
  peers: async () => (await import("./commands/audit.ts")).auditAt("discover"),
  watch: async () => (await import("./commands/watch.ts")).watch,
  report: async () => (await import("./commands/report.ts")).report,
  diff: async () => (await import("./commands/diff.ts")).diff,
  history: async () => (await import("./commands/history.ts")).history,
  schedule: async () => (await import("./commands/schedule.ts")).schedule,
  completion: async () => (await import("./commands/completion.ts")).completion,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  dht: async () => (await import("./commands/dht.ts")).dht,
  demo: async () => (await import("./commands/demo.ts")).demo,
  schema: async () => (await import("./commands/schema.ts")).schema,
  help: async () => (await import("./commands/help.ts")).help,
}

/** Codes of UX §7 → exit status; the rest is 3, UNKNOWN. */
const exitByCode: Record<string, number> = {
  "no-file": 65,
  "is-html": 65,
  "not-bencode": 65,
  truncated: 65,
  "no-info": 65,
  "bad-pieces": 65,
  "bad-metainfo": 65,
  "bad-magnet": 65,
  "bad-hash": 65,
  "fetch-failed": 65,
  unsupported: 65,
  "private-torrent": 65,
  "bad-key": 65,
  "too-large": 65,
  "bad-snapshot": 65,
  "bad-reference": 65,
  usage: 64,
  "needs-yes": 64,
  "unknown-flag": 64,
  "bad-value": 64,
  "bad-range": 64,
  "stdin-tty": 64,
  "out-format": 64,
  proxy: 64,
  "bad-config": 78,
  interrupted: 130,
  terminated: 143,
  "cant-write": 70,
  internal: 70,
}

export async function main(words: readonly string[]): Promise<number> {
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143)
    stop.abort(signal === "SIGINT" ? "interrupted" : "terminated")
  }
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
  // A reader that had enough (`| head`) is not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 70))

  // Nobody reads our messages: no reason to lose the record.
  process.stderr.on("error", () => {})

  let terminal = terminalOf({}, process.env)
  try {
    const parsed =
      askedAtOnce(words) ?? (await (await import("./commands/parse.ts")).parse(words, Object.keys(commands)))
    const { flags } = parsed
    terminal = terminalOf(flags, process.env)
    const context: Context = {
      targets: parsed.targets,
      flags,
      terminal,
      environment: process.env,
      stdin: isatty(0) ? null : () => standardInput(stop.signal),
      stop: stop.signal,
    }
    const command = await commands[parsed.command]!()
    return await command(context)
  } catch (error) {
    return await explain(error, terminal, wantsJson(words))
  } finally {
    process.off("SIGINT", onSignal)
    process.off("SIGTERM", onSignal)
  }
}

/** `--help` and `--version` alone need no parser, which costs more than the rest of the start together. */
function askedAtOnce(words: readonly string[]): Parsed | null {
  const [word, ...more] = words
  if (more.length > 0) return null
  if (word === "--help" || word === "-h") return { command: "help", targets: [], flags: {} }
  if (word === "--version" || word === "-V") return { command: "help", targets: ["version"], flags: {} }
  return null
}

/** Also when the command line could not be understood. */
const wantsJson = (words: readonly string[]): boolean =>
  words.some(
    (word, at) =>
      word === "--json" || word === "--format=json" || (word === "--format" && words[at + 1] === "json"),
  )

async function explain(error: unknown, terminal: Terminal, json: boolean): Promise<number> {
  const known = error instanceof InputError
  const { code, message, hint } = known
    ? error
    : {
        code: "internal",
        message: error instanceof Error ? error.message : String(error),
        hint: "This is a bug of torrent-audit: please report it with the command line.",
      }
  const { formatError } = await import("./render/errors.ts")
  // Exactly one document, whatever happens.
  if (json && !terminal.printed) {
    const { failedSnapshot } = await import("./commands/snapshot.ts")
    terminal.out(`${JSON.stringify(failedSnapshot({ code, message, hint }))}\n`)
  }
  terminal.err(formatError({ code, message, hint }, { color: terminal.errorColor, ascii: terminal.ascii }))
  if (!known && process.env["TORRENT_AUDIT_DEBUG"] && error instanceof Error) terminal.err(`${error.stack}\n`)
  return exitByCode[code] ?? 3
}

const status = await main(process.argv.slice(2))
// Writes to a pipe are asynchronous and must drain; what else may linger (a name look-up that can't be cancelled) must not hold us.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
)
process.exit(status)
