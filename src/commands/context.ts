/** What every command gets: parsed flags, and the terminal as values. */
import { isatty } from "node:tty"
import { InputError } from "../failure.ts"
import type { OptionName } from "./options.ts"
import type { Parsed } from "./parse.ts"
import type { StandardInput } from "./stdin.ts"

/** Every value given, in order; true for a flag that takes none. */
export type Flags = Partial<Record<OptionName, readonly string[] | true>>

export interface Terminal {
  readonly out: (text: string | Uint8Array) => void
  /** Something was printed on stdout. */
  readonly printed: boolean
  readonly err: (text: string) => void
  readonly stdoutIsTty: boolean
  readonly stderrIsTty: boolean
  /** Columns of stdout, or 80. */
  readonly columns: number
  /** On stdout, and on stderr. */
  readonly color: boolean
  readonly errorColor: boolean
  readonly ascii: boolean
}

export interface Context {
  readonly targets: readonly string[]
  readonly flags: Flags
  /** What the command line alone says of them, without any configuration. */
  readonly said?: Pick<Parsed, "flags" | "off">
  readonly terminal: Terminal
  readonly environment: NodeJS.ProcessEnv
  /** Null: a terminal, where nobody would type a torrent. */
  readonly stdin: StandardInput | null
  /** Aborted by the first SIGINT or a closed reader ("interrupted"), SIGTERM or SIGHUP ("terminated"). */
  readonly stop: AbortSignal
}

export type Command = (context: Context) => Promise<number>

/** The standard streams as the flags and the environment want them: NO_COLOR, FORCE_COLOR, TERM, COLUMNS, the locale. */
export function terminalOf(flags: Flags, environment: NodeJS.ProcessEnv): Terminal {
  const { stdout, stderr } = process
  const stdoutIsTty = isatty(1)
  const dumb = environment["TERM"] === "dumb"
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || ""
  const unicode = /utf-?8/i.test(locale) || process.platform === "darwin"
  let printed = false
  return {
    out(text) {
      printed = true
      stdout.write(text)
    },
    get printed() {
      return printed
    },
    err: (text) => void stderr.write(text),
    stdoutIsTty,
    stderrIsTty: isatty(2),
    columns: columnsOf(environment["COLUMNS"]) ?? stdout.columns ?? 80,
    color: wantsColor(flags, environment, stdoutIsTty && !dumb),
    errorColor: wantsColor(flags, environment, isatty(2) && !dumb),
    ascii: flags.ascii === true || dumb || !unicode,
  }
}

function wantsColor(flags: Flags, environment: NodeJS.ProcessEnv, byDefault: boolean): boolean {
  const asked = flags.color === undefined || flags.color === true ? "auto" : flags.color.at(-1)
  if (asked === "always") return true
  if (asked === "never") return false
  if (environment["NO_COLOR"]) return false
  const forced = environment["FORCE_COLOR"]
  return forced === undefined ? byDefault : forced !== "0" && forced !== "false"
}

const columnsOf = (text: string | undefined): number | null =>
  text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : null

/** A word that a command has no use for is a mistake, and not silently passed over. */
export function refuseTargets({ targets }: Pick<Context, "targets">, command: string): void {
  const [stray] = targets
  if (stray === undefined) return
  throw new InputError("usage", `${command} takes no target: ${stray}`, "See `torrent-audit help`.")
}
