/** Lines of `--only-changes`: that it is over, and that it still is not. */
import type { Snapshot, Status } from "../report.ts"
import { palette, statusMark, symbolsFor } from "./page.ts"
import { escape, padEnd } from "./text.ts"
import { date } from "./units.ts"

export interface ToldBefore {
  /** ISO 8601 UTC. */
  at: string
  status: Status
}

export interface ChangeOptions {
  color: boolean
  ascii: boolean
}

/** `✓ RECOVERED  example.iso  was WARNING, last told 2026-03-14 09:15 UTC` */
export function recoveredLine({ torrent }: Snapshot, before: ToldBefore, options: ChangeOptions): string {
  const symbols = symbolsFor(options.ascii)
  const { symbol, paint } = statusMark("ok", symbols, palette(options.color))
  const label = paint(`${padEnd(symbol, options.ascii ? 2 : 1)} RECOVERED`)
  const name = escape(torrent.name, options.ascii).trim() || "(no name)"
  return `${label}  ${name}  was ${before.status.toUpperCase()}, last told ${date(before.at)}\n`
}

/** Above a report that brings nothing new. */
export const reminderLine = (before: ToldBefore): string =>
  `Reminder: nothing new since ${date(before.at)}.\n\n`
