import { expect, test } from "vitest"
import { createControls } from "../../src/gather/controls.ts"
import { limits } from "../../src/limits.ts"

const { controlMs, askMs } = limits.silence

test("only while somebody is silent, one at a time, several in a minute", () => {
  let nowMs = 1_000_000
  const controls = createControls(() => nowMs)
  expect(controls.take()).toBe(false)
  const end = controls.begin()
  const taken: number[] = []
  const together: boolean[] = []
  for (const untilMs = nowMs + askMs; nowMs < untilMs; nowMs += 100) {
    if (!controls.due || !controls.take()) continue
    together.push(controls.due, controls.take())
    taken.push(nowMs)
  }
  expect(taken).toHaveLength(askMs / controlMs)
  expect(together).not.toContain(true)
  end()
  nowMs += controlMs
  expect([controls.due, controls.take()]).toEqual([false, false])
})
