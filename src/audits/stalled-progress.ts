import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { stallOf, type Stall } from "../measure/progress.ts"
import { tracksOf } from "../measure/progress/tracks.ts"
import { counted, lasting } from "../measure/wording.ts"

const audit = "stalled-progress"

/**
 * Never an accusation: a peer that gains nothing may be paused, be choked by everybody, lack a source for what it lacks, or want only
 * some of the files and not say so (BEP 21).
 */
export const stalledProgress = {
  id: audit,
  title: "Stalled progress",
  question: "Do leechers get further between runs?",
  references: ["BEP 3", "BEP 21"],
  requires: ["run", "torrent", "peers", "earlier"],
  judge(evidence) {
    if (!evidence.earlier || evidence.earlier.runs.length === 0) return []
    const { pieceCount } = evidence.torrent
    const again = tracksOf(evidence).filter(
      ({ reached, points }) => reached && points.length > 1 && points.some(({ count }) => count < pieceCount),
    )
    const stalled = again.flatMap((track) => stallOf(track, pieceCount) ?? [])
    if (stalled.length > 0) return stalled.map((stall) => stallFinding(stall, pieceCount))
    if (again.length === 0) return []
    return [finding(audit, "pass", `none of ${counted(again.length, "leecher")} met again stands still`)]
  },
} satisfies Audit<"run" | "torrent" | "peers" | "earlier">

function stallFinding({ address, client, from, to, haveCount, runs }: Stall, pieceCount: number): Finding {
  const forMs = Date.parse(to) - Date.parse(from)
  const because = `${address} gained no piece in ${lasting(forMs)}; it may be paused, without a source, or want no more`
  return finding(audit, "inconclusive", because, {
    subject: `peer:${address}`,
    claimed: `${haveCount} of ${counted(pieceCount, "piece")}`,
    measured: `nothing gained in ${counted(runs, "run")}`,
    evidence: { client, from, to, haveCount, runs },
  })
}
