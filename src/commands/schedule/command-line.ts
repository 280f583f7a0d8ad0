/** The command line that a schedule runs: whole, absolute, and one that our own parser takes. */
import { existsSync, realpathSync } from "node:fs"
import { isAbsolute, resolve } from "node:path"
import { InputError } from "../../failure.ts"
import { looksLikeInfoHash, looksLikeMagnet } from "../../torrent/magnet.ts"
import type { Context } from "../context.ts"
import { looksLikeUrl } from "../target/fetch.ts"
import { options, type OptionName, type OptionSpec } from "../options.ts"
import { parse } from "../parse.ts"
import { oppositeOf, variableOf } from "../taken.ts"
import { commandNames } from "../target.ts"

const table: readonly OptionSpec[] = options

/** Of the schedule, not of the audits. */
const own: ReadonlySet<string> = new Set(["on", "mailto", "every", "dry-run", "print-config"])
const paths: ReadonlySet<string> = new Set(["out", "config", "reference", "announce-log", "mmdb"])

/** Quiet until something changes, and sure of it: what is mailed should be worth reading. */
const first: readonly OptionName[] = ["quiet", "only-changes", "confirm"]
const confirmations = "2"

/** The program that runs now: `node` and our own file, neither of them a link that may be moved. */
export const program = (): string[] => [process.execPath, realpathSync(process.argv[1] ?? "")]

/** Absolute: whoever starts it starts it elsewhere. Throws InputError `usage` for standard input. */
export function absoluteTarget(word: string): string {
  if (word === "-")
    throw new InputError("usage", "standard input can't be scheduled", "Pass a file, a magnet link or @LIST.")
  if (looksLikeMagnet(word) || looksLikeUrl(word)) return word
  if (looksLikeInfoHash(word) && !existsSync(word)) return word
  return word.startsWith("@") && word.length > 1 ? `@${resolve(word.slice(1))}` : resolve(word)
}

const absolutePath = (path: string): string => (path.endsWith("/") ? `${resolve(path)}/` : resolve(path))

/** Everything after the program's own path. `said` is what the command line that installs it says of audits. */
export async function auditWords(
  { flags, off = [] }: NonNullable<Context["said"]>,
  targets: readonly string[],
): Promise<string[]> {
  const wordsOf = (spec: OptionSpec): string[] => {
    const name = spec.name as OptionName
    const short = name === "quiet" || name === "out" ? spec.alias : name.length === 1 ? name : undefined
    const dashed = short === undefined ? `--${name}` : `-${short}`
    if (off.includes(name)) return first.includes(name) ? [] : [`--${oppositeOf(spec)}`]
    const given =
      flags[name] ?? (name === "confirm" ? [confirmations] : first.includes(name) ? true : undefined)
    if (given === undefined) return []
    if (given === true) return [dashed]
    const values = paths.has(name) ? given.map(absolutePath) : given
    return values.flatMap((value) => (value.startsWith("-") ? [`--${name}=${value}`] : [dashed, value]))
  }
  const others = table.filter(({ name }) => !own.has(name) && !first.includes(name as OptionName))
  const leading = first.flatMap((name) => table.filter((spec) => spec.name === name))
  const words = [...[...leading, ...others].flatMap(wordsOf), ...targets]
  const parsed = await parse(words, commandNames)
  if (parsed.command !== "audit" || parsed.targets.join("\n") !== targets.join("\n"))
    throw new Error("a schedule that we would not understand")
  return words
}

/** What the shell that installs it knows and whoever starts it does not: where things are kept, and our own settings. */
export function carriedEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const carried: Record<string, string> = {}
  const pathVariables = new Set([...paths].map(variableOf))
  for (const [name, value = ""] of Object.entries(environment)) {
    if (value === "") continue
    if (/^XDG_(STATE|CACHE|CONFIG)_HOME$/.test(name) && isAbsolute(value)) carried[name] = value
    if (name.startsWith("TORRENT_AUDIT_"))
      carried[name] = pathVariables.has(name) && !/\s/.test(value) ? absolutePath(value) : value
  }
  return carried
}
