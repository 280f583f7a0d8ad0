import { expect, test } from "vitest"
import type { Evidence } from "../../src/evidence.ts"
import { once } from "../../src/measure/once.ts"
import { anEvidence, aTracker } from "../support/builders.ts"

function counted() {
  let times = 0
  const measure = once(["trackers", "peers"], ({ trackers }: Pick<Evidence, "trackers" | "peers">) => {
    times++
    return trackers.length
  })
  return { measure, times: () => times }
}

test("worked out once for the same parts, whoever asks with whatever besides", () => {
  const { measure, times } = counted()
  const evidence = anEvidence()
  const { trackers, peers } = evidence
  expect([measure(evidence), measure({ trackers, peers }), measure({ ...evidence })]).toEqual([1, 1, 1])
  expect(times()).toBe(1)
})

test("anew for other trackers and for another list of the same peers", () => {
  const { measure, times } = counted()
  const evidence = anEvidence()
  const { peers } = evidence
  measure(evidence)
  expect(measure({ trackers: [aTracker(), aTracker()], peers })).toBe(2)
  expect(measure({ trackers: evidence.trackers, peers: [...peers] })).toBe(1)
  expect(measure(evidence)).toBe(1)
  expect(times()).toBe(3)
})
