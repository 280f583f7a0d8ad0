import { finding } from "../measure/finding.ts"
import { holm, ofRun } from "../measure/statistics/holm.ts"
import type { Tally } from "../measure/statistics/fisher.ts"
import { canariesByPlace } from "../measure/vantages/canaries.ts"
import { comparedAnswers, type Differing } from "../measure/vantages/differing.ts"
import { hiddenOf } from "../measure/vantages/hidden.ts"
import { inflatedOf } from "../measure/vantages/inflated.ts"
import { madeUpOf, type MadeUp } from "../measure/vantages/made-up.ts"
import type { Vantage } from "../measure/vantages/vantage.ts"
import { counted, listed } from "../measure/wording.ts"
import type { PlacedFinding, VantageAudit } from "./vantage-audit.ts"

const audit = "answers-by-place"

/**
 * Does a tracker tell one place what it tells no other? Different answers alone are no lie: one tracker may be many servers that hear
 * of each other late, or never. Accused is who told one place what can't be so by what the others saw: addresses that nobody has,
 * counts that no list of its own holds, an info hash that nobody shares, or nothing of a swarm that it goes on showing others.
 */
export const answersByPlace = {
  id: audit,
  title: "Answers by place",
  question: "Does any tracker tell one place what it tells no other?",
  references: ["BEP 3", "BEP 15"],
  judge(vantages, matched) {
    const lists = matched ? madeUpOf(vantages) : { comparisons: [], suspected: [] }
    const accused = [...canaries(vantages), ...(matched ? exact(vantages) : []), ...provenOf(lists)]
    const compared = comparedAnswers(vantages, matched)
    const named = new Set(accused.map(({ subject }) => subject))
    const open = compared.filter(
      (each) => (each.counts || each.apart !== null) && !named.has(`tracker:${each.url}`),
    )
    const odd = lists.suspected.filter(({ url, oddness }) => oddness < ofRun && !named.has(`tracker:${url}`))
    const tests = lists.comparisons.length
    const found = [...accused, ...open.map(doubt), ...odd.map((each) => unproven(each, tests))]
    if (found.length > 0) return found
    if (compared.length === 0)
      return [about(finding(audit, "skipped", "no tracker gave two places a list and counts"), [])]
    const because = `${counted(compared.length, "tracker")} told all places about the same: ${listed(
      compared.map(({ url, least, most }) => `${url} ${rangeOf(least.claimed, most.claimed)}`),
      3,
    )}`
    return [about(finding(audit, "pass", because, { evidence: { tests } }), [])]
  },
} satisfies VantageAudit

const about = (made: Omit<PlacedFinding, "vantages">, vantages: readonly string[]): PlacedFinding => ({
  ...made,
  vantages,
})

const rangeOf = (least: number, most: number): string => (least === most ? `${most}` : `${least}–${most}`)
const ofTested = ({ alive, tested }: Tally): string => `${alive} of ${tested}`

const canaries = (vantages: readonly Vantage[]): PlacedFinding[] =>
  canariesByPlace(vantages).map(({ url, label, invented, clean }) =>
    about(
      finding(
        audit,
        "warn",
        `${url} makes peers up for ${label}, and not for ${clean}: for a random info hash that nobody has it counted or named ${mostIn(invented)} there`,
        {
          subject: `tracker:${url}` as const,
          claimed: `${mostIn(invented)} to ${label}`,
          measured: `nobody to ${clean}`,
          advice: distrust,
          evidence: { kind: "canary", ...invented, clean },
        },
      ),
      [label],
    ),
  )

