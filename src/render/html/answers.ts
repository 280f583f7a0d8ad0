/** What a source answered, in a word; what it didn't say is a dash. */
import type { Announce } from "../../evidence.ts"
import { failureWords } from "../source-marks.ts"
import { count, duration } from "../units.ts"
import { cut } from "./markup.ts"

type Failure = Announce["failure"] | undefined

export const known = (value: number | null): string => (value === null ? "–" : count(value))
export const lasting = (ms: number | null): string => (ms === null ? "–" : duration(ms))
export const yes = (value: boolean | null | undefined): string => (value == null ? "–" : value ? "yes" : "no")

export const outcome = (ok: boolean, failure: Failure): string => {
  if (ok) return "✓ answered"
  if (failure == null) return "✗ failed"
  const detail = failure.detail === null ? "" : `: ${cut(failure.detail, 120)}`
  return `✗ ${failureWords[failure.code] ?? failure.code}${detail}`
}
