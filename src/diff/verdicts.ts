/** The answer, and whether someone can download it. */
import type { Change } from "../diff.ts"
import type { Snapshot } from "../report.ts"

/** Unknown is on no scale: who could not be tested may be well. */
const severities: Record<string, number> = { ok: 0, warning: 1, critical: 2 }
const answers: Record<string, number> = { yes: 0, no: 1 }

/** `problems`: what came, and went; where that was chance alone, so is the status that they make. */
export function verdictChanges(before: Snapshot, after: Snapshot, problems: readonly Change[]): Change[] {
  const { verdict: one } = before
  const { verdict: other } = after
  // Other limits make another verdict of the same swarm.
  const asked = sameThresholds(before, after)
  const status = change("verdict", one.status, other.status, asked ? severities : {})
  const downloadable = change("downloadable", one.downloadable, other.downloadable, answers)
  const made = problems.filter((each) => (status.direction === "worse" ? each.after : each.before) !== null)
  const causes = downloadable.direction === status.direction ? [downloadable, ...made] : made
  const isReal = (each: Change) => each.significant && each.direction === status.direction
  const chance = causes.length > 0 && !causes.some(isReal)
  return [{ ...status, significant: status.significant && !chance }, downloadable].filter(
    (each) => each.before !== each.after,
  )
}

export const sameThresholds = ({ run: one }: Snapshot, { run: other }: Snapshot): boolean =>
  JSON.stringify(sorted(one.thresholds)) === JSON.stringify(sorted(other.thresholds))

const sorted = (thresholds: object): [string, unknown][] =>
  Object.entries(thresholds).toSorted(([a], [b]) => (a < b ? -1 : 1))

function change(what: string, before: string, after: string, scale: Record<string, number>): Change {
  const [from, to] = [scale[before], scale[after]]
  const known = from !== undefined && to !== undefined && from !== to
  return {
    what,
    kind: "verdict",
    before,
    after,
    direction: !known ? "neither" : to > from ? "worse" : "better",
    significant: known,
    audit: null,
    subject: null,
    because: null,
  }
}
