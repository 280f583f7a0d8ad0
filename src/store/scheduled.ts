/** What is scheduled, whoever starts it. */
import { InputError } from "../failure.ts"

export interface Scheduled {
  on: "cron" | "systemd"
  /** 8 hex digits: the beginning of the info hash or, of several targets, of a hash of their words. */
  id: string
  /** Five fields (crontab(5)). */
  expression: string
  /** What is set for it, as `XDG_STATE_HOME`. */
  environment: Readonly<Record<string, string>>
  /** The program, its options and targets: nothing quoted. */
  words: readonly string[]
  /** Cron only; null: whoever gets mail anyway. */
  mailto: string | null
}

/** Neither a crontab line nor a unit can hold them. */
export function refuseControls(words: readonly string[]): void {
  const odd = words.find((word) => /\p{Cc}/u.test(word))
  if (odd === undefined) return
  throw new InputError(
    "bad-value",
    `${JSON.stringify(odd)} holds a control character`,
    "Schedule it under another name, a link to it perhaps.",
  )
}
