/** How a source answered, in a mark and a word. */
import type { Announce } from "../evidence.ts"
import type { Page } from "./page.ts"

type FailureCode = NonNullable<Announce["failure"]>["code"]

/** Ten columns at most. */
export const failureWords: Partial<Record<FailureCode, string>> = {
  unreachable: "no route",
  filtered: "forbidden",
  "no-socket": "no socket",
  aborted: "stopped",
  "http-status": "http error",
  "bad-redirect": "redirect",
  "too-large": "too large",
  "bad-encoding": "garbled",
  "bad-bencode": "garbled",
  "bad-reply": "bad reply",
  "tracker-refused": "declined",
  unsupported: "no support",
  "not-due": "not due",
}

export type State = "answered" | "failed" | "silent"

export function markOf(state: State, { symbols, paint }: Page): string {
  const mark = {
    answered: paint.green(symbols.ok),
    failed: paint.red(symbols.bad),
    silent: paint.dim(symbols.none),
  }[state]
  return `  ${mark} `
}
