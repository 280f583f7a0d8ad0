/** The files, and which of them can't be had in full. */
import type { Snapshot } from "../../report.ts"
import { bytes, plural } from "../units.ts"
import { details, table } from "./frame.ts"
import { cut, type Html, html, nothing } from "./markup.ts"

const mostFiles = 500

/** The worst first, where peers told what they hold. */
export function files({ torrent, swarm }: Snapshot): Html {
  const wanted = torrent.files.filter(({ pad }) => !pad)
  if (wanted.length === 0) return nothing
  const byPath = new Map(wanted.map((file) => [file.path, file]))
  const judged = swarm.files.slice(0, mostFiles)
  const listed =
    judged.length > 0
      ? judged
      : wanted.slice(0, mostFiles).map(({ path }) => ({ path, rarest: null, missingPieces: [] }))
  const rows = listed.map(({ path, rarest, missingPieces }) => {
    const file = byPath.get(path)
    const span = file && file.lastPiece >= file.firstPiece ? `${file.firstPiece}–${file.lastPiece}` : "–"
    return [
      cut(path, 240),
      file ? bytes(file.sizeBytes) : "–",
      span,
      rarest === null ? "–" : String(rarest),
      rarest === null ? "–" : String(missingPieces.length),
    ]
  })
  const rest = wanted.length - rows.length
  const columns = [
    { head: "file", long: true },
    { head: "size", number: true },
    { head: "pieces", number: true },
    { head: "rarest piece", number: true },
    { head: "missing pieces", number: true },
  ]
  const order = judged.length > 1 ? ", the worst first" : ""
  return details(
    `${plural(wanted.length, "file")}${order}`,
    table("Files", columns, rows),
    rest > 0 ? html`<p class="fact">and ${plural(rest, "more file")} in the embedded snapshot</p>` : nothing,
  )
}
