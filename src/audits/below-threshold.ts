import type { Audit, Verdict } from "../report.ts"
import { contactsPeers } from "../measure/depth.ts"
import { nobodyListed } from "../measure/downloadable.ts"
import { finding } from "../measure/finding.ts"
import { holdingsOf } from "../measure/holdings.ts"
import { membershipOf } from "../measure/members.ts"
import { offline } from "../measure/offline.ts"
import { reachOf } from "../measure/reach.ts"
import { rolesOf, type Swarm } from "../measure/roles.ts"
import { openTrackers } from "../measure/trackers/tracker-state.ts"

const audit = "below-threshold"

interface Held {
  what: string
  least: number
  value: number | null
  /** The most that those whom we couldn't reach would allow. */
  possible: number | null
  basis: "reached" | "claimed"
}

/** What the user asked the swarm to be held to. Broken by what was reached but not by what is possible: no answer yet. */
export const belowThreshold = {
  id: audit,
  title: "Below threshold",
  question: "Does the swarm meet the limits given?",
  references: [],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    return heldTo(evidence).map((held) => {
      const { what, least, value, possible, basis } = held
      const verdict = verdictOn(held, evidence)
      const shown = (n: number) => (Number.isInteger(n) ? `${n}` : n.toFixed(2))
      const noun = value === 1 ? what.replace(/ies$/, "y").replace(/s$/, "") : what
      const seen = value === null ? `no ${what} are known` : `${shown(value)} ${noun} ${basis}`
      const measured = possible === null ? seen : `${seen}, ${shown(possible)} possible`
      const because =
        verdict === "pass"
          ? `${seen}, at least ${least} asked for`
          : `${measured}: at least ${least} asked for`
      return finding(audit, verdict, because, {
        claimed: `at least ${least} ${what}`,
        measured,
        advice: verdict === "inconclusive" ? "Add --strict to count only what was reached." : null,
        evidence: { least, value, possible, basis },
      })
    })
  },
} satisfies Audit

function heldTo(evidence: Swarm): Held[] {
  const { thresholds, depth } = evidence.run
  const contacted = contactsPeers(depth)
  const { seeders } = rolesOf(evidence)
  const { unknown } = membershipOf(evidence)
  const { heard, reached, reticent } = reachOf(evidence)
  const dropped = heard - reached - unknown.length
  const held: Held[] = []
  if (thresholds.minSeeders !== null) {
    const [value, possible, basis] = contacted
      ? ([seeders.reached, seeders.possible + dropped, "reached"] as const)
      : ([seeders.claimed, null, "claimed"] as const)
    held.push({ what: "seeders", least: thresholds.minSeeders, value, possible, basis })
  }
  if (thresholds.minAvailability !== null && contacted) {
    const value = holdingsOf(evidence)?.distributedCopies ?? 0
    // Each of those unreached, or reticent, may hold everything.
    const possible = value + unknown.length + dropped + reticent
    held.push({ what: "copies", least: thresholds.minAvailability, value, possible, basis: "reached" })
  }
  return held
}

function verdictOn({ value, least, possible }: Held, evidence: Swarm): Verdict {
  const { stopReason, thresholds } = evidence.run
  if (value !== null && value >= least) return "pass"
  if (value === null || offline(evidence)) return "inconclusive"
  if (thresholds.strict) return "fail"
  const stopped = stopReason === "interrupted" || stopReason === "terminated"
  const { heard, largerClaim } = reachOf(evidence)
  const unheard =
    possible !== null &&
    (largerClaim || openTrackers(evidence).length > 0 || (heard === 0 && !nobodyListed(evidence)))
  const open = stopped || unheard || (possible !== null && possible >= least)
  return open ? "inconclusive" : "fail"
}
