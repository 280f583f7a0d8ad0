import { expect, test } from "vitest"
import { limits } from "../../src/limits.ts"
import { createPacing } from "../../src/wire/pace.ts"

const { blockBytes, pipelineStart, pipelineMax } = limits.peer

/** A peer that serves, every `tickMs`, what is in the air, up to its rate: bytes per second of the last two seconds, of ten. */
function served(options: { tickMs: number; blocksPerSecond: number; reqq?: number }): {
  rate: number
  window: number
} {
  const pacing = createPacing(() => options.reqq ?? limits.peer.defaultReqq)
  const inAir: number[] = []
  let blocks = 0
  let credit = 0
  let nowMs = 0
  const fill = () => {
    while (inAir.length < pacing.window) {
      inAir.push(nowMs)
      pacing.asked(nowMs)
    }
  }
  fill()
  while (nowMs < 10_000) {
    nowMs += options.tickMs
    credit = Math.min(credit + (options.blocksPerSecond * options.tickMs) / 1_000, options.blocksPerSecond)
    for (let ready = inAir.length; ready > 0 && credit >= 1; ready--) {
      credit--
      if (nowMs > 8_000) blocks++
      pacing.answered(nowMs, blockBytes, nowMs - (inAir.shift() ?? nowMs))
    }
    fill()
  }
  return { rate: (blocks / 2) * blockBytes, window: pacing.window }
}

test.each([
  ["a 500 ms tick at 128 KiB/s", 500, 8],
  ["a 500 ms tick at 1 MiB/s", 500, 64],
  ["a 500 ms tick at 4 MiB/s", 500, 256],
  ["a 10 ms tick at 4 MiB/s", 10, 256],
])("%s is never kept waiting for us", (_, tickMs, blocksPerSecond) => {
  const { rate } = served({ tickMs, blocksPerSecond, reqq: 500 })
  expect(rate).toBeGreaterThanOrEqual(0.99 * blocksPerSecond * blockBytes)
})

test("a slow peer is not flooded with requests", () => {
  expect(served({ tickMs: 100, blocksPerSecond: 8 }).window).toBe(pipelineStart)
  expect(served({ tickMs: 100, blocksPerSecond: 64 }).window).toBeLessThanOrEqual(3 * 64)
})

test("never more than their reqq, nor than ours", () => {
  expect(served({ tickMs: 10, blocksPerSecond: 5_000, reqq: 100 }).window).toBe(100)
  expect(served({ tickMs: 10, blocksPerSecond: 5_000, reqq: 2 }).window).toBe(2)
  expect(served({ tickMs: 10, blocksPerSecond: 50_000, reqq: 1e9 }).window).toBe(pipelineMax)
})
