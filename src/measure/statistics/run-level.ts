/** One family of tests per run: what its p-values must survive before they may accuse anybody. */
import { holm, ofRun } from "./holm.ts"

/** As far as the level needs it; `evidence.tests`: how many tests its audit made, those that found nothing included. */
export interface Tested {
  audit: string
  verdict: string
  pValue: number | null
  evidence: Readonly<Record<string, unknown>>
}

export interface Level<T extends Tested> {
  /** Of the whole run. */
  tests: number
  /** It accuses, and so many tests of one run make a p-value like its own too likely. */
  tooLikely: ReadonlySet<T>
}

const accuses = ({ verdict }: Tested): boolean => verdict === "warn" || verdict === "fail"

/**
 * Holm 1979 over all p-values of a run at 0.001, whatever they test and however they depend on each other. An audit that made more
 * tests than it states says so (`evidence.tests`, also when it accuses nobody), and those count as p = 1. What rests on an exact contradiction has no p-value,
 * and is no test. Assumes that each p-value is valid alone: P(p ≤ x) ≤ x if nobody lies.
 */
export function runLevel<T extends Tested>(findings: readonly T[]): Level<T> {
  const stated = findings.filter(({ pValue }) => pValue !== null)
  const unstated = [...Map.groupBy(findings, ({ audit }) => audit).values()].reduce((sum, own) => {
    const made = own.reduce((most, finding) => Math.max(most, testsOf(finding)), 0)
    return sum + Math.max(0, made - own.filter(({ pValue }) => pValue !== null).length)
  }, 0)
  const pValues = [...stated.map(({ pValue }) => pValue ?? 1), ...Array<number>(unstated).fill(1)]
  const rejected = holm(pValues, ofRun)
  return {
    tests: pValues.length,
    tooLikely: new Set(stated.filter((finding, i) => accuses(finding) && !rejected[i])),
  }
}

const mostTests = 1_000_000

function testsOf({ evidence }: Tested): number {
  const { tests } = evidence
  return typeof tests === "number" && tests >= 0 ? Math.min(mostTests, Math.ceil(tests)) : 0
}
