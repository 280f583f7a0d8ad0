import { expect, test } from "vitest"
import { connectionAt } from "../../src/measure/connections.ts"
import { anAttempt } from "../support/builders.ts"

const first = anAttempt({ atMs: 1_000, ms: 5_000 })
const second = anAttempt({ atMs: 9_000, ms: 5_000 })
const late = anAttempt({ atMs: 2_000, ms: 1_000, ok: false })

test.each([
  [999, null],
  [1_000, first],
  [2_500, first],
  [6_001, first],
  [7_000, null],
  [9_500, second],
])("at %d ms", (atMs, connection) => {
  expect(connectionAt({ attempts: [first, late, second] }, atMs)).toBe(connection)
})

test("two at once: nobody knows which", () => {
  expect(connectionAt({ attempts: [first, { ...first }] }, 2_000)).toBe(null)
})
