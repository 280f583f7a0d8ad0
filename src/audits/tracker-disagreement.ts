import type { Audit, Verdict } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { claimOf, listsOf } from "../measure/trackers/lists.ts"
import { outliers } from "../measure/statistics/outliers.ts"
import { sameMembers } from "../measure/sources.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "tracker-disagreement"

/** Information only: trackers serve different peers, so honest counts differ. Mirrors (the same peers) count once. */
export const trackerDisagreement = {
  id: audit,
  title: "Tracker disagreement",
  question: "Do the trackers claim similar counts?",
  references: ["BEP 3", "BEP 48"],
  requires: ["trackers", "peers"],
  judge(evidence) {
    const lists = listsOf(evidence)
    const claims = evidence.trackers
      .map((tracker, i) => ({
        url: tracker.url,
        ...claimOf(tracker),
        named: lists[i]?.named ?? new Set<string>(),
      }))
      .filter(({ seeders, leechers }) => seeders !== null || leechers !== null)
    const own = claims.filter(
      ({ named }, i) =>
        !claims.slice(0, i).some((other) => named.size > 0 && sameMembers(named, other.named)),
    )
    const totals = own.map(({ seeders, leechers }) => (seeders ?? 0) + (leechers ?? 0))
    const mirrors = claims.length - own.length
    const odd = outliers(totals)
    const counts = totals.map((total) => counted(total, "peer"))
    const say = (verdict: Verdict, because: string) => [
      finding(audit, verdict, because, {
        claimed: counts.length > 0 ? listed(counts, 8) : null,
        evidence: {
          trackers: claims.map(({ url, seeders, leechers, named }) => ({
            url,
            seeders,
            leechers,
            listed: named.size,
          })),
          mirrors,
        },
      }),
    ]
    if (claims.length === 0) return say("skipped", "no tracker claims any count")
    if (own.length === 1)
      return say(
        "pass",
        mirrors > 0 ? "all trackers list the same peers: mirrors" : "only one tracker claims counts",
      )
    if (odd !== null && odd.length > 0) {
      const names = odd.map((i) => `${own[i]?.url} (${totals[i]})`)
      return say(
        "inconclusive",
        `${listed(names, 3)} ${odd.length === 1 ? "is" : "are"} far from the other trackers' counts`,
      )
    }
    const [least, most] = [Math.min(...totals), Math.max(...totals)]
    return most > 2 * least + 10
      ? say(
          "inconclusive",
          `trackers claim from ${least} to ${counted(most, "peer")}; they may serve different peers`,
        )
      : say("pass", `${own.length} trackers claim from ${least} to ${counted(most, "peer")}`)
  },
} satisfies Audit<"trackers" | "peers">
