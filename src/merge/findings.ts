/** What each place found by itself, told once, and what another place knows better. */
import { byChance, inOrder } from "../audit.ts"
import { runLevel } from "../measure/statistics/run-level.ts"
import { addressesOf, type Individual } from "../measure/vantages/individuals.ts"
import { listed } from "../measure/wording.ts"
import type { Finding } from "../report.ts"
import type { MergedFinding } from "../report/merged.ts"
import { areClose, type JudgedPlace } from "./places.ts"
import { questionOf } from "./question.ts"
import { refuterAt } from "./refuting.ts"

/**
 * All of them, worst first: the same one from several places once, as the first has it; two of one place stay two. What one place takes
 * for the swarm's fault, a tracker's death, a peer's or a web seed's refusal is open where another place found otherwise at about that
 * time. One level for the p-values of all places together. `individuals`: none where peers can't be matched.
 */
export function mergedFindings(
  places: readonly JudgedPlace[],
  across: readonly MergedFinding[],
  individuals: readonly Individual[],
): MergedFinding[] {
  const nameOf = namesOf(individuals)
  const refuters = places.map((place, i) => ({
    place,
    refutes: refuterAt(place, (subject) => nameOf(subject, i)),
  }))
  const own = places.flatMap((place, i) =>
    saidBy(place).map((finding): Said => {
      const said = { place, finding, name: nameOf(finding.subject, i) }
      return { ...said, finding: known(said, i, refuters) }
    }),
  )
  const groups = grouped(own)
  const once = [...groups.values()].flatMap((group): MergedFinding[] => {
    const [first] = group
    const vantages = [...new Set(group.map(({ place }) => place.label))]
    return first ? [{ ...first.finding, vantages }] : []
  })
  return inOrder(atLevel([...across, ...once], places, across))
}

interface Said {
  place: JudgedPlace
  finding: Finding
  /** Of its subject, the same at all places. */
  name: string
}

/** The same one from several places; the second that a place has of a kind goes with the second of the others. */
function grouped(findings: readonly Said[]): Map<string, Said[]> {
  const before = new Map<string, number>()
  return Map.groupBy(findings, ({ place, finding, name }) => {
    const kind = JSON.stringify([questionOf(finding), finding.verdict, name])
    const ofPlace = `${place.label} ${kind}`
    const nth = before.get(ofPlace) ?? 0
    before.set(ofPlace, nth + 1)
    return `${nth} ${kind}`
  })
}

/** What a place without a network did not find, it could not have found. */
const saidBy = ({ offline, report }: JudgedPlace): readonly Finding[] =>
  offline
    ? report.findings.filter(({ audit, verdict }) => audit === "self-offline" || verdict === "error")
    : report.findings

/** A peer by whom it is, whatever address each place knows it by; anything else by itself. */
function namesOf(individuals: readonly Individual[]): (subject: string, place: number) => string {
  const known = new Map<string, string>()
  for (const [i, { seen }] of individuals.entries())
    for (const { place, peer } of seen)
      for (const address of addressesOf(peer)) known.set(`${place} peer:${address}`, `peer ${i}`)
  return (subject, place) => known.get(`${place} ${subject}`) ?? subject
}

function known(said: Said, accuser: number, places: readonly Refuter[]): Finding {
  const { finding, name } = said
  if (finding.verdict !== "warn" && finding.verdict !== "fail") return finding
  const better = places.filter(
    ({ place, refutes }, i) =>
      i !== accuser && !place.offline && refutes(finding, name) && areClose(place, said.place),
  )
  if (better.length === 0) return finding
  const labels = better.map(({ place: { label } }) => label)
  return {
    ...finding,
    verdict: "inconclusive",
    because: `${finding.because}; not so from ${listed(labels, 3)}`,
  }
}

interface Refuter {
  place: JudgedPlace
  refutes: ReturnType<typeof refuterAt>
}

/** Every place made all its tests: counted by audit, place by place. */
function atLevel(
  findings: readonly MergedFinding[],
  places: readonly JudgedPlace[],
  across: readonly MergedFinding[],
): MergedFinding[] {
  const tested = [
    ...across,
    ...places.flatMap(({ label, report }) =>
      report.findings.map((finding) => ({ ...finding, audit: `${label} ${finding.audit}` })),
    ),
  ]
  const { tests, tooLikely } = runLevel(tested)
  const likely = new Set(
    [...tooLikely].map(({ audit, subject, pValue }) =>
      JSON.stringify([audit.slice(audit.indexOf(" ") + 1), subject, pValue]),
    ),
  )
  return findings.map((finding) =>
    (finding.verdict === "warn" || finding.verdict === "fail") &&
    likely.has(JSON.stringify([finding.audit, finding.subject, finding.pValue]))
      ? byChance(finding, `${tests} tests of all places`)
      : finding,
  )
}
