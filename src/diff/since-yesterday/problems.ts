/** Problems that are new, gone or graver than a day before. */
import type { AuditRow } from "../../report.ts"
import type { Move, Pair } from "../since-yesterday.ts"

type Problem = AuditRow["problems"][number]

interface Step {
  audit: string
  subject: string
  before: Problem["verdict"] | null
  after: Problem["verdict"] | null
  vantage: string
}

/** Each once, with all who saw it. */
export function problemMoves(pairs: readonly Pair[]): Move[] {
  const groups = Object.values(
    Object.groupBy(pairs.flatMap(stepsOf), ({ audit, subject, before, after }) =>
      JSON.stringify([audit, subject, before, after]),
    ),
  )
  return groups.flatMap((group = []): Move[] => {
    const [first] = group
    if (first === undefined) return []
    const { audit, subject, before, after } = first
    const direction = before === null || after === "fail" ? "worse" : "better"
    const vantages = group.map(({ vantage }) => vantage)
    return [{ kind: "problem", direction, before, after, audit, subject, vantages, but: "" }]
  })
}

function stepsOf({ vantage, before, after }: Pair): Step[] {
  // Of an audit that could tell nothing, what it did not find is not gone.
  const [was, is] = [known(before), known(after)]
  const keys = new Set([...was.keys(), ...is.keys()])
  return [...keys].flatMap((key): Step[] => {
    const [one, other] = [was.get(key), is.get(key)]
    const problem = other ?? one
    if (problem === undefined || one?.verdict === other?.verdict) return []
    if (other === undefined && after.status === "unknown") return []
    if (one === undefined && before.status === "unknown") return []
    const { audit, subject } = problem
    return [{ audit, subject, before: one?.verdict ?? null, after: other?.verdict ?? null, vantage }]
  })
}

/** By audit and subject, the worst of each; our own faults are nobody's. Which of a swarm's peers is met, and caught, differs from run to run. */
function known({ problems }: AuditRow): ReadonlyMap<string, Problem> {
  const found = new Map<string, Problem>()
  for (const { audit, subject, verdict } of problems) {
    if (subject === "self") continue
    const about = nameOf(subject)
    const key = JSON.stringify([audit, about])
    if (!found.has(key) || verdict === "fail") found.set(key, { audit, subject: about, verdict })
  }
  return found
}

const nameOf = (subject: string): string => {
  if (subject.startsWith("peer:")) return ""
  const colon = subject.indexOf(":")
  return colon < 0 ? "" : subject.slice(colon + 1)
}
