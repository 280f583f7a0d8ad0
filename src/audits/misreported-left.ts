import type { Torrent } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import {
  momentRow,
  reportRow,
  reportsOf,
  testLeft,
  unknownClock,
  type LeftContradiction,
  type Reporter,
} from "../measure/reports.ts"
import { counted, sized } from "../measure/wording.ts"

const audit = "misreported-left"
const mostRows = 20

interface Suspect {
  reporter: Reporter
  contradictions: readonly LeftContradiction[]
  /** What is shown: one that accuses, if any does. */
  shown: LeftContradiction
  /** Null: it is accused. */
  doubt: string | null
}

/** What a client tells its tracker is left for it, beside the pieces that it showed us before and after. See measure/reports/left.ts. */
export const misreportedLeft = {
  id: audit,
  title: "Misreported left",
  question: "Does each client tell its tracker what it still lacks?",
  references: ["BEP 3", "BEP 21"],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds", "earlier", "announceLog"],
  judge(evidence) {
    const reports = reportsOf(evidence)
    if (!reports) return []
    const { torrent, webSeeds } = evidence
    const options = { slackMs: reports.clock.slackMs, webSeeds: webSeeds.length > 0 }
    const tested = reports.reporters.map((reporter) => ({
      reporter,
      ...testLeft(reporter, torrent, options),
    }))
    const compared = tested.reduce((sum, one) => sum + one.compared, 0)
    const suspects = tested.flatMap((one) => suspectOf(one.reporter, one.contradictions, reports.clock.known))
    const byPeer = Map.groupBy(suspects, ({ reporter }) => reporter.peer)
    const worst = [...byPeer.values()].flatMap(
      (all) => all.find(({ doubt }) => doubt === null) ?? all.slice(0, 1),
    )
    if (worst.length > 0) return worst.map((suspect) => suspicion(suspect, torrent))
    if (compared === 0)
      return [
        finding(
          audit,
          "inconclusive",
          "no announce in the log is a visited peer's, or none while it was seen",
        ),
      ]
    const clients = new Set(tested.flatMap((one) => (one.compared > 0 ? [one.reporter.peer] : []))).size
    const because = `${counted(compared, "announce")} of ${counted(clients, "client")}, none against what they showed`
    return [finding(audit, "pass", because, { measured: `${compared} compared` })]
  },
} satisfies Audit

function suspectOf(
  reporter: Reporter,
  contradictions: readonly LeftContradiction[],
  clockIsKnown: boolean,
): Suspect[] {
  const shown = contradictions.find(({ certain }) => certain) ?? contradictions[0]
  if (!shown) return []
  return [{ reporter, contradictions, shown, doubt: doubtOf(reporter, shown, clockIsKnown) }]
}

function doubtOf({ by }: Reporter, { certain }: LeftContradiction, clockIsKnown: boolean): string | null {
  if (by === "peer id") return "but the announce came from another host, which may have borrowed its peer id"
  if (!certain) return "another check of its files in between would explain it"
  return clockIsKnown ? null : `but ${unknownClock}`
}

function suspicion({ reporter, contradictions, shown, doubt }: Suspect, torrent: Torrent): Finding {
  const { peer } = reporter
  const guilty = doubt === null
  const [row] = shown.rows
  const told = sized(row?.leftBytes ?? 0)
  const bound = `${shown.says === "too little" ? "at least" : "at most"} ${sized(shown.boundBytes)}`
  const said = `${peer.address} told its tracker that ${told} were left for it; what it showed us leaves ${bound}`
  return finding(audit, guilty ? "warn" : "inconclusive", guilty ? said : `${said}; ${doubt}`, {
    subject: `peer:${peer.address}`,
    claimed: `${told} left`,
    measured: `${bound} left`,
    advice: guilty
      ? "Its tracker counts it wrong: seeders and leechers are off by one for each such client."
      : null,
    evidence: {
      client: peer.client,
      matchedBy: reporter.by,
      says: shown.says,
      boundBytes: Math.round(shown.boundBytes),
      pieceBytes: torrent.pieceBytes,
      pieceCount: torrent.pieceCount,
      announces: shown.rows.map(reportRow),
      seen: shown.moments.map(momentRow),
      alike: contradictions.length,
      others: contradictions
        .filter((each) => each !== shown)
        .slice(0, mostRows)
        .flatMap(({ rows }) => rows.slice(0, 1).map(reportRow)),
    },
  })
}
