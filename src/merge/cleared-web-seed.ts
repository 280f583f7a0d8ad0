/** Whether a web seed gave one place the very things for the lack of which another accuses it. */
import type { AskedWebSeed } from "../evidence.ts"
import { rightOf } from "../measure/web-seeds.ts"
import type { Finding } from "../report.ts"
import { rowsOf, type Row } from "./rows.ts"

/** Every piece that it is accused of came right, and every file was given as it was asked for. */
export function clearedWebSeed(seed: AskedWebSeed, { audit, evidence }: Finding): boolean {
  const right = new Set<unknown>(rightOf(seed).map(({ piece }) => piece))
  const pieces = rowsOf(evidence["samples"])
  const files = [...rowsOf(evidence["lengths"]), ...rowsOf(evidence["attempts"])]
  return (
    pieces.length + files.length > 0 &&
    pieces.every(({ piece }) => right.has(piece)) &&
    files.every((file) => isGiven(seed, file, audit)) &&
    !(audit === "moved-webseed" && isMoved(seed, files, rowsOf(evidence["redirects"])))
  )
}

/** BEP 17 knows no files. */
const isGiven = ({ attempts }: AskedWebSeed, { path, piece }: Row, audit: string): boolean =>
  attempts.some(
    (attempt) =>
      attempt.ok &&
      attempt.path === path &&
      (path === null ? attempt.piece === piece : audit !== "rangeless-webseed" || attempt.status === 206),
  )

/** Accused is not that files are gone but that it names another place for good, and here it names one too, or was never asked there. */
function isMoved({ redirects }: AskedWebSeed, files: readonly Row[], accused: readonly Row[]): boolean {
  const isGone = files.some(
    ({ status, failure }) => status === 404 || status === 410 || failure === "bad-redirect",
  )
  const from = new Set(accused.map((redirect) => redirect["from"]))
  return !isGone && redirects.some((redirect) => from.has(redirect.from))
}
