import { describe, expect, test } from "vitest"
import { randomOf } from "../../bench/population-regimes.ts"
import { range } from "../support/builders.ts"
import { honestPlan, second } from "../measure/vantages/places.ts"
import { accused, lies, madeUp, timesNamed } from "./lies.ts"

const honestRuns = 500

test(`nobody is accused in ${honestRuns} honest swarms: churn, crowds, an exodus, stale lists, caches, servers that lag or were restarted, firewalls, places offline`, () => {
  const found = range(0, honestRuns).flatMap((run) =>
    accused(honestPlan(randomOf(run * 7_919 + 3)), run * 104_729 + 5).map((each) => `${run} ${each}`),
  )
  expect(found).toEqual([])
})

describe("told to one place of three", () => {
  test.each(lies)("$name", ({ plan, kind, least, most }) => {
    const { liar, others } = timesNamed(plan, kind, 100)
    expect(others).toBe(0)
    expect(liar).toBeGreaterThanOrEqual(least)
    expect(liar).toBeLessThanOrEqual(most)
  })

  test("the first who asked has nothing to be held against", () => {
    const plan = madeUp(1, 200)
    const [first, middle, third] = plan.places
    const places = [middle!, first!, third!].map((place, i) => ({ ...place, startsMs: [i * 5 * second] }))
    expect(range(0, 30).flatMap((run) => accused({ ...plan, places }, run + 1))).toEqual([])
  })
})
