import type { Torrent } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import {
  momentRow,
  reportRow,
  reportsOf,
  testDownloaded,
  unknownClock,
  type DownloadedTested,
  type Reporter,
} from "../measure/reports.ts"
import { counted, sized } from "../measure/wording.ts"

const audit = "misreported-downloaded"
const mostRows = 40

/** What a client tells its tracker that it downloaded, beside the pieces that it gained meanwhile. See measure/reports/downloaded.ts. */
export const misreportedDownloaded = {
  id: audit,
  title: "Misreported downloads",
  question: "Does each client tell its tracker what it downloads?",
  references: ["BEP 3"],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds", "earlier", "announceLog"],
  judge(evidence) {
    const reports = reportsOf(evidence)
    if (!reports) return []
    const { torrent, webSeeds } = evidence
    const tested = reports.reporters.flatMap((reporter) => {
      const one = testDownloaded(reporter, torrent, reports.clock.slackMs)
      return one ? [{ reporter, one }] : []
    })
    const short = tested.filter(({ one }) => one.roseBytes < one.leastBytes)
    const suspects = new Map(short.map((each) => [each.reporter.peer, each]))
    if (suspects.size > 0)
      return [...suspects.values()].map(({ reporter, one }) =>
        suspicion(reporter, one, torrent, doubtOf(reporter, webSeeds.length > 0, reports.clock.known)),
      )
    const judged = tested.filter(({ one }) => one.leastBytes > 0).length
    if (judged === 0)
      return [
        finding(
          audit,
          "inconclusive",
          "nobody was seen to gain enough pieces between two of its announces in the log",
        ),
      ]
    const because = `${counted(judged, "client")} gained pieces between announces, and reported no less than that`
    return [finding(audit, "pass", because, { measured: `${judged} compared` })]
  },
} satisfies Audit

/** Null: it is accused. */
function doubtOf({ by }: Reporter, webSeeds: boolean, clockIsKnown: boolean): string | null {
  if (webSeeds) return "the torrent has web seeds, and not every client counts what it has from them"
  if (by === "peer id") return "the announces came from another host, which may have borrowed its peer id"
  return clockIsKnown ? null : unknownClock
}

function suspicion(
  { peer, by }: Reporter,
  { from, to, roseBytes, gained, leastBytes, moments }: DownloadedTested,
  torrent: Torrent,
  doubt: string | null,
): Finding {
  const guilty = doubt === null
  const said = `${peer.address} told its tracker that it downloaded ${sized(roseBytes)} between two announces; it gained ${counted(gained, "piece")} meanwhile, at least ${sized(leastBytes)}`
  return finding(audit, guilty ? "warn" : "inconclusive", guilty ? said : `${said}; but ${doubt}`, {
    subject: `peer:${peer.address}`,
    claimed: `${sized(roseBytes)} downloaded`,
    measured: `at least ${sized(leastBytes)}`,
    advice: guilty ? "On a tracker that keeps ratios, it pays for less than it takes." : null,
    evidence: {
      client: peer.client,
      matchedBy: by,
      roseBytes,
      gained,
      pieceBytes: torrent.pieceBytes,
      leastBytes: Math.round(leastBytes),
      announces: [from, to].map(reportRow),
      seen: moments.slice(0, mostRows).map(momentRow),
    },
  })
}
