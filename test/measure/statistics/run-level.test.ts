import { describe, expect, test } from "vitest"
import { runLevel, type Tested } from "../../../src/measure/statistics/run-level.ts"
import { randomOf } from "../server.ts"

const aFinding = (pValue: number | null, overrides: Partial<Tested> = {}): Tested => ({
  audit: "some-audit",
  verdict: "warn",
  pValue,
  evidence: {},
  ...overrides,
})
const passed = (pValue: number) => aFinding(pValue, { verdict: "pass" })
const accused = (findings: Tested[]) => {
  const { tooLikely } = runLevel(findings)
  return findings.filter(({ verdict }) => verdict === "warn").map((finding) => !tooLikely.has(finding))
}

test.each<[string, Tested[], boolean[]]>([
  ["alone", [aFinding(0.001)], [true]],
  ["alone, and too likely", [aFinding(0.0011)], [false]],
  ["with one test that found nothing", [aFinding(0.0006), passed(0.5)], [false]],
  ["rare enough for two", [aFinding(0.0005), passed(0.5)], [true]],
  ["the second of two is held against one", [aFinding(0.0005), aFinding(0.001)], [true, true]],
  ["what fails stops all that are no rarer", [aFinding(0.0006), aFinding(0.0006)], [false, false]],
  ["an exact contradiction is no test", [aFinding(null), aFinding(0.001)], [true, true]],
  ["tests that the audit made and doesn't state", [aFinding(0.0002, { evidence: { tests: 6 } })], [false]],
  ["and as many as it may have made", [aFinding(0.0002, { evidence: { tests: 5 } })], [true]],
  [
    "one audit's tests are counted once",
    [aFinding(0.0005, { evidence: { tests: 2 } }), aFinding(0.0005, { evidence: { tests: 2 } })],
    [true, true],
  ],
  [
    "another audit that accuses nobody made ten",
    [aFinding(0.0001), aFinding(null, { audit: "other", verdict: "pass", evidence: { tests: 10 } })],
    [false],
  ],
])("%s", (_, findings, expected) => {
  expect(accused(findings)).toEqual(expected)
})

test("a number of tests that is none is none", () => {
  for (const tests of [-3, Number.NaN, "12", null, Infinity])
    expect(runLevel([aFinding(0.0001, { evidence: { tests } })]).tests).toBeLessThanOrEqual(1_000_000)
})

describe("how often a run in which nobody lies accuses anybody", () => {
  const runs = 20_000
  const random = randomOf(7)
  /** Three binomial deviations above one in a thousand. */
  const most = runs * 0.001 + 3 * Math.sqrt(runs * 0.001)
  const stated = (p: number, audit: string, tests: number) =>
    p <= 0.001
      ? [aFinding(p, { audit, evidence: { tests } })]
      : [aFinding(null, { audit, verdict: "pass", evidence: { tests } })]

  test.each<[string, () => Tested[]]>([
    [
      "one test of each of 12 audits",
      () => Array.from({ length: 12 }, (_, i) => aFinding(random(), { audit: `${i}` })),
    ],
    [
      "three audits of 8 tests, of which each states the rarest alone",
      () =>
        ["a", "b", "c"].flatMap((audit) =>
          stated(Math.min(...Array.from({ length: 8 }, () => random())), audit, 8),
        ),
    ],
    [
      "tests that all depend on each other",
      () => {
        const p = random()
        return Array.from({ length: 6 }, () => aFinding(p))
      },
    ],
  ])("%s: one run in a thousand at most", (_, run) => {
    let wrong = 0
    for (let i = 0; i < runs; i++) if (accused(run()).some(Boolean)) wrong++
    expect(wrong).toBeLessThanOrEqual(most)
  })
})
