import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import {
  mostCompared,
  openTo,
  reportRow,
  reportsOf,
  testUploaded,
  uploadedTogether,
  type Reporter,
  type UploadedTested,
  type UploadedTogether,
} from "../measure/reports.ts"
import { counted, sized } from "../measure/wording.ts"

const audit = "misreported-uploaded"
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
    const leftOut = tested.filter((each) => each.leftOut).length
    const reporterOf = new Map(reports.reporters.toReversed().map((reporter) => [reporter.session, reporter]))
    const suspects = new Map(over.map((each) => [each.session.address, each]))
    if (suspects.size > 0)
      return [...suspects.values()].map((each) =>
        suspicion(each, reporterOf.get(each.session), {
          open: openTo(each, reports, evidence),
          ours,
          leftOut,
        }),
      )
    const together = uploadedTogether(tested, reports, evidence)
    if (together === null)
      return [
        finding(audit, "inconclusive", "no client announced twice in the log: no rise to hold against it"),
      ]
    const open =
      tested
        .values()
        .map((each) => openTo(each, reports, evidence))
        .find((why) => why !== null) ?? null
    return [ofAll(together, open, leftOut)]
  },
} satisfies Audit

function suspicion(
  { session, from, to, roseBytes, mostBytes, takers, takersInAll }: UploadedTested,
  reporter: Reporter | undefined,
  { open, ours, leftOut }: { open: string | null; ours: number; leftOut: number },
): Finding {
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
      takers: takers.map((taker) => ({ ...taker, bytes: Math.round(taker.bytes) })),
      takersInAll,
      ourPayloadBytes: ours,
      ...notCompared(leftOut),
    },
  })
}

/** Only where a limit of ours left somebody out. */
const notCompared = (leftOut: number) => (leftOut > 0 ? { mostCompared, notCompared: leftOut } : {})

/** Names nobody: which of them reports too much can't be told. */
function ofAll(
  { clients, roseBytes, mostBytes }: UploadedTogether,
  open: string | null,
  leftOut: number,
): Finding {
  const [rose, most] = [sized(roseBytes), sized(mostBytes)]
  const said = `${counted(clients, "client")} reported ${rose} uploaded`
  if (roseBytes <= mostBytes) {
    const none = leftOut > 0 ? `none of the ${mostCompared} of the highest rises` : "none"
    return finding(audit, "pass", `${said}, ${none} more than the others could have taken`, {
      measured: `${clients - leftOut} compared`,
      evidence: notCompared(leftOut),
    })
  }
  const because = `${said}; all together could have taken ${most}, though each by itself is possible`
  return finding(
    audit,
    open === null ? "warn" : "inconclusive",
    open === null ? because : `${because}; but ${open}`,
    {
      claimed: `${rose} uploaded`,
      measured: `at most ${most} taken`,
      advice: open === null ? "Some of these clients make their uploads up: a longer log tells which." : null,
      evidence: { clients, roseBytes, mostBytes: Math.round(mostBytes), ...notCompared(leftOut) },
    },
  )
}
