/** The five fields of a crontab line (crontab(5)): as much of them as cron, systemd and croner understand alike. */
import { InputError } from "../failure.ts"

export interface CronExpression {
  /** The fields, a space between them. */
  text: string
  minutes: readonly number[]
  hours: readonly number[]
  /** Of the month, from 1. */
  days: readonly number[]
  /** From 1. */
  months: readonly number[]
  /** 0 is Sunday. */
  weekdays: readonly number[]
  /** Day and weekday must both fit: so if either begins with `*`. Otherwise either will do. */
  bothDays: boolean
}

interface Field {
  name: string
  low: number
  high: number
  names?: readonly string[]
}

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

const fields = {
  minutes: { name: "minute", low: 0, high: 59 },
  hours: { name: "hour", low: 0, high: 23 },
  days: { name: "day of the month", low: 1, high: 31 },
  months: { name: "month", low: 1, high: 12, names: monthNames },
  // 7 is Sunday too.
  weekdays: { name: "weekday", low: 0, high: 7, names: weekdayNames },
} satisfies Record<string, Field>

const example = 'Use minute, hour, day, month and weekday: "17 */6 * * *".'

const bad = (text: string, what: string, hint = example): InputError =>
  new InputError("bad-value", `--every ${text}: ${what}`, hint)

/** Throws InputError `bad-value` for what one of the three would not take, and for dates that never come. */
export function parseCronExpression(text: string): CronExpression {
  const words = text.trim().toLowerCase().split(/\s+/)
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = words
  if (words.length !== 5) throw bad(text, `${words.length} instead of 5 fields`)
  const values = (word: string, field: Field): number[] => {
    const found = word.split(",").map((part) => valuesOf(part, field))
    if (found.includes(null)) throw bad(text, `${word} is no ${field.name}`)
    return sorted(found.flatMap((each) => each ?? []))
  }
  const expression = {
    text: words.join(" "),
    minutes: values(minute, fields.minutes),
    hours: values(hour, fields.hours),
    days: values(day, fields.days),
    months: values(month, fields.months),
    weekdays: sorted(values(weekday, fields.weekdays).map((each) => each % 7)),
    bothDays: day.startsWith("*") || weekday.startsWith("*"),
  }
  if (!everComes(expression))
    throw bad(text, "no month of these has such a day", 'Use a day that it has: "0 6 28 2 *".')
  return expression
}

const sorted = (values: readonly number[]): number[] => [...new Set(values)].toSorted((a, b) => a - b)

/** `*`, a value or a range, the first and the last with a step perhaps; null: none of them. */
function valuesOf(part: string, { low, high, names = [] }: Field): number[] | null {
  const match = /^(?:\*|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part)
  if (!match) return null
  const [, first, last, step] = match
  const numberOf = (word: string): number =>
    /^\d/.test(word)
      ? Number(word)
      : names.includes(word)
        ? names.indexOf(word) + (names.length === 12 ? 1 : 0)
        : -1
  // Vixie cron takes no step after a single value.
  if (first !== undefined && last === undefined && step !== undefined) return null
  const from = first === undefined ? low : numberOf(first)
  const to = last === undefined ? (first === undefined ? high : from) : numberOf(last)
  const by = step === undefined ? 1 : Number(step)
  if (from < low || to > high || from > to || by === 0 || by > high - low) return null
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by)
}

const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const everComes = ({ days, months, bothDays }: Omit<CronExpression, "text">): boolean =>
  !bothDays || months.some((month) => (days[0] ?? 1) <= (longest[month - 1] ?? 31))

/** The first time after this one, in local time unless a zone is given, over changes of the clock as Vixie cron has it; null: none that croner finds. */
export async function timeAfter(
  { text, bothDays }: CronExpression,
  after: Date,
  timezone?: string,
): Promise<Date | null> {
  const { Cron } = await import("croner")
  return new Cron(text, {
    mode: "5-part",
    paused: true,
    domAndDow: bothDays,
    fixedTimeRule: "no-wildcard",
    ...(timezone !== undefined && { timezone }),
  }).nextRun(after)
}
