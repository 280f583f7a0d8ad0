/** Problems and accusations that are new, gone, or graver than before; each is known by its audit and its subject. */
import type { Change } from "../diff.ts"
import type { Finding, Snapshot } from "../report.ts"
import { meetingsOf } from "./meetings.ts"
import { sameThresholds } from "./verdicts.ts"

const isProblem = ({ verdict }: Finding): boolean => verdict === "warn" || verdict === "fail"

/** Not the swarm's doing, but what the user asked for, where that differs: other limits, or a tracker's log given only once. */
function notAskedAlike(before: Snapshot, after: Snapshot): (audit: string | null) => boolean {
  const sameLimits = sameThresholds(before, after)
  const sameLogs = (before.announceLog == null) === (after.announceLog == null)
  return (audit) =>
    (audit === "below-threshold" && !sameLimits) || (audit?.startsWith("misreported-") === true && !sameLogs)
}

export function problemChanges(before: Snapshot, after: Snapshot, peersMatch: boolean): Change[] {
  const [one, other] = [problems(before, peersMatch), problems(after, peersMatch)]
  const isOtherQuestion = notAskedAlike(before, after)
  const meetings = meetingsOf(before, after)
  const unlessChance = (made: Change, finding: Finding, missingIn: Snapshot): Change =>
    meetings.explain(finding, missingIn) ? { ...made, significant: false } : made
  const changes: Change[] = []
  for (const [key, finding] of one)
    if (!other.has(key)) changes.push(unlessChance(gone(finding, after), finding, after))
  for (const [key, finding] of other) {
    const was = one.get(key)
    if (was === undefined) changes.push(unlessChance(came(finding, before), finding, before))
    else if (was.verdict !== finding.verdict)
      changes.push(change(was, finding, finding.verdict === "fail" ? "worse" : "better"))
  }
  return changes.map((each) => (isOtherQuestion(each.audit) ? notTold(each) : each))
}

/** Where the same peer has two names, only how many an audit accuses can be compared: the first of each, the second, … */
function problems({ findings }: Snapshot, peersMatch: boolean): ReadonlyMap<string, Finding> {
  const found = new Map<string, Finding>()
  const accused = new Map<string, number>()
  for (const finding of findings.filter(isProblem)) {
    const isPeer = finding.subject.startsWith("peer:")
    const nth = accused.get(finding.audit) ?? 0
    if (isPeer) accused.set(finding.audit, nth + 1)
    const key = `${finding.audit} ${isPeer && !peersMatch ? `peer ${nth}` : finding.subject}`
    const known = found.get(key)
    // An audit may say several things of one subject: the worst counts.
    if (known === undefined || (known.verdict === "warn" && finding.verdict === "fail"))
      found.set(key, finding)
  }
  return found
}

/** It is better only where the question was asked again, and not answered by "can't tell". */
const gone = (finding: Finding, after: Snapshot): Change =>
  change(finding, null, isOpen(finding, after) ? "neither" : "better")

/** And worse only where the answer was another before. */
const came = (finding: Finding, before: Snapshot): Change =>
  change(null, finding, isOpen(finding, before) ? "neither" : "worse")

function isOpen({ audit, subject }: Finding, { findings }: Snapshot): boolean {
  const answers = findings.filter(
    (each) => each.audit === audit && (each.subject === subject || each.subject === "swarm"),
  )
  return answers.length > 0 && answers.every(({ verdict }) => verdict !== "pass" && !isVerdict(verdict))
}

const isVerdict = (verdict: Finding["verdict"]): boolean => verdict === "warn" || verdict === "fail"

function change(before: Finding | null, after: Finding | null, direction: Change["direction"]): Change {
  const { audit, subject, because } = (after ?? before)!
  const about = subjectName(subject)
  const made: Change = {
    what: about === "" ? audit : `${audit} ${about}`,
    kind: "finding",
    before: before?.verdict ?? null,
    after: after?.verdict ?? null,
    direction,
    significant: true,
    audit,
    subject: about,
    because,
  }
  // Our own fault is nobody's regression.
  return subject === "self" ? notTold(made) : made
}

const notTold = (made: Change): Change => ({ ...made, direction: "neither", significant: false })

const subjectName = (subject: string): string => {
  const colon = subject.indexOf(":")
  return colon < 0 ? "" : subject.slice(colon + 1)
}
