import type { Audit, Finding, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { finding } from "../measure/finding.ts"
import type { Tally } from "../measure/statistics/fisher.ts"
import { holm, ofRun } from "../measure/statistics/holm.ts"
import { offline } from "../measure/offline.ts"
import { counted, listed } from "../measure/wording.ts"
import {
  comparisonsOf,
  honestRatio,
  leastTested,
  mostYield,
  type Comparison,
  type Source,
} from "../measure/trackers/yield.ts"

const audit = "phantom-peers"

/** A list of which so much answers is padded with little, if at all, and needs no other beside it. */
const enoughYield = 0.5

/**
 * Relative yield: how often do addresses that only one tracker gave answer, against those that only another gave? A dead address
 * alone shows nothing. Accused is who does so much worse than most others that neither chance nor what honest lists differ in
 * (NAT, how long the departed stay listed, the families served) explains it.
 */
export const phantomPeers = {
  id: audit,
  title: "Phantom peers",
  question: "Do the addresses that only one tracker gives answer about as often as those of the others?",
  references: ["BEP 3", "BEP 15"],
  requires: ["run", "trackers", "dht", "peers"],
  judge(evidence) {
    const { run } = evidence
    if (!contactsPeers(run.depth)) return say("skipped", `depth ${run.depth} dials nobody`)
    const { sources, yields, comparisons } = comparisonsOf(evidence)
    const listing = sources.filter(({ fresh }) => [...fresh.values()].some(({ size }) => size > 0))
    if (listing.length === 0) return say("skipped", "no tracker named anybody in this run")
    if (offline(evidence)) return say("inconclusive", "nothing answered at all, so the silence may be ours")
    const tested = sources.flatMap((source, i) => {
      const of = yields[i]
      return of && of.tested > 0 ? [{ source, of }] : []
    })
    if (tested.length > 0 && tested.every(({ of }) => share(of) >= enoughYield)) {
      const told = tested.map(({ source, of }) => `${ofTested(of)} of ${nameOf(source)}`)
      return say("pass", `at least half of what each tracker gave accepted a connection: ${listed(told, 4)}`)
    }
    if (listing.length === 1)
      return say(
        "inconclusive",
        "only one tracker named peers: a padded list can't be told from a swarm behind NAT without another",
      )
    if (comparisons.length === 0)
      return say(
        "inconclusive",
        `no two trackers gave ${leastTested} addresses each that no other gave and that were dialled`,
      )
    const proven = holm(
      comparisons.map(({ pValue }) => pValue),
      ofRun,
    )
    const worse = comparisons.filter(({ only }, i) => proven[i] && share(only.suspect) <= mostYield)
    const accused = listing.flatMap((source) => {
      const others = new Set(
        comparisons.filter(({ suspect }) => suspect === source).map(({ other }) => other),
      )
      const against = worse.filter(({ suspect }) => suspect === source)
      return 2 * new Set(against.map(({ other }) => other)).size > others.size ? [against] : []
    })
    if (accused.length > 0) return accused.flatMap((against) => accusations(against, comparisons.length))
    const doubtful = comparisons.filter(({ only }) => share(only.suspect) < honestRatio * share(only.other))
    const [doubt] = doubtful.toSorted((a, b) => a.pValue - b.pValue)
    const details = { evidence: { tests: comparisons.length, comparisons: comparisons.map(row) } }
    return doubt
      ? say("inconclusive", `${sentence(doubt)}: too little to tell padding from NAT and the departed`, {
          ...details,
          advice:
            "Audit again with a larger --max-peers: the more addresses are dialled, the surer the answer.",
        })
      : say(
          "pass",
          `addresses that only one tracker gave answer about as often as the others': ${listed(
            tallies(comparisons),
            4,
          )}`,
          details,
        )
  },
} satisfies Audit<"run" | "trackers" | "dht" | "peers">

const share = ({ alive, tested }: Tally): number => alive / tested
const ofTested = ({ alive, tested }: Tally): string => `${alive} of ${tested}`
const nameOf = ({ urls }: Source): string => listed(urls, 2)

const sentence = ({ suspect, other, only }: Comparison): string =>
  `${ofTested(only.suspect)} addresses that only ${nameOf(suspect)} gave accepted a connection, ${ofTested(only.other)} that only ${nameOf(other)} gave did`

/** Every source once, in order. */
const tallies = (comparisons: readonly Comparison[]): string[] => [
  ...new Set(comparisons.map(({ suspect, only }) => `${ofTested(only.suspect)} of ${nameOf(suspect)}`)),
]

const row = ({ suspect, other, family, only, all, fisher, pValue }: Comparison) => ({
  trackers: [...suspect.urls],
  against: [...other.urls],
  family,
  only: { ...only.suspect },
  onlyOfOther: { ...only.other },
  all: { ...all.suspect },
  allOfOther: { ...all.other },
  fisher,
  pValue,
})

function accusations(against: readonly Comparison[], tests: number): Finding[] {
  const [strongest] = against.toSorted((a, b) => a.pValue - b.pValue)
  if (!strongest) return []
  const { suspect, only, pValue } = strongest
  return suspect.urls.map((url) => ({
    ...finding(audit, "warn", `${sentence(strongest)} (p = ${pValue.toPrecision(1)})`, {
      subject: `tracker:${url}`,
      claimed: counted(suspect.named.size, "peer"),
      measured: `${ofTested(only.suspect)} addresses that only it gave accepted a connection`,
      advice:
        "Clients waste dials on such a list. Before you call it padded: peers behind NAT, or who left without saying so, don't answer either; for that alone, answers would have to be four times as rare here as elsewhere.",
      evidence: { tests, familyWise: ofRun, honestRatio, mostYield, comparisons: against.map(row) },
    }),
    pValue,
  }))
}

const say = (
  verdict: Verdict,
  because: string,
  details: { advice?: string; evidence?: Finding["evidence"] } = {},
): Finding[] => [finding(audit, verdict, because, details)]
