import type { Audit, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { finding } from "../measure/finding.ts"
import { membershipOf } from "../measure/members.ts"
import { reachOf } from "../measure/reach.ts"
import { sourceCoverage } from "../measure/sources.ts"
import { counted, percent } from "../measure/wording.ts"

const audit = "low-reach"
const leastRatio = 0.8

/** Why reached is less than found: NAT, firewalls and the departed are normal, and no fault of anybody's. */
export const lowReach = {
  id: audit,
  title: "Low reach",
  question: "Did enough of the peers tell us what they hold?",
  references: ["BEP 3"],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const { depth } = evidence.run
    const { unknown, filtered } = membershipOf(evidence)
    const { reached, heard, ratio } = reachOf(evidence)
    const outcomes = new Map<string, number>()
    for (const { outcome, claimSent } of unknown) {
      const why = claimSent === false ? "silent" : outcome
      outcomes.set(why, (outcomes.get(why) ?? 0) + 1)
    }
    const why = [...outcomes]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([outcome, n]) => `${n} ${outcome}`)
    const say = (verdict: Verdict, because: string, advice: string | null = null) => [
      finding(audit, verdict, because, {
        subject: "self",
        measured: ratio === null ? null : percent(ratio),
        advice,
        evidence: {
          reached,
          heard,
          filtered: filtered.length,
          coverage: sourceCoverage(evidence),
          unreached: Object.fromEntries(outcomes),
        },
      }),
    ]
    if (!contactsPeers(depth)) return say("skipped", `depth ${depth} contacts no peer`)
    if (heard === 0) return say("skipped", "no peer was heard of")
    const share = `${reached} of ${counted(heard, "peer")} reached (${percent(reached / heard)})`
    if (reached >= leastRatio * heard) return say("pass", share)
    return say(
      "inconclusive",
      why.length > 0
        ? `${share}; unreached: ${why.join(", ")}`
        : `${share}; the rest was left out by a limit of ours`,
      "Peers behind NAT only show when they dial us: open a port (--port), or give it longer (--timeout).",
    )
  },
} satisfies Audit
