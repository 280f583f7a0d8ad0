import type { Audit, Finding, Verdict } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { holm, ofRun } from "../measure/statistics/holm.ts"
import { showingsOf, type Showing } from "../measure/trackers/repeats.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "biased-list"

/** More than half of the peers named: whoever asks again meets most of the rest. */
const mostShown = 0.5
/**
 * A tracker that answers with the same peers again and again: the others can't be found through it. Never an accusation: some
 * software names the first ones of an ordered list, the most recent ones, or what a cache holds, and says nothing untrue.
 */
export const biasedList = {
  id: audit,
  title: "Biased list",
  question: "Does asking a tracker again show other peers of those that it claims?",
  references: ["BEP 3", "BEP 23"],
  requires: ["run", "trackers", "peers"],
  judge(evidence) {
    const { depth } = evidence.run
    if (depth === "scrape") return say("skipped", "depth scrape asks for no list")
    const showings = showingsOf(evidence)
    if (showings.length === 0) return say("skipped", "no tracker gave a list in this run")
    const testable = showings.filter(({ pValue }) => pValue !== null)
    const proven = holm(
      testable.map(({ pValue }) => pValue ?? 1),
      ofRun,
    )
    const biased = testable.filter((showing, i) => proven[i] && showsAPart(showing))
    if (biased.length > 0) return biased.map(information)
    const details = { evidence: { trackers: showings.map(row) } }
    const open = showings.filter((showing) => showing.pValue === null && !isWhole(showing))
    if (open.length > 0) {
      const names = listed(
        open.map(({ url }) => url),
        3,
      )
      return say("inconclusive", `${names}: ${whyOpen(open)}`, details)
    }
    const because =
      testable.length > 0
        ? `${counted(testable.length, "tracker")} asked again named as many other peers as random draws do, or all`
        : "every tracker named as many peers as it claims"
    return say("pass", because, details)
  },
} satisfies Audit<"run" | "trackers" | "peers">

const isWhole = ({ claimed, named }: Showing): boolean => claimed !== null && named >= claimed

const showsAPart = ({ claimed, named }: Showing): boolean => named <= mostShown * (claimed ?? 0)

function whyOpen(open: readonly Showing[]): string {
  if (open.every(({ claimed }) => claimed === null)) return "no count that its list could be held against"
  return "no two whole replies to compare; trackers are asked again only after their interval"
}

const row = ({ url, claimed, named, repeats, pValue }: Showing) => ({
  url,
  claimed,
  listed: named,
  repeats: repeats.map((each) => ({ ...each })),
  pValue,
})

function information(showing: Showing): Finding {
  const { url, claimed, named, repeats, pValue } = showing
  const sum = (of: (each: Showing["repeats"][number]) => number) =>
    repeats.reduce((total, each) => total + of(each), 0)
  const because = `${url} shows the same part of its list every time: ${sum(({ again }) => again)} of ${counted(
    sum(({ peers }) => peers),
    "peer",
  )} came again in the next reply, where random draws from ${claimed} would repeat ${Math.round(sum(({ expected }) => expected))}`
  return {
    ...finding(audit, "inconclusive", because, {
      subject: `tracker:${url}`,
      claimed: counted(claimed ?? 0, "peer"),
      measured: `${counted(named, "peer")} in ${counted(
        sum(({ replies }) => replies),
        "reply",
        "replies",
      )}`,
      advice:
        "Honest software does this too (a fixed order, the most recent first, a cache). Look for the others in the DHT, by PEX or at another tracker.",
      evidence: row(showing),
    }),
    pValue,
  }
}

const say = (
  verdict: Verdict,
  because: string,
  details: { evidence?: Finding["evidence"] } = {},
): Finding[] => [finding(audit, verdict, because, details)]
