import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { leastLost, rewindingOf, type Rewinding } from "../measure/progress/rewinding.ts"
import { peerIdsAtSeveral, tracksOf, type Track } from "../measure/progress/tracks.ts"
import { counted } from "../measure/wording.ts"

const audit = "rewound-progress"
const mostRows = 50

interface Suspect extends Rewinding {
  track: Track
}

/**
 * A download that goes back again and again while the client never restarted. Once, or across a restart, is what a hash recheck, lost
 * resume data or a restored copy do; `rewindingOf` says what is left once all that is taken away.
 */
export const rewoundProgress = {
  id: audit,
  title: "Rewound progress",
  question: "Does each peer's download only go forward?",
  references: ["BEP 3", "BEP 16", "BEP 21", "BEP 54"],
  requires: ["run", "torrent", "peers", "earlier"],
  judge(evidence) {
    const { pieceCount } = evidence.torrent
    const again = tracksOf(evidence).filter(({ reached, points }) => reached && points.length > 1)
    if (again.length === 0) return []
    const several = peerIdsAtSeveral(evidence)
    const suspects = again.map((track): Suspect => ({ track, ...rewindingOf(track, pieceCount, several) }))
    const group = suspects.filter(({ proven }) => proven.length > 0).map(({ track }) => track.address)
    const found = suspects
      .filter(({ proven, often }) => proven.length > 0 || often)
      .map((suspect) => suspicion(suspect, pieceCount, group))
    if (found.length > 0) return found
    const times = suspects.reduce((sum, { rewinds }) => sum + rewinds.length, 0)
    const because = `of ${counted(again.length, "peer")} met more than once, ${
      times === 0 ? "none lost pieces" : `none lost pieces more often than a recheck explains`
    }`
    return [finding(audit, "pass", because, { measured: counted(times, "rewind") })]
  },
} satisfies Audit<"run" | "torrent" | "peers" | "earlier">

function suspicion({ track, rewinds, proven }: Suspect, pieceCount: number, group: string[]): Finding {
  const { address, points } = track
  const guilty = proven.length > 0
  const rows = guilty ? proven : rewinds
  const what = `${address} told of a download that went back ${rows.length} times by ${leastLost(pieceCount)} pieces or more`
  const because = guilty
    ? `${what}, with as many gained in between and the same peer id throughout; a recheck or a restart does not explain that`
    : `${what}; a client that restarts from an old copy does the same`
  return finding(audit, guilty ? "warn" : "inconclusive", because, {
    subject: `peer:${address}`,
    claimed: counted(points.at(-1)?.count ?? 0, "piece"),
    measured: `${counted(rows.length, "rewind")} in ${counted(points.length, "reading")}`,
    advice: guilty
      ? "If this is your client, check its disk; what it says of its progress is not true."
      : null,
    evidence: {
      client: points.at(-1)?.client ?? null,
      leastLost: leastLost(pieceCount),
      rewinds: rows
        .slice(0, mostRows)
        .map(({ from, to, fromCount, toCount }) => ({ from, to, fromCount, toCount })),
      readings: points
        .slice(-mostRows)
        .map(({ at, fromCount, count, peerId }) => ({ at, fromCount, count, peerId })),
      group: guilty ? group.slice(0, mostRows) : [],
    },
  })
}
