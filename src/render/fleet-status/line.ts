/** A torrent of a fleet as a line of its table: the figures of the vantage point that sees it worst. */
import { reachedOf, type Placed } from "../../report/standing.ts"
import type { FleetLine } from "../fleet.ts"
import { trendOfView } from "../fleet/trend.ts"
import { fromWords, problemsInFull, whyWords } from "./words.ts"

export function lineOf({ torrent, stand }: Placed, at: string): FleetLine {
  const { standing, view } = stand
  const { name } = torrent
  const note = `${fromWords(stand)}${whyWords(stand, at)}`
  if (view === null || standing === "awaited") return { kind: "awaited", name, note }
  const { newest, failed } = view
  if (standing === "failed" || newest === null)
    return { kind: "failed", name, code: note, message: failed?.message ?? "" }
  return {
    kind: "audited",
    status: newest.status,
    name,
    claimed: newest.seedersClaimed,
    reached: reachedOf(newest),
    copies: newest.copies,
    trend: trendOfView(view),
    note,
    reason: problemsInFull(newest).join(", "),
  }
}
