/** The command line: the only place that maps results to exit codes and prints errors. */
import { isatty } from "node:tty"
import { terminalOf, type Command, type Context, type Flags, type Terminal } from "./commands/context.ts"
import type { Parsed } from "./commands/parse.ts"
import { diffFailed, errorStatus, folded } from "./commands/exit-status.ts"
import { leave } from "./commands/leave.ts"
import { standardInput } from "./commands/stdin.ts"
import { InputError } from "./failure.ts"

const commands: Record<string, () => Promise<Command>> = {
  audit: async () => (await import("./commands/audit.ts")).auditAt(),
  scrape: async () => (await import("./commands/audit.ts")).auditAt("scrape"),
  peers: async () => (await import("./commands/audit.ts")).auditAt("discover"),
  watch: async () => (await import("./commands/watch.ts")).watch,
  report: async () => (await import("./commands/report.ts")).report,
  diff: async () => (await import("./commands/diff.ts")).diff,
  merge: async () => (await import("./commands/merge.ts")).merge,
  history: async () => (await import("./commands/history.ts")).history,
  schedule: async () => (await import("./commands/schedule.ts")).schedule,
  fleet: async () => (await import("./commands/fleet.ts")).fleet,
  completion: async () => (await import("./commands/completion.ts")).completion,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  dht: async () => (await import("./commands/dht.ts")).dht,
  demo: async () => (await import("./commands/demo.ts")).demo,
  schema: async () => (await import("./commands/schema.ts")).schema,
  help: async () => (await import("./commands/help.ts")).help,
}

/** They help to mend a configuration. */
const unconfigured = new Set(["help", "completion", "schema"])
const auditing = new Set(["audit", "scrape", "peers"])

const interrupted = 130

/** `unread`: aborted when nobody reads what is printed any more. */
export async function main(words: readonly string[], unread: AbortSignal): Promise<number> {
  const stop = new AbortController()
  unread.addEventListener("abort", () => stop.abort("interrupted"), { once: true })
  const onSignal = (signal: NodeJS.Signals) => {
    // A terminal that closes says so twice: the system, and then its shell.
    if (stop.signal.aborted && signal !== "SIGHUP") leave(signal === "SIGINT" ? interrupted : 143)
    stop.abort(signal === "SIGINT" ? "interrupted" : "terminated")
  }
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
  process.on("SIGHUP", onSignal)
  // Nobody reads our messages: no reason to lose the record.
  process.stderr.on("error", () => {})

  let terminal = terminalOf({}, process.env)
  let format = wantedFormat(words)
  let isDiff = words[0] === "diff"
  try {
    const parsed =
      askedAtOnce(words) ?? (await (await import("./commands/parse.ts")).parse(words, Object.keys(commands)))
    let { flags } = parsed
    isDiff = parsed.command === "diff"
    if (!unconfigured.has(parsed.command)) {
      const { configured } = await import("./commands/config.ts")
      const configuration = await configured(parsed, process.env)
      flags = configuration.flags
      format = formatOf(flags)
      terminal = terminalOf(flags, process.env)
      if (flags["print-config"] === true)
        return (await import("./commands/config/print.ts")).printConfig(configuration, terminal)
    }
    const context: Context = {
      targets: parsed.targets,
      flags,
      said: parsed,
      terminal,
      environment: process.env,
      stdin: isatty(0) ? null : () => standardInput(stop.signal),
      stop: stop.signal,
    }
    const command = await commands[parsed.command]!()
    const isUnwatched = flags["only-changes"] === true && auditing.has(parsed.command)
    const run = isUnwatched ? (await import("./commands/logged.ts")).logged(command) : command
    return folded(await run(context), format)
  } catch (error) {
    const status = await explain(error, terminal, format)
    return isDiff ? diffFailed : folded(status, format)
  } finally {
    process.off("SIGINT", onSignal)
    process.off("SIGTERM", onSignal)
    process.off("SIGHUP", onSignal)
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

const formatOf = ({ json, format }: Flags): string =>
  json === true ? "json" : ((format === true ? null : format?.at(-1)) ?? "text")

/** Also when the command line could not be understood. */
function wantedFormat(words: readonly string[]): string {
  const at = words.findLastIndex((word) => word === "--json" || /^--format(=|$)/.test(word))
  const word = words[at]
  if (word === undefined) return "text"
  return word === "--json"
    ? "json"
    : word === "--format"
      ? (words[at + 1] ?? "text")
      : word.slice("--format=".length)
}

async function explain(error: unknown, terminal: Terminal, format: string): Promise<number> {
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
  if (format !== "text" && !terminal.printed) {
    const { failureAs } = await import("./commands/deliver/failure.ts")
    terminal.out(failureAs(format, { code, message, hint }))
  }
  terminal.err(formatError({ code, message, hint }, { color: terminal.errorColor, ascii: terminal.ascii }))
  if (!known && process.env["TORRENT_AUDIT_DEBUG"] && error instanceof Error) terminal.err(`${error.stack}\n`)
  return errorStatus(code)
}

let unwritten: Error | null = null
const unread = new AbortController()
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that had enough (`| head`) is not an error, and leaves as Ctrl-C does; for any other, what was found is kept all the same.
  if (error.code === "EPIPE") unread.abort()
  else unwritten ??= error
})
const told = await main(process.argv.slice(2), unread.signal)
const status = unread.signal.aborted && told === interrupted ? 0 : told
// Writes to a pipe are asynchronous and must drain; what else may linger must not hold us.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
)
if (unwritten !== null) {
  const { unwrittenOutput } = await import("./commands/deliver/failure.ts")
  const text = unwrittenOutput(unwritten)
  await new Promise((done) => process.stderr.write(text, done))
}
leave(unwritten === null ? status : 70)
