/** How a standing is written on the page, and in the attributes that the script filters by. */
import { standings, type Standing } from "../../report/standing.ts"
import { statusSymbols } from "../html/head.ts"

/** Of a row's `data-s`: first the torrent's own standing, then each vantage point's, `-` where it does not look. The script knows them. */
export const letters: Record<Standing, string> = {
  critical: "c",
  failed: "f",
  unknown: "u",
  warning: "w",
  awaited: "a",
  ok: "o",
}

export const symbols: Record<Standing, string> = {
  ...statusSymbols,
  failed: statusSymbols.critical,
  awaited: "–",
}

export const words: Record<Standing, string> = {
  critical: "critical",
  failed: "failed",
  unknown: "unknown",
  warning: "warning",
  awaited: "not yet",
  ok: "ok",
}

/** For the choice of a filter. */
export const standingOptions = standings.map((standing) => ({
  value: letters[standing],
  word: words[standing],
}))
