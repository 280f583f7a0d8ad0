import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import {
  openTo,
  reportRow,
  reportsOf,
  testUploaded,
  type Reports,
  type UploadedTested,
} from "../measure/reports.ts"
import { counted, sized } from "../measure/wording.ts"

const audit = "misreported-uploaded"
const mostRows = 20

/** What a client tells its tracker that it uploaded, beside all that the others could have taken. See measure/reports/uploaded.ts. */
export const misreportedUploaded = {
  id: audit,
  title: "Misreported uploads",
  question: "Could the others have taken what each client says it uploaded?",
  references: ["BEP 3", "BEP 27"],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds", "earlier", "announceLog"],
  judge(evidence) {
    const reports = reportsOf(evidence)
    if (!reports) return []
    const tested = testUploaded(reports, evidence)
    const over = tested.filter(({ roseBytes, mostBytes }) => mostBytes !== null && roseBytes > mostBytes)
    const ours = evidence.run.usage.payloadBytes
    const suspects = new Map(over.map((each) => [each.session.address, each]))
    if (suspects.size > 0)
      return [...suspects.values()].map((each) =>
        suspicion(each, reports, { open: openTo(each, reports, evidence), ours }),
      )
    const rise = tested.reduce((sum, { roseBytes }) => sum + roseBytes, 0)
    if (tested.length === 0)
      return [
        finding(audit, "inconclusive", "no client announced twice in the log: no rise to hold against it"),
      ]
    const because = `${counted(tested.length, "client")} reported ${sized(rise)} uploaded, none more than the others could have taken`
    return [finding(audit, "pass", because, { measured: `${tested.length} compared` })]
  },
} satisfies Audit

function suspicion(
  { session, from, to, roseBytes, mostBytes, takers }: UploadedTested,
  reports: Reports,
  { open, ours }: { open: string | null; ours: number },
): Finding {
  const reporter = reports.reporters.find((each) => each.session === session)
  const address = reporter?.by === "address" ? reporter.peer.address : session.address
  const guilty = open === null
  const most = sized(mostBytes ?? 0)
  const said = `${address} told its tracker that it uploaded ${sized(roseBytes)} between two announces; all others together could have taken ${most}`
  return finding(audit, guilty ? "warn" : "inconclusive", guilty ? said : `${said}; but ${open}`, {
    subject: `peer:${address}`,
    claimed: `${sized(roseBytes)} uploaded`,
    measured: `at most ${most} taken`,
    advice: guilty ? "On a tracker that keeps ratios, this one is made up." : null,
    evidence: {
      client: reporter?.peer.client ?? null,
      roseBytes,
      mostBytes: Math.round(mostBytes ?? 0),
      announces: [from, to].map(reportRow),
      takers: takers.slice(0, mostRows).map((taker) => ({ ...taker, bytes: Math.round(taker.bytes) })),
      takersInAll: takers.length,
      ourPayloadBytes: ours,
    },
  })
}
