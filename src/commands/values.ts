/** Text from the command line → values with units, or an InputError that says what would have been right. */
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import type { OptionSpec } from "./options.ts"

const durations: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const day = 86_400_000
const ages: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: day, w: 7 * day, y: 365 * day }
const sizes: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

const bad = (spec: OptionSpec, text: string, what: string, hint: string): InputError =>
  new InputError("bad-value", `--${spec.name} ${text}: ${what}`, hint)

function withUnit(
  spec: OptionSpec,
  text: string,
  units: Record<string, number>,
  hint: (n: string) => string,
): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  if (!match) throw bad(spec, text, "not a number with a unit", hint("3"))
  const [, number = "", unit = ""] = match
  if (unit === "") throw bad(spec, text, "unit missing", hint(Number(number) > 0 ? number : "3"))
  const known = Object.entries(units).find(([name]) => name.toLowerCase() === unit.toLowerCase())
  if (!known) throw bad(spec, text, `unknown unit ${unit}`, hint(number))
  return Number(number) * known[1]
}

/** ms */
export function parseDuration(spec: OptionSpec, text: string): number {
  const ms = withUnit(spec, text, durations, (n) => `Use ${n}s, ${n}m or ${n}h.`)
  // setTimeout holds 31 bits of milliseconds.
  if (ms < 1_000 || ms > 2 ** 31 - 1) throw bad(spec, text, "out of range", "Use 1s to 24d.")
  return ms
}

/** ms: how long ago, which may be years; a year is 365 days. */
export function parseAge(spec: OptionSpec, text: string): number {
  const ms = withUnit(spec, text, ages, (n) => `Use ${n}h, ${n}d, ${n}w or ${n}y.`)
  if (ms < 1_000 || ms > limits.history.maxAgeMs) throw bad(spec, text, "out of range", "Use 1s to 100y.")
  return ms
}

/** bytes */
export function parseSize(spec: OptionSpec, text: string): number {
  const bytes = Math.round(withUnit(spec, text, sizes, (n) => `Use ${n}KiB, ${n}MiB or ${n}GiB.`))
  if (!Number.isSafeInteger(bytes)) throw bad(spec, text, "out of range", "Use fewer than 8 PiB.")
  return bytes
}

export function parseCount(spec: OptionSpec, text: string, low = 0, high = 1_000_000): number {
  if (!/^\d{1,9}$/.test(text)) throw bad(spec, text, "not a whole number", `Use ${low} to ${high}.`)
  const value = Number(text)
  if (value < low || value > high) throw bad(spec, text, "out of range", `Use ${low} to ${high}.`)
  return value
}

export function parseNumber(spec: OptionSpec, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
  if (!Number.isFinite(value)) throw bad(spec, text, "not a number", "Use a number such as 2 or 1.5.")
  return value
}

export function parseChoice(spec: OptionSpec, text: string): string {
  const choices = spec.choices ?? []
  if (choices.includes(text)) return text
  const near = nearest(text, choices)
  throw bad(spec, text, "unknown choice", near ? `Did you mean ${near}?` : `Use ${choices.join(", ")}.`)
}

/** The candidate within a third of its length in edits, if any. */
export function nearest(text: string, candidates: readonly string[]): string | null {
  let best: string | null = null
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const distance = candidate.startsWith(text) && text.length > 2 ? 1 : edits(text, candidate)
    if (distance < bestDistance && distance <= Math.max(1, candidate.length / 3))
      [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** Optimal string alignment distance: a swap of two neighbours is one edit. */
function edits(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
