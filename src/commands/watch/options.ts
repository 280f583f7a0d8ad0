/** `--every` and `--rounds`. */
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { parseCronExpression, type CronExpression } from "../../store/cron-expression.ts"
import type { Flags } from "../context.ts"
import { specOf, type OptionName, type OptionSpec } from "../options.ts"
import { parseCount, parseDuration } from "../values.ts"

/** From the first round on, or by the clock and the calendar. */
export type Rhythm = { everyMs: number } | { at: CronExpression }

/** `6h`, and also what lacks its unit: everything else is meant as the fields of a crontab line. */
export const isDuration = (text: string): boolean => !/^@|[*,/]|\s\S*\s/.test(text.trim())

/** `rounds`: null is no end. */
export function watchOptions(flags: Flags): Rhythm & { rounds: number | null } {
  const rounds = last(flags, "rounds", (option, text) => parseCount(option, text, 1, 1_000_000))
  const rhythm = last<Rhythm>(flags, "every", (option, text) =>
    isDuration(text) ? { everyMs: everyMs(option, text, flags) } : { at: parseCronExpression(text) },
  )
  return { ...(rhythm ?? { everyMs: limits.watch.everyMs }), rounds }
}

function everyMs(option: OptionSpec, text: string, { pace }: Flags): number {
  const { leastMs, leastLabMs } = limits.watch
  const ms = parseDuration(option, text)
  const isLab = Array.isArray(pace) && pace.at(-1) === "lab"
  if (ms >= (isLab ? leastLabMs : leastMs)) return ms
  throw new InputError("bad-value", `--every ${text}: too often`, `Use ${leastMs / 1_000}s or more.`)
}

/** The last one wins where a value is given twice. */
function last<T>(flags: Flags, name: OptionName, parse: (option: OptionSpec, text: string) => T): T | null {
  const given = flags[name]
  const text = given === undefined || given === true ? undefined : given.at(-1)
  const spec = specOf(name)
  return text === undefined || spec === undefined ? null : parse(spec, text)
}