function exact(vantages: readonly Vantage[]): PlacedFinding[] {
  return [
    ...inflatedOf(vantages).map(({ url, label, at, claimed, elsewhere, bound }) =>
      about(
        finding(
          audit,
          "warn",
          `${url} claims ${counted(claimed, "peer")} to ${label}, and ${elsewhere.claimed} to ${elsewhere.label}: all its lists together hold at most ${bound}`,
          {
            subject: `tracker:${url}` as const,
            claimed: `${counted(claimed, "peer")} to ${label}`,
            measured: `at most ${bound} by its lists to all places`,
            advice: distrust,
            evidence: { kind: "counts", at, claimed, elsewhere, bound },
          },
        ),
        [label],
      ),
    ),
    ...hiddenOf(vantages).map(({ url, label, claimed, steady, ...rest }) =>
      about(
        finding(
          audit,
          "warn",
          `${url} claims ${counted(claimed, "peer")} to ${label} from ${rest.from} to ${rest.to}, and all the while names ${steady} to others, who were met; it knew of ${label}, which it named to ${rest.toldOf}`,
          {
            subject: `tracker:${url}` as const,
            claimed: `${counted(claimed, "peer")} to ${label}`,
            measured: `${counted(steady, "peer")} named to others all the while, and met`,
            advice:
              "Whoever asks from there finds hardly anybody through it: add another tracker, or the DHT.",
            evidence: { kind: "hidden", claimed, steady, ...rest },
          },
        ),
        [label],
      ),
    ),
  ]
}

function provenOf({ comparisons, suspected }: ReturnType<typeof madeUpOf>): PlacedFinding[] {
  const proven = holm(
    comparisons.map(({ pValue }) => pValue),
    ofRun,
  )
  const odd = new Set(suspected)
  return comparisons
    .filter((each, i) => proven[i] && odd.has(each))
    .map((each) => madeUp(each, comparisons.length))
}

const distrust = "Don't go by what it says there. Add another tracker."

const mostIn = ({
  seeders,
  leechers,
  peers,
}: {
  seeders: number | null
  leechers: number | null
  peers: number | null
}): string => counted(Math.max((seeders ?? 0) + (leechers ?? 0), peers ?? 0), "peer")

function madeUp(
  { url, label, suspect, before, after, pValue, ...rest }: MadeUp,
  tests: number,
): PlacedFinding {
  const because = `${ofTested(suspect)} addresses that ${url} named to ${label} alone accepted a connection; of what it named to other places, ${ofTested(before)} did before, and ${ofTested(after)} after (p = ${pValue.toPrecision(1)})`
  return {
    ...finding(audit, "warn", because, {
      subject: `tracker:${url}` as const,
      claimed: `${counted(rest.all.tested, "address", "addresses")} to ${label}`,
      measured: `${ofTested(suspect)} addresses named there alone accepted a connection`,
      advice: "Clients there waste dials on such a list. Add another tracker.",
      evidence: {
        kind: "list",
        tests,
        familyWise: ofRun,
        suspect: { ...suspect },
        before: { ...before },
        after: { ...after },
        family: rest.family,
        at: rest.at,
        all: { ...rest.all },
        own: { ...rest.own },
      },
    }),
    pValue,
    vantages: [label],
  }
}

function doubt({ url, least, most, apart, counts }: Differing): PlacedFinding {
  const claims = `${url} claims ${counted(most.claimed, "peer")} to ${most.label}, and ${least.claimed} to ${least.label}`
  const lists =
    apart && `its lists to ${apart[0]} and ${apart[1]} share fewer peers than draws from one list would`
  const said = [...(counts ? [claims] : []), ...(lists ? [counts ? lists : `${url}: ${lists}`] : [])].join(
    "; ",
  )
  return about(
    finding(
      audit,
      "inconclusive",
      `${said}: its servers may not share what they know, or have counted at different times`,
      {
        subject: `tracker:${url}` as const,
        claimed: `${counted(most.claimed, "peer")} to ${most.label}, ${least.claimed} to ${least.label}`,
        advice:
          "Audit again from all these places at once, and once more after its interval: what a lagging server lacks it has by then.",
        evidence: { least, most, apart: apart && [...apart] },
      },
    ),
    [...new Set([least.label, most.label, ...(apart ?? [])])],
  )
}

/** Whoever has left looks like this, where nobody else asked before and after. */
function unproven({ url, label, suspect, elsewhere, at }: MadeUp, tests: number): PlacedFinding {
  const because = `${ofTested(suspect)} addresses that ${url} named to ${label} alone accepted a connection, ${ofTested(elsewhere)} of those that it named to other places: too little to tell a made-up list from peers that left`
  return about(
    finding(audit, "inconclusive", because, {
      subject: `tracker:${url}` as const,
      advice: "Audit again from all these places, so that the others ask both before and after this one.",
      evidence: { kind: "list", tests, at, suspect: { ...suspect }, elsewhere: { ...elsewhere } },
    }),
    [label],
  )
}
